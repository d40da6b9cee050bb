"""What reviewers approved, as examples to fine-tune a model with; and whether that is worth it yet."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from documents import access
from evaluation.models import Review, ReviewItem, Simulation, Stage
from evaluation.reviews import queue
from ragapp.accounts.models import User
from ragapp.privacy.personal_data.detect import find

# Below, examples in the prompt do more than training; above the second, training is likely to show.
FEW, ENOUGH = 50, 300
# What a model can learn; the other stages are about documents and search, which no training mends.
LEARNABLE = (Stage.IGNORED, Stage.UNSUPPORTED, Stage.REFUSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """`messages`: what the model was sent; `good`: what it should say; `bad`: what it said instead, or ""."""

    messages: Sequence[Mapping[str, str]]
    good: str
    bad: str
    provenance: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """The examples, and how many were left out why."""

    examples: Sequence[Example]
    left_out: Mapping[str, int]

    @property
    def pairs(self) -> int:
        """Of a corrected answer and the one that was given."""
        return sum(bool(one.bad) for one in self.examples)


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """`is_worth_it` None: try with care. `failures`: decided reviews that were not good, by stage."""

    is_worth_it: bool | None
    sentence: Promise
    failures: Sequence[tuple[str, int]]
    learnable: int


def collect(exporter: User) -> Collected:
    """Approved answers and corrected ones, newest decision first, each question once.

    Only answers all of whose sources `exporter` may read, those that were read and not cited among them, since the
    prompt holds their text. Left out: what has personal data in any part, what has no prompt any more, what reviewers
    disagree about, and what was simulated.
    """
    found: list[Example] = []
    left_out: Counter[str] = Counter()
    seen: set[str] = set()
    simulated = set(Simulation.releases())
    readable = {str(pk) for pk in access.readable_documents(exporter).values_list("pk", flat=True)}
    for one in _decisive(exporter):
        answer = one.answer
        words = " ".join(answer.turn.question.lower().split())
        good = one.corrected_answer.strip() or (answer.text.strip() if one.verdict == Review.Verdict.GOOD else "")
        if not good or words in seen:
            continue
        seen.add(words)
        if answer.release_id in simulated:
            left_out["simulated"] += 1
        elif not answer.prompt:
            left_out["no_prompt"] += 1
        elif not readable.issuperset(one["document_id"] for one in answer.candidates if one.get("kept")):
            left_out["unreadable"] += 1
        elif _has_personal_data([*(m["content"] for m in answer.prompt), good, answer.text], answer.language):
            left_out["personal_data"] += 1
        else:
            found.append(_example(one, good))
    return Collected(examples=found, left_out=left_out)


def chat_lines(collected: Collected) -> Iterator[str]:
    """One JSON object a line: {"messages": [system, user, assistant]}, as fine-tuning of chat models takes it."""
    for one in collected.examples:
        yield json.dumps({"messages": [*one.messages, _said(one.good)]}, ensure_ascii=False)


def preference_lines(collected: Collected) -> Iterator[str]:
    """One JSON object a line: what is preferred to what was said, as direct preference optimisation takes it."""
    for one in collected.examples:
        if one.bad:
            yield json.dumps(
                {
                    "input": {"messages": list(one.messages)},
                    "preferred_output": [_said(one.good)],
                    "non_preferred_output": [_said(one.bad)],
                },
                ensure_ascii=False,
            )


def provenance_lines(collected: Collected) -> Iterator[str]:
    """One JSON object for each line of the chat file, with its SHA-256: its answer, decision and sources."""
    for line, one in zip(chat_lines(collected), collected.examples, strict=True):
        yield json.dumps({"sha256": sha256(line.encode()).hexdigest(), **one.provenance})


def advice(collected: Collected) -> Advice:
    """By the number of examples, and by whether failures are of a kind that training mends."""
    stages = ReviewItem.objects.filter(decision__verdict__in=["bad", "partly"]).exclude(stage="")
    failures = Counter(stages.values_list("stage", flat=True))
    learnable, total, n = sum(failures[one] for one in LEARNABLE), failures.total(), len(collected.examples)
    if n < FEW:
        worth, sentence = False, _("Not yet: there are too few approved answers. Put the best of them into the prompt.")
    elif total and learnable < total / 2:
        worth, sentence = False, _("No: most failures are about documents and search, which training does not mend.")
    elif n < ENOUGH:
        worth, sentence = None, _("Perhaps: there are enough to try a small model, and too few to expect much.")
    else:
        worth, sentence = True, _("Yes, it can be tried: enough approved answers, and failures that training can mend.")
    labels = dict(Stage.choices)
    return Advice(
        is_worth_it=worth,
        sentence=sentence,
        failures=[(str(labels.get(stage, stage)), count) for stage, count in failures.most_common()],
        learnable=learnable,
    )


def _decisive(exporter: User) -> Iterator[Review]:
    """The reviews that count: the one that decides, or else the latest of an answer whose reviews all agree."""
    decisions = dict(ReviewItem.objects.exclude(decision=None).values_list("answer", "decision"))
    reviews = (
        queue.reviews_for(exporter).select_related("answer__turn", "answer__release").order_by("-updated_at", "pk")
    )
    verdicts: dict[Any, set[str]] = {}
    for answer, verdict in queue.reviews_for(exporter).values_list("answer", "verdict"):
        verdicts.setdefault(answer, set()).add(verdict)
    done: set[Any] = set()
    for one in reviews.iterator(chunk_size=500):
        decides = decisions.get(one.answer_id)
        counts = decides == one.pk if decides else len(verdicts[one.answer_id]) == 1
        if counts and one.answer_id not in done:
            done.add(one.answer_id)
            yield one


def _example(one: Review, good: str) -> Example:
    answer = one.answer
    return Example(
        messages=[{"role": str(m["role"]), "content": str(m["content"])} for m in answer.prompt],
        good=good,
        bad=answer.text.strip() if one.corrected_answer.strip() and answer.text.strip() != good else "",
        provenance={
            "answer": str(answer.pk), "review": one.pk, "verdict": one.verdict,
            "release": answer.release.name if answer.release else None, "model": answer.model,
            "documents": sorted({str(c["document_id"]) for c in answer.candidates if c.get("kept")}),
            "decided_at": one.updated_at.isoformat(),
        },
    )  # fmt: skip


def _said(text: str) -> dict[str, str]:
    return {"role": "assistant", "content": text}


def _has_personal_data(texts: Sequence[str], language: str) -> bool:
    return any(find(text, language=language) for text in texts)
