"""Cases that are suggested from reviews, failures and passages; each waits for a person before it enters a dataset."""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import numpy as np
from django.db import transaction
from django.db.models import QuerySet

from documents import access
from documents.retrieval import spans
from documents.retrieval.spans import Passage
from evaluation import review
from evaluation.datasets import folder, rejected, store
from evaluation.models import Case, Dataset, DatasetVersion, Review, ReviewItem, Simulation, Suggestion
from ragapp.accounts.models import User
from ragapp.audit import log
from ragapp.lib.text import sentences
from ragapp.llm import embedding

# Two questions this alike are one.
SAME_FROM = 0.95
A_SENTENCE = range(30, 240)
_FIGURE = re.compile(
    r"(?<![\w.,])\d[\d.,]*(?:\s?(?:%|EUR|days?|hours?|months?|years?|Tage?|Stunden|Monate?|Jahre?))?(?!\w)"
)

# Cells of a table, and a label with its value.
_ROW = re.compile(r"\||\t|;|\w:\s")
# Begins with a word for what was said before it.
_LEANING = re.compile(
    r"(?:It|Its|They|Their|He|His|She|Her|This|That|These|Those|Here|There|Then|Also|Such|Both"
    r"|Er|Sie|Es|Ihre?|Seine?|Diese[rsmn]?|Dies|Dort|Dabei|Dann|Auch|Davon|Dafür|Hier|Beide)\b"
)
_OF_THE_DOCUMENT = re.compile(
    r"\b(?:version|revision|valid (?:from|until|as of)|in force|effective|last (?:changed|updated|modified|reviewed)"
    r"|page|gültig|Stand|Fassung|in Kraft|geändert|aktualisiert|Seite)\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:19|20)\d\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloze:
    """A question for a figure, the figure, and the longer one of the texts before and after it."""

    question: str
    answer: str
    longer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Idea:
    """A case that somebody may want. `documents`: the right ones by name, and `words_of` others its words come from."""

    question: str
    provenance: str
    answers: tuple[str, ...] = ()
    is_answerable: bool = True
    category: str = ""
    asker: str = ""
    documents: dict[str, UUID] = field(default_factory=dict)
    words_of: dict[str, UUID] = field(default_factory=dict)
    answer_id: UUID | None = None
    unwanted: tuple[str, ...] = ()


def from_reviews(dataset: Dataset, *, by: User) -> int:
    """Suggests what reviewers have judged and `by` may see; how many are new.

    The corrected answer, or the answer that was found good, is the expected one; what the correction took out is not to
    be said again. A bad answer without a correction is
    suggested as a failure, with the right document where a reviewer named it. A good refusal becomes unanswerable.
    """
    judged = Review.objects.filter(answer__in=review.answers_for(by)).order_by("pk")
    judged = judged.exclude(answer__release__in=Simulation.releases())
    # Further reviewers are to judge it without knowing what was said.
    waits = {"answer__review_item__state": ReviewItem.State.OPEN, "answer__review_item__reviews_wanted__gt": 1}
    judged = judged.exclude(**waits)
    readable = access.readable_documents(by)
    ideas = []
    for one in judged.select_related("answer__turn__conversation__user"):
        answer, is_good = one.answer, one.verdict == Review.Verdict.GOOD
        cited = set(answer.citations.filter(is_support=True).values_list("document_id", flat=True))
        wanted = {one.right_document_id} if one.right_document_id else cited
        named = dict(readable.filter(pk__in=wanted).values_list("path", "pk"))
        if len(named) < len(wanted):
            continue
        unwanted = () if is_good else rejected.left_out(answer, one.corrected_answer)
        quoted = dict(readable.filter(pk__in=cited - wanted).values_list("path", "pk")) if unwanted else {}
        is_refusal = answer.status == answer.Status.NOT_FOUND
        is_about = is_good or bool(one.right_document_id or one.corrected_answer)
        said = one.corrected_answer or ("" if is_refusal or not is_good else answer.text)
        expected = rejected.unmarked(said)
        ideas.append(
            Idea(
                question=answer.turn.question,
                provenance=Case.Provenance.REVIEW if is_good or expected else Case.Provenance.FAILURE,
                answers=(expected,) if expected else (),
                is_answerable=not (is_refusal and is_good),
                category=str(one.cause),
                asker=answer.turn.conversation.user.username,
                documents=named if is_about else {},
                words_of=quoted if is_about else named,
                answer_id=answer.pk,
                unwanted=unwanted,
            )
        )
    return suggest(dataset, ideas)


def from_passages(dataset: Dataset, *, by: User, n: int, seed: int = 0) -> int:
    """Suggests up to `n` synthetic cases from passages that `by` may read, a fifth of them unanswerable; how many.

    A sentence with a figure that stands in one passage alone becomes a question for the figure; an unanswerable one
    asks for an identifier that stands nowhere. All are marked as synthetic.
    """
    dice = random.Random(seed)
    documents = access.listed_documents(by)
    indexed = documents.filter(chunks__index_version__is_live=True)
    ids = list(indexed.order_by("chunks__pk").values_list("chunks__pk", flat=True)[:20_000])
    dice.shuffle(ids)
    paths = dict(documents.values_list("pk", "path"))
    ideas: list[Idea] = []
    for passage in spans.passages(ids[: 10 * n], reader=by):
        if len(ideas) >= n:
            break
        named = {paths[passage.document_id]: passage.document_id} if passage.document_id in paths else {}
        if not named:
            continue
        if len(ideas) % 5 == 4:
            invented = f"{dice.choice('QXZ')}{dice.choice('WKJ')}-{dice.randrange(7000, 9999)}"
            ideas.append(
                Idea(
                    question=f"What does {passage.title} say about form {invented}?",
                    provenance=Case.Provenance.SYNTHETIC,
                    is_answerable=False,
                    category="unanswerable",
                    words_of=named,
                )
            )
        elif made := _first_of_its_own(passage, by):
            ideas.append(
                Idea(
                    question=made.question,
                    provenance=Case.Provenance.SYNTHETIC,
                    answers=(made.answer,),
                    category="answerable",
                    documents=named,
                )
            )
    return suggest(dataset, ideas)


def _first_of_its_own(passage: Passage, by: User) -> Cloze | None:
    """The first question whose words stand in no other passage that `by` may read, with this figure or another."""
    return next((one for one in cloze(passage) if not spans.is_said_beside(passage, one.longer, reader=by)), None)


def cloze(passage: Passage) -> Iterator[Cloze]:
    """A question for each figure that a sentence of the passage has alone.

    Only sentences that can be understood by themselves: no rows, labels, dates of the document or words for what
    stands before.
    """
    for start, end in sentences(passage.text):
        sentence = " ".join(passage.text[start:end].split())
        figures = _FIGURE.findall(sentence)
        if len(figures) == 1 and len(sentence) in A_SENTENCE and sentence[0].isupper() and sentence[-1] == ".":
            figure = figures[0].strip()
            before, _figure, after = sentence.partition(figure)
            if _ROW.search(sentence) or _LEANING.match(sentence) or _OF_THE_DOCUMENT.search(sentence):
                continue
            if _YEAR.fullmatch(figure) or min(len(before.split()), len(sentence.split()) - 1) < 1:
                continue
            yield Cloze(
                question=f"Which figure belongs here, by “{passage.title}”: “{before}…{after}”",
                answer=figure,
                longer=max(before, after, key=len).strip(" ."),
            )


@transaction.atomic
def suggest(dataset: Dataset, ideas: Sequence[Idea]) -> int:
    """Keeps those that nobody has suggested before and that no case or suggestion asks already; how many."""
    Dataset.objects.select_for_update().get(pk=dataset.pk)
    answers = set(dataset.suggestions.exclude(answer=None).values_list("answer_id", flat=True))
    version = store.latest(dataset)
    known = list(dataset.suggestions.values_list("question", flat=True))
    known += list(version.cases.values_list("question", flat=True)) if version else []
    fresh = _unlike([idea for idea in ideas if idea.answer_id not in answers or idea.answer_id is None], known)
    for idea in fresh:
        named = [{"name": name, "grade": 1.0, "document_id": str(pk)} for name, pk in idea.documents.items()]
        named += [{"name": name, "grade": None, "document_id": str(pk)} for name, pk in idea.words_of.items()]
        Suggestion.objects.create(
            dataset=dataset,
            provenance=idea.provenance,
            question=idea.question,
            answers=list(idea.answers),
            unwanted=list(idea.unwanted),
            is_answerable=idea.is_answerable,
            category=idea.category,
            asker=idea.asker,
            sources=named,
            document_ids=[*idea.documents.values(), *idea.words_of.values()],
            answer_id=idea.answer_id,
        )
    return len(fresh)


def waiting_for(viewer: User, dataset: Dataset) -> tuple[list[Suggestion], int]:
    """What waits and `viewer` may see, since they may read all it is about; and how many are withheld."""
    waiting: QuerySet[Suggestion] = dataset.suggestions.filter(state=Suggestion.State.WAITING)
    readable = list(access.readable_documents(viewer).values_list("pk", flat=True))
    seen = list(waiting.filter(document_ids__contained_by=readable))
    return seen, waiting.count() - len(seen)


@transaction.atomic
def decide(chosen: Sequence[Suggestion], *, by: User, approve: bool) -> DatasetVersion | None:
    """Approves suggestions of one dataset into its next version, or refuses them. Decided ones stay as they are."""
    rows = list(
        Suggestion.objects.select_for_update()
        .filter(pk__in=[one.pk for one in chosen], state=Suggestion.State.WAITING)
        .select_related("dataset")
    )
    if not rows:
        return None
    state = Suggestion.State.APPROVED if approve else Suggestion.State.REFUSED
    Suggestion.objects.filter(pk__in=[row.pk for row in rows]).update(state=state, decided_by=by)
    log.record("dataset_suggestions_decided", by=by, target=rows[0].dataset, n=len(rows), approved=approve)
    if not approve:
        return None
    dataset = Dataset.objects.select_for_update().get(pk=rows[0].dataset_id)
    before = store.latest(dataset)
    dataset.askers = {"": by.username, **dataset.askers} | {row.asker: row.asker for row in rows if row.asker}
    dataset.save(update_fields=["askers"])
    cases = store.as_new(before) if before else []
    cases += [_case(row, by) for row in rows]
    return store.add_version(dataset, cases, by=by, readers=before.readers if before else None)


def _case(row: Suggestion, by: User) -> store.NewCase:
    return store.NewCase(
        case=folder.Case(
            id=f"{row.provenance}-{row.pk}",
            question=row.question,
            answers=tuple(row.answers),
            relevant={one["name"]: one["grade"] for one in row.sources if one["grade"] is not None},
            asker=row.asker,
            answerable=row.is_answerable,
            category=row.category,
            unwanted=tuple(row.unwanted),
        ),
        provenance=row.provenance,
        documents={one["name"]: UUID(one["document_id"]) for one in row.sources},
        words_of=[one["name"] for one in row.sources if one["grade"] is None],
        approved_by_id=by.pk,
    )


def _unlike(ideas: Sequence[Idea], known: Sequence[str]) -> list[Idea]:
    """Those that are not alike to what is known, or to one before them."""
    if not ideas:
        return []
    vectors = embedding.embed_passages([*known, *(idea.question for idea in ideas)])
    kept, found = list(range(len(known))), []
    for place, idea in enumerate(ideas, len(known)):
        if not kept or float(np.max(vectors[kept] @ vectors[place])) < SAME_FROM:
            kept.append(place)
            found.append(idea)
    return found
