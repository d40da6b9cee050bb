"""A reviewer's pages: claim, judge, go on; nothing for those who may not read the sources."""

import csv
import io
import json

import pytest
from django.urls import reverse

from chat.answering.run import ask_once
from chat.models import Answer, Conversation
from chat.tests.conftest import LEAVE, add, library  # noqa: F401  read in for real
from documents import access
from documents.models import Chunk, Level
from evaluation.datasets import suggesting
from evaluation.models import Dataset, Review, ReviewItem, Rule
from evaluation.reviews import exporting, queue, sampling
from ragapp.accounts.models import Role, RoleAssignment

pytestmark = pytest.mark.django_db
NEXT = reverse("admin:evaluation_reviewitem_next")
LIST = reverse("admin:evaluation_reviewitem_changelist")


def page(item):
    return reverse("admin:evaluation_reviewitem_change", args=[item.pk])


@pytest.fixture
def rita(reader):
    """Reviews, and may read the handbook."""
    RoleAssignment.objects.create(user=reader, role=Role.REVIEWER)
    return reader


@pytest.fixture
def item(library, rita):  # noqa: F811
    outcome = ask_once("How many days of parental leave do I get?", user=rita)
    Conversation.objects.update(is_hidden=False)
    return sampling.by_hand(Answer.objects.get(pk=outcome.answer_id))


def test_the_page_shows_question_answer_and_the_cited_words_marked(item, rita, client):
    client.force_login(rita)

    shown = client.get(page(item)).content.decode()

    assert "How many days of parental leave do I get?" in shown
    assert "<mark>" in shown
    assert "60 days" in shown.partition("<mark>")[2].partition("</mark>")[0]
    assert "Annual leave" in shown  # what stands around it
    assert "Why this answer" in shown


def test_saving_records_the_judgement_and_goes_on(item, rita, client):
    other = sampling.by_hand(Answer.objects.get(pk=ask_once("When does the car park open?", user=rita).answer_id))
    client.force_login(rita)
    chunk = Chunk.objects.get(text__contains="27 days")

    saved = client.post(
        page(item),
        {
            "correct": "no",
            "complete": "yes",
            "corrected_answer": "27 days.",
            "passage": str(chunk.pk),
            "cause": "search",
            "note": "Other leave.",
        },
    )

    said = Review.objects.get()
    assert (saved.status_code, saved["Location"]) == (302, page(other))
    assert (said.verdict, said.correct, said.complete, said.safe) == ("bad", False, True, None)
    assert (said.corrected_answer, said.cause, said.right_start) == ("27 days.", "search", chunk.start)
    assert ReviewItem.objects.get(pk=other.pk).claimed_by == rita
    again = client.get(page(item)).content.decode()
    assert 'value="kept" checked' in again
    assert "27 days." in again


def test_a_named_passage_is_kept_when_the_judgement_is_changed(item, rita, client):
    client.force_login(rita)
    chunk = Chunk.objects.get(text__contains="27 days")
    client.post(page(item), {"correct": "no", "passage": str(chunk.pk)})

    client.post(page(item), {"correct": "yes", "passage": "kept"})

    said = Review.objects.get()
    assert (said.verdict, said.right_start, said.right_end) == ("good", chunk.start, chunk.end)


def test_passages_are_searched_and_what_was_typed_stays(item, rita, client):
    client.force_login(rita)

    found = client.post(page(item), {"find": "electric car", "search": "1", "note": "half a note"})

    assert found.status_code == 200
    assert "kilowatt hour" in found.content.decode()
    assert "half a note" in found.content.decode()
    assert not Review.objects.exists()


def test_search_finds_nothing_that_the_reviewer_may_not_read(item, rita, client):
    client.force_login(rita)

    found = client.post(page(item), {"find": "maximum salary in band E4", "search": "1"}).content.decode()

    assert "74600" not in found


def test_a_passage_that_may_not_be_read_cannot_be_named(item, rita, client):
    client.force_login(rita)
    secret = Chunk.objects.get(text__contains="74600")

    client.post(page(item), {"correct": "no", "passage": str(secret.pk)})

    assert Review.objects.get().right_document_id is None


