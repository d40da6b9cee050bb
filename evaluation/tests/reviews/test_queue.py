"""Who sees which item, who has it in hand, and what several reviewers decide."""

from datetime import timedelta

import pytest
from django.utils import timezone

from documents import access
from documents.models import Level
from documents.retrieval.spans import Passage
from evaluation.models import Review, ReviewItem
from evaluation.reviews import judging, queue, sampling
from ragapp.accounts.models import Role, RoleAssignment, User

pytestmark = pytest.mark.django_db
GOOD = {"correct": True, "complete": True}
BAD = {"correct": False}


@pytest.fixture
def tom(world):
    person = User.objects.create_user("tom", password="correct horse battery")
    RoleAssignment.objects.create(user=person, role=Role.REVIEWER)
    access.share(world.public.collection.access_list, user=person, level=Level.READER, by=world.ann)
    return person


def item(world, *cited, **fields):
    made = sampling.by_hand(world.answer(*cited))
    ReviewItem.objects.filter(pk=made.pk).update(**fields)
    return ReviewItem.objects.get(pk=made.pk)


def judged(found, reviewer, rubric, **said):
    judging.record(found, judging.Judgement(rubric=rubric, **said), reviewer=reviewer, now=timezone.now())
    found.refresh_from_db()
    return found


def test_an_item_is_seen_only_by_reviewers_who_may_read_all_its_sources(world):
    shown = item(world, world.public)
    item(world, world.public, world.secret)

    assert list(queue.items_for(world.rita)) == [shown]
    assert not queue.items_for(world.ann).exists()


def test_a_withdrawn_right_takes_the_item_away_at_once(world):
    item(world, world.public)
    access.unshare(world.public.collection.access_list, user=world.rita, by=world.ann)

    assert not queue.items_for(world.rita).exists()


def test_a_claim_keeps_others_off_until_it_runs_out(world, tom):
    found, now = item(world, world.public), timezone.now()

    assert queue.claim(found, reviewer=world.rita, now=now)
    assert not queue.claim(found, reviewer=tom, now=now)
    assert queue.next_after(None, reviewer=tom, now=now) is None
    assert queue.claim(found, reviewer=tom, now=now + queue.CLAIM_FOR + timedelta(seconds=1))


def test_what_is_given_back_is_free(world, tom):
    found, now = item(world, world.public), timezone.now()
    queue.claim(found, reviewer=world.rita, now=now)

    queue.release(found, reviewer=tom)
    assert not queue.is_free(found, reviewer=tom, now=now)
    queue.release(found, reviewer=world.rita)
    assert queue.is_free(found, reviewer=tom, now=now)


def test_what_another_has_in_hand_cannot_be_judged(world, tom):
    found = item(world, world.public)
    queue.claim(found, reviewer=world.rita, now=timezone.now())

    with pytest.raises(judging.Taken):
        judged(found, tom, GOOD)
    assert not Review.objects.exists()


def test_the_next_goes_round_and_the_previous_stops_at_the_beginning(world):
    first, second = item(world, world.public), item(world, world.public)
    now = timezone.now()

    assert queue.next_after(first, reviewer=world.rita, now=now) == second
    assert queue.next_after(second, reviewer=world.rita, now=now) == first
    assert queue.previous_before(second, reviewer=world.rita) == first
    assert queue.previous_before(first, reviewer=world.rita) is None


@pytest.mark.parametrize(
    ("rubric", "verdict"),
    [
        ({"correct": True, "safe": True}, "good"),
        ({"correct": True, "complete": False}, "partly"),
        ({"correct": False, "complete": True}, "bad"),
        ({"correct": True, "safe": False}, "bad"),
    ],
)
def test_the_verdict_follows_the_rubric(rubric, verdict):
    assert judging.verdict_of(rubric) == verdict


def test_a_judgement_of_nothing_is_none():
    with pytest.raises(ValueError, match="Nothing"):
        judging.verdict_of({"correct": None})


def test_one_reviewer_decides_where_one_is_wanted(world):
    done = judged(item(world, world.public), world.rita, GOOD)

    assert (done.state, done.decision.verdict, done.claimed_by) == ("done", "good", None)


def test_reviewers_who_agree_decide_and_who_disagree_leave_it_to_a_word_of_authority(world, tom):
    agreed = item(world, world.public, reviews_wanted=2)
    assert judged(agreed, world.rita, GOOD).state == "open"
    assert judged(agreed, tom, GOOD).state == "done"

    disputed = item(world, world.public, reviews_wanted=2)
    judged(disputed, world.rita, GOOD)
    assert judged(disputed, tom, BAD).state == "disputed"
    assert queue.next_after(None, reviewer=world.rita, now=timezone.now()) == disputed

    decided = judged(disputed, world.rita, GOOD, decides=True)
    assert (decided.state, decided.decision.reviewer, decided.decision.verdict) == ("done", world.rita, "good")
    # Another opinion is recorded, and changes no decision.
    assert judged(decided, tom, BAD).decision.verdict == "good"


def test_who_changes_the_deciding_review_changes_the_decision(world):
    found = judged(item(world, world.public), world.rita, GOOD)

    assert judged(found, world.rita, BAD).decision.verdict == "bad"


def test_a_review_that_names_an_unreadable_passage_is_withheld(world, tom):
    found = item(world, world.public)
    access.share(world.secret.collection.access_list, user=tom, level=Level.READER, by=world.ann)
    right = Passage(
        chunk_id=1,
        document_id=world.secret.pk,
        version_id=1,
        version_number=1,
        extraction_id=1,
        title="Secret",
        heading_path="",
        text="",
        start=0,
        end=5,
        page=None,
    )
    judged(found, tom, BAD, right=right, corrected_answer="From the secret.")

    assert queue.reviews_for(tom).count() == 1
    assert queue.reviews_for(world.rita).count() == 0
