"""A run goes through the provider's batches: answers, then the judge, and by itself where there are none."""

from dataclasses import replace
from decimal import Decimal

import pytest
from django.db.models import Max

from chat import releases
from chat.models import Conversation
from chat.tests.conftest import LEAVE, add, library, llm  # noqa: F401  read in for real
from evaluation import runs
from evaluation.datasets import store
from evaluation.datasets.corpus import Corpus
from evaluation.datasets.folder import Case, Dataset
from evaluation.models import EvaluationRun
from ragapp.llm import deployments, pricing
from ragapp.llm.models import Batch, BatchedRequest, Call
from ragapp.llm.types import Price

pytestmark = pytest.mark.django_db

PRICE = Price(in_usd=Decimal(2), out_usd=Decimal(8), cached_in_usd=Decimal(1))
GOOD = '{"supported": 1, "complete": 1, "to_the_point": 1}'


@pytest.fixture(autouse=True)
def _batches(settings):
    settings.LLM_BATCHES = True


@pytest.fixture
def run(library, reader, llm) -> EvaluationRun:  # noqa: F811
    cases = (
        Case(id="leave", question="How many days of parental leave do I get?", answers=("60",)),
        Case(id="announce", question="When do I announce parental leave?"),
    )
    dataset = Dataset(name="tiny", sha256="", cases=cases, documents=None, readers={})
    version = store.take_in(dataset, Corpus(folders={}, askers={"": reader}), by=None)
    return runs.start(version, releases.production(), by=None, is_judged=True)


def advanced(run: EvaluationRun) -> str:
    """The state after a worker has looked at it, if it has to."""
    assert not runs.advance(run.pk, may_wait=True)
    run.refresh_from_db()
    return run.state


def test_answers_and_judgements_come_in_batches_and_no_call_is_made_by_itself(run, llm, settings):  # noqa: F811
    # Calls are recorded outside the test's transaction, so those of other tests may stand there.
    before = Call.objects.aggregate(last=Max("pk"))["last"] or 0
    llm.batches.looks = 1
    assert (advanced(run), run.done, len(llm.batches.made)) == ("queued", 0, 1)
    assert Conversation.objects.filter(is_hidden=True).count() == 0
    assert advanced(run) == "queued"  # it is in progress
    llm.batches.looks = 0

    # Answers come back, and what they said is put before the judge; then the judge is shown pairs.
    assert (advanced(run), run.done, len(llm.batches.made)) == ("queued", 0, 2)
    llm.always(f"text:{GOOD}")
    assert (advanced(run), run.done, len(llm.batches.made)) == ("queued", 2, 3)
    assert advanced(run) == "done"

    assert run.metrics["gold_shown"]["mean"] == run.metrics["judge_correct"]["mean"] == 1.0
    assert "ms" not in run.results.first().measures
    assert llm.calls == []
    made = Call.objects.filter(pk__gt=before).values_list("task", "outcome")
    assert set(made) == {("answer", "answered"), ("judge", "answered")}
    assert not BatchedRequest.objects.exists()
    assert not Batch.objects.exists()


def test_a_provider_without_batches_is_asked_call_by_call(run, llm):  # noqa: F811
    llm.always("no-batches")

    states = [advanced(run) for _ in range(4)]

    assert states[-1] == "done"
    assert llm.batches.made == []
    assert len(llm.calls) > 2
    assert run.metrics["gold_shown"]["mean"] == 1.0


def test_what_a_batch_does_not_answer_is_asked_by_itself(run, llm):  # noqa: F811
    llm.batches.broken = 1

    states = [advanced(run) for _ in range(5)]

    assert states[-1] == "done"

    assert run.metrics["gold_shown"]["n"] == 1
    assert 0 < len(llm.calls) < len(llm.batches.requests)


def test_a_batch_whose_reply_was_lost_is_found_again_and_not_paid_twice(run, llm):  # noqa: F811
    advanced(run)
    Batch.objects.update(provider_id="")
    BatchedRequest.objects.update(state="waiting")

    advanced(run)

    assert Batch.objects.first().provider_id == "batch-0"
    assert len([name for name in llm.batches.files if name == "file-in-0"]) == 1
    assert [one["metadata"] for one in llm.batches.made[:1]] == [{"ragapp": str(Batch.objects.first().key)}]


def test_a_cancelled_run_calls_its_batch_off(run, llm):  # noqa: F811
    advanced(run)
    assert runs.cancel(run)

    runs.due()

    assert llm.batches.made[0]["status"] == "cancelling"
    assert not BatchedRequest.objects.exists()


def test_batches_cost_what_the_provider_says_where_that_is_known(run, llm, settings):  # noqa: F811
    target = replace(
        deployments.usable()[0], price=Price(in_usd=Decimal(2), out_usd=Decimal(8), cached_in_usd=Decimal(1))
    )

    known, row = pricing.batched(replace(target, kind="azure"), tokens_in=1_000_000, tokens_out=0)

    assert (known, row["batched_share"]) == (Decimal("1.0"), "0.5")
    assert pricing.batched(target, tokens_in=1_000_000, tokens_out=0) == (None, {})