def test_a_judgement_without_a_point_is_refused_in_words(item, rita, client):
    client.force_login(rita)

    refused = client.post(page(item), {"note": "hm"})

    assert refused.status_code == 422
    assert "Judge at least one point" in refused.content.decode()
    assert "hm" in refused.content.decode()


def test_what_another_has_in_hand_is_said_and_what_was_typed_is_kept(item, rita, owner, client):
    RoleAssignment.objects.create(user=owner, role=Role.REVIEWER)
    client.force_login(owner)
    client.post(NEXT)
    client.force_login(rita)

    refused = client.post(page(item), {"correct": "yes", "note": "my note"}).content.decode()

    assert "has this answer in hand" in refused
    assert "my note" in refused
    assert not Review.objects.exists()


def test_next_says_when_nothing_waits(rita, client):
    client.force_login(rita)

    assert client.post(NEXT)["Location"] == LIST


def test_claiming_and_giving_back(item, rita, client):
    client.force_login(rita)
    url = reverse("admin:evaluation_reviewitem_claim", args=[item.pk])

    client.post(url)
    assert ReviewItem.objects.get().claimed_by == rita
    assert "Give back" in client.get(page(item)).content.decode()
    client.post(url, {"release": "1"})
    assert ReviewItem.objects.get().claimed_by is None


def test_every_way_is_shut_to_who_may_not(item, rita, person, client):
    unread = person("unread")
    RoleAssignment.objects.create(user=unread, role=Role.REVIEWER)
    admin = person("boss")
    RoleAssignment.objects.create(user=admin, role=Role.ADMIN)
    of_item = [page(item), reverse("admin:evaluation_reviewitem_claim", args=[item.pk])]
    of_answer = [reverse("admin:evaluation_reviewitem_of", args=[item.answer_id])]
    of_reviewers = [
        reverse("admin:evaluation_reviewitem_agreement"),
        reverse("admin:evaluation_reviewitem_export", args=["csv"]),
    ]

    client.force_login(unread)
    assert {client.get(url).status_code for url in of_item + of_answer} == {404}
    assert {client.post(url).status_code for url in of_item + of_answer} == {404}
    assert "parental" not in client.get(of_reviewers[1]).content.decode()
    assert "parental" not in client.get(LIST).content.decode()
    client.force_login(admin)
    assert {client.get(url).status_code for url in of_item + of_answer + of_reviewers} == {404}
    assert client.post(NEXT).status_code == 404


def test_the_export_holds_what_was_said_and_no_formulas(item, rita, client):
    client.force_login(rita)
    client.post(page(item), {"correct": "yes", "note": "=1+1"})

    table = client.get(reverse("admin:evaluation_reviewitem_export", args=["csv"])).content.decode()
    lines = client.get(reverse("admin:evaluation_reviewitem_export", args=["jsonl"])).content.decode()

    row = next(csv.DictReader(io.StringIO(table)))
    assert (row["verdict"], row["note"], row["decides"]) == ("good", "'=1+1", "True")
    assert json.loads(lines)["note"] == "=1+1"
    assert client.get(reverse("admin:evaluation_reviewitem_export", args=["xml"])).status_code == 404


def test_nothing_is_exported_that_the_exporter_may_not_read(item, rita, person):
    Review.objects.create(answer=item.answer, reviewer=rita, verdict="good")
    unread = person("unread")
    RoleAssignment.objects.create(user=unread, role=Role.REVIEWER)

    assert len(exporting.rows(rita)) == 1
    assert exporting.rows(unread) == []


def test_the_list_and_the_agreement_page_open(item, rita, client):
    client.force_login(rita)

    assert "How many days of parental leave" in client.get(LIST).content.decode()
    assert client.get(LIST + "?state__exact=open").status_code == 200
    assert "Fewer than five answers" in client.get(reverse("admin:evaluation_reviewitem_agreement")).content.decode()


def test_the_agreement_page_tells_kappa_by_point_and_pair(rita, person, client):
    other = person("other")
    for said in (True, True, False, False, True):
        answer = Answer.objects.get(pk=ask_once("Anything?", user=rita).answer_id)
        for reviewer in (rita, other):
            verdict = "good" if said else "bad"
            Review.objects.create(answer=answer, reviewer=reviewer, verdict=verdict, correct=said)
    client.force_login(rita)

    page = client.get(reverse("admin:evaluation_reviewitem_agreement")).content.decode()

    assert "Verdict" in page
    assert "Correct" in page
    assert page.count("… 1.00") == 3


