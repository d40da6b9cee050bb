"""The lexical leg gives the scores of BM25 as others compute them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import bm25s
import pytest

from documents.access import scope_of
from documents.models import Chunk, ChunkLexemes, Collection, Document, IndexVersion, LexemeFrequency
from documents.retrieval import legs, lexical
from documents.retrieval.analyse import analyse, analyse_query
from documents.retrieval.readable import Readable, readable_in
from ragapp.accounts.models import User

TEXTS = [
    "Hotels are paid up to 155 EUR a night, including breakfast, in every city but London.",
    "A night in London or Zurich may cost up to 210 EUR when your manager has agreed before.",
    "Pumps of the series RB-203/7 are greased every 500 hours; the seal kit SK-203 lasts 4,000 hours.",
    "Grease the bearing of the pump before you replace the seal. Never run the pump dry, the seal burns.",
    "Parental leave is 60 days for each child and is fully paid; it is taken within two years.",
    "Annual leave is 27 days. Leave that was not taken by 31 March is lost, unless your manager agreed.",
    "The canteen in Limerick opens at 11:30. On Fridays there is fish. Breakfast is served until ten.",
]
QUESTIONS = [
    "What may a night in London cost?",
    "seal kit for the RB-203/7 pump",
    "How many days of leave are paid?",
    "breakfast",
    "When is leave lost, and who agreed to the leave?",
    "Does the canteen serve 500 fish in March",
]


# How much the reader may read, by which is chosen how to look: from all first, from rights first, from versions.
WAYS = (
    {"readable_chunks": 7, "is_most_readable": True},
    {"readable_chunks": 10_000, "is_most_readable": False},
    {"readable_chunks": 7, "is_most_readable": False},
)


def best(
    counts: Counter[str], index: IndexVersion, reader: User, *, limit: int, readable_chunks: int, is_most_readable: bool
) -> list[tuple[int, float]]:
    """The words' leg alone, best first."""
    terms = lexical.weighed(counts, index=index)
    found: dict[int, float] = {}
    for look in lexical.looks(
        terms, index=index, limit=limit, readable_chunks=readable_chunks, is_most_readable=is_most_readable
    ):
        if len(found) < limit:
            readable = readable_by(reader)
            leg = lexical.leg(look, index=index, readable=readable, limit=limit)
            found = legs.find(
                index=index, readable=readable, dense=None, lexical=leg, vector=None, words=terms.vector
            ).by_words
    return legs.ordered(found)


def readable_by(user: User) -> Readable:
    found = readable_in(scope_of(user))
    assert found is not None
    return found


@pytest.fixture
def shelf(
    collection: Callable[..., Collection],
    add: Callable[..., Document],
    counted: Callable[[], IndexVersion],
    contributor: User,
    reader: User,
) -> IndexVersion:
    shared = collection(contributors=[contributor], readers=[reader])
    for number, text in enumerate(TEXTS):
        add(shared, f"{number}.txt", text, by=contributor)
    return counted()


@pytest.mark.django_db(transaction=True)
def test_ranking_and_scores_are_those_of_bm25s(shelf: IndexVersion, reader: User) -> None:
    passages = list(Chunk.objects.order_by("pk").select_related("document", "extraction"))
    assert len(passages) == len(TEXTS)
    # A text file has no title of its own: its context is the name of the file.
    tokens = [analyse(f"{chunk.document.title}\n{chunk.text}", chunk.extraction.language) for chunk in passages]
    peer = bm25s.BM25(k1=lexical.K1, b=lexical.B, method="lucene")
    peer.index(tokens, show_progress=False)

    for question in QUESTIONS:
        terms = analyse_query(question, ["en"])
        known = [term for term in terms.elements() if term in peer.vocab_dict]
        expected = {
            chunk.pk: score for chunk, score in zip(passages, peer.get_scores(known).tolist(), strict=True) if score > 0
        }
        for way in WAYS:
            found = best(terms, shelf, reader, limit=50, **way)
            assert [at for at, _ in found] == sorted(expected, key=lambda at: (-expected[at], at))
            assert dict(found) == pytest.approx(expected, rel=1e-5)


