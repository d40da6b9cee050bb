"""Rules take what they say, once, and draw the same lot again."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.utils import timezone

from chat.models import Answer, Release
from evaluation import feedback
from evaluation.models import ReviewItem, Rule, Simulation
from evaluation.reviews import sampling

pytestmark = pytest.mark.django_db


def rule(kind, **fields):
    Rule.objects.all().delete()
    return Rule.objects.create(name=kind, kind=kind, **fields)


def taken():
    return set(ReviewItem.objects.values_list("answer", flat=True))


def sentence(is_supported, support=0.5):
    return {"text": "x", "markers": [], "support": support, "is_supported": is_supported}


def test_thumbs_down_are_taken_once_also_when_the_thumb_comes_late(world):
    now = timezone.now()
    bad, good = world.answer(), world.answer()
    by_thumb = rule("thumbs_down")
    feedback.give(good, user=world.ann, thumb=1)
    assert sampling.apply(by_thumb, now=now) == 0

    Answer.objects.filter(pk=bad.pk).update(finished_at=now - timedelta(days=5))
    feedback.give(bad, user=world.ann, thumb=-1)
    by_thumb.refresh_from_db()

    assert sampling.apply(by_thumb, now=now + timedelta(minutes=1)) == 1
    assert sampling.apply(by_thumb, now=now + timedelta(minutes=2)) == 0
    assert taken() == {bad.pk}


def test_little_support_is_measured_over_the_sentences_that_were_checked(world):
    weak = world.answer(sentences=[sentence(False), sentence(True), sentence(True, support=None)])
    world.answer(sentences=[sentence(True), sentence(True)])
    world.answer(sentences=[])

    sampling.apply(rule("low_support", support_below=0.8), now=timezone.now())

    assert taken() == {weak.pk}
    assert sampling.groundedness(weak.sentences) == 0.5
    assert sampling.groundedness([]) is None


def test_a_share_at_random_is_about_that_share_and_the_same_again(world):
    answers = [world.answer() for _ in range(60)]
    some = rule("random", percent=50)

    sampling.apply(some, now=timezone.now())
    first = taken()
    ReviewItem.objects.all().delete()
    some.refresh_from_db()
    sampling.apply(some, now=timezone.now())

    assert taken() == first
    assert 0 < len(first) < len(answers)


def test_a_collection_takes_what_cites_it_and_a_release_what_it_answered(world):
    release = Release.objects.create(name="candidate")
    cites, other = world.answer(world.public), world.answer(world.secret)
    by_release = world.answer(release=release)

    sampling.apply(rule("collection", collection=world.public.collection), now=timezone.now())
    assert taken() == {cites.pk}

    ReviewItem.objects.all().delete()
    sampling.apply(rule("release", release=release), now=timezone.now())
    assert taken() == {by_release.pk}
    assert other.pk not in taken()


def test_answers_of_evaluation_runs_are_left_alone(world):
    hidden = world.answer()
    hidden.turn.conversation.is_hidden = True
    hidden.turn.conversation.save()

    sampling.apply(rule("random"), now=timezone.now())

    assert taken() == set()


def test_what_nobody_asked_is_not_judged(world):
    seeded = Release.objects.create(name="simulated", route={"extractive": True})
    Simulation.objects.create(answers=1, release_ids=[seeded.pk], group_ids=[], user_ids=[])
    world.answer(release=seeded)
    asked = world.answer()

    sampling.apply(rule("random"), now=timezone.now())

    assert taken() == {asked.pk}


def test_a_rule_that_is_off_takes_nothing(world):
    world.answer()
    rule("random", is_active=False)

    assert sampling.apply_all(now=timezone.now()) == 0


def test_a_new_site_looks_at_what_somebody_found_bad():
    # Tests that empty the database leave nothing of what migrations put there.
    Rule.objects.all().delete()
    import_module("evaluation.migrations.0004_review_queue").make_shipped_rules(apps, None)

    assert set(Rule.objects.values_list("kind", flat=True)) == {"thumbs_down", "low_support", "random"}