def test_who_has_not_judged_yet_does_not_see_what_a_colleague_said(library, item, rita, person, owner, client):  # noqa: F811
    marta = person("marta")
    RoleAssignment.objects.create(user=marta, role=Role.REVIEWER)
    access.share(library["leave"].collection.access_list, user=marta, level=Level.READER, by=owner)
    ReviewItem.objects.filter(pk=item.pk).update(reviews_wanted=2)
    client.force_login(rita)
    client.post(page(item), {"correct": "no", "note": "Sixty, not seventy"})
    assert "Sixty, not seventy" in client.get(page(item)).content.decode()

    client.force_login(marta)
    shown, listed = client.get(page(item)).content.decode(), client.get(LIST).content.decode()
    assert "Sixty, not seventy" not in shown
    assert "shown once you have judged it" in shown
    assert "– (1/2)" in listed
    # Nor from what follows from it, on this or another page.
    assert "Where it went wrong:" not in shown
    assert "Bad" not in client.get(reverse("admin:chat_answer_changelist")).content.decode()
    assert "Bad" not in client.get(reverse("admin:chat_answer_change", args=[item.answer_id])).content.decode()
    assert exporting.rows(marta) == []
    assert suggesting.from_reviews(Dataset.objects.create(name="judged"), by=marta) == 0

    client.post(page(item), {"correct": "yes"})
    assert "Where it went wrong:" in client.get(page(item)).content.decode()
    assert len(exporting.rows(marta)) == 2
    assert "Sixty, not seventy" in client.get(page(item)).content.decode()
    assert "Bad, Good (2/2)" in client.get(LIST).content.decode()


def test_rules_are_changed_by_admins_and_seen_by_reviewers(rita, person, client):
    boss = person("boss")
    RoleAssignment.objects.create(user=boss, role=Role.ADMIN)
    rule = Rule.objects.create(name="Thumbs down", kind=Rule.Kind.THUMBS_DOWN)
    url = reverse("admin:evaluation_rule_change", args=[rule.pk])
    values = {"name": "All", "kind": "random", "percent": "5", "support_below": "0.5", "reviews_wanted": "2"}

    client.force_login(rita)
    assert client.get(url).status_code == 200
    assert client.post(url, values).status_code == 404
    client.force_login(boss)
    assert client.post(url, values).status_code == 302
    rule.refresh_from_db()
    assert (rule.name, rule.reviews_wanted, rule.applied_at) == ("All", 2, None)


def test_an_answer_is_put_into_the_queue_by_hand(item, rita, client):
    ReviewItem.objects.all().delete()
    client.force_login(rita)

    shown = client.get(reverse("admin:chat_answer_change", args=[item.answer_id])).content.decode()
    opened = client.post(reverse("admin:evaluation_reviewitem_of", args=[item.answer_id]))

    assert "Review this answer" in shown
    assert opened["Location"] == page(ReviewItem.objects.get())
    assert queue.items_for(rita).count() == 1


def test_a_rule_without_what_it_is_about_is_refused(rita, person, client):
    boss = person("boss")
    RoleAssignment.objects.create(user=boss, role=Role.ADMIN)
    client.force_login(boss)
    values = {"name": "X", "percent": "5", "support_below": "0.5", "reviews_wanted": "1"}
    add_rule, add_escalation = reverse("admin:evaluation_rule_add"), reverse("admin:evaluation_escalationrule_add")

    for kind, said in (("collection", "Choose the collection."), ("release", "Choose the release.")):
        assert said in client.post(add_rule, values | {"kind": kind}).content.decode()
    refused = client.post(add_escalation, {"name": "X", "kind": "topic", "support_below": "0.5", "hours": "4"})
    assert "Write at least one topic." in refused.content.decode()


def test_a_rule_names_no_collection_that_its_viewer_may_not_read(rita, owner, collection, client):
    hidden = collection("Kestrel merger", owners=[owner])
    rule = Rule.objects.create(name="Hidden", kind="collection", collection=hidden)
    client.force_login(rita)

    page = client.get(reverse("admin:evaluation_rule_change", args=[rule.pk])).content.decode()

    assert "Hidden" in page
    assert "Kestrel" not in page