def test_how_much_is_readable_decides_how_words_are_looked_for() -> None:
    index = IndexVersion(chunk_count=100_000)
    terms = lexical.Terms(
        lexemes=("rare", "usual", "common"), seen={"rare": 80, "usual": 1500, "common": 60_000}, vector=""
    )

    def ways(readable_chunks: int, *, most: bool = False) -> list[tuple[str, int]]:
        looks = lexical.looks(terms, index=index, limit=100, readable_chunks=readable_chunks, is_most_readable=most)
        return [(look.way, len(look.lexemes)) for look in looks]

    assert ways(90_000, most=True) == [("all", 2), ("all", 3)]
    # The two rare ones would leave 158 of a tenth: the third is so common that reading the tenth is cheaper.
    assert ways(10_000) == [("readable", 3)]
    assert ways(25_000) == [("matching", 2), ("matching", 3)]
    assert ways(300) == [("readable", 3)]
    assert lexical.looks(
        lexical.Terms(lexemes=(), seen={}, vector=""), index=index, limit=1, readable_chunks=1, is_most_readable=True
    ) == ()  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_weights_can_be_recomputed_for_another_average_length(shelf: IndexVersion) -> None:
    counts = Counter(analyse("the pump and the seal of the pump, the pump", "en"))
    first = lexical.weights(counts, length=counts.total(), average_length=12.0)
    again = lexical.reweighted(first, length=counts.total(), old_average=12.0, new_average=31.5)

    assert again == pytest.approx(lexical.weights(counts, length=counts.total(), average_length=31.5))
    assert set(ChunkLexemes.objects.values_list("average_length", flat=True)) == {shelf.average_length}


@pytest.mark.django_db(transaction=True)
def test_frequencies_are_counted_over_the_whole_index(shelf: IndexVersion) -> None:
    counted = dict(LexemeFrequency.objects.filter(index_version=shelf).values_list("lexeme", "chunks"))
    tokens = [set(analyse(f"{c.document.title}\n{c.text}", "en")) for c in Chunk.objects.select_related("document")]

    assert counted == dict(Counter(lexeme for one in tokens for lexeme in one))
    assert shelf.chunk_count == len(TEXTS)
    assert shelf.languages == {"en": len(TEXTS)}


@pytest.mark.django_db(transaction=True)
def test_terms_without_statistics_are_still_found(shelf: IndexVersion, reader: User) -> None:
    LexemeFrequency.objects.all().delete()

    assert all(best(analyse_query("canteen", ["en"]), shelf, reader, limit=5, **way) for way in WAYS)


def test_candidates_come_from_the_rarest_terms() -> None:
    seen = {"common": 900, "usual": 200, "rare": 3, "rarer": 1}

    assert lexical.rarest([*seen], seen, enough=0, most=20) == ("rarer", "rare")
    assert lexical.rarest([*seen, "new"], seen, enough=0, most=220) == ("new", "rarer", "rare", "usual")
    # Too few rows are worse than too many.
    assert lexical.rarest([*seen], seen, enough=10, most=20) == ("rarer", "rare", "usual")


@pytest.mark.django_db(transaction=True)
def test_too_few_readable_candidates_are_filled_up_from_all_terms(
    shelf: IndexVersion, reader: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lexical, "CANDIDATE_ROWS", 0)
    terms = analyse_query("canteen Limerick leave seal", ["en"])

    assert all(len(best(terms, shelf, reader, limit=5, **way)) == 5 for way in WAYS)


@pytest.mark.django_db(transaction=True)
def test_signs_in_questions_mean_nothing_to_the_database(shelf: IndexVersion, reader: User) -> None:
    for question in ("o'clock", "back\\slash a\\b", "a:b & c | !d", "%s {x}", "'';--"):
        best(analyse_query(question, ["en"]), shelf, reader, limit=5, **WAYS[0])
