"""Find the passages that answer a question, among those that its asker may read."""

from __future__ import annotations

import logging
import time
from dataclasses import replace

import numpy as np
from django.conf import settings
from django.db.models import Q
from numpy.typing import NDArray

from documents.access import scope_of, scope_of_both
from documents.models import IndexVersion
from documents.retrieval import dense, fusion, lexical, passages, wordings
from documents.retrieval.analyse import analyse_query
from documents.retrieval.asked_index import asked_index
from documents.retrieval.choosing import choose
from documents.retrieval.legs import Found, Leg, find, known
from documents.retrieval.readable import Readable, about_how_many, readable_in
from documents.retrieval.reranking import reranked
from documents.retrieval.types import Query, Results
from documents.retrieval.weighting import dense_weight
from ragapp.accounts.models import User
from ragapp.llm import embedding
from ragapp.llm.errors import EmbeddingModelError
from ragapp.monitoring.timing import timed

logger = logging.getLogger(__name__)

# How many passages each leg brings at least, and how many of the fused ones are looked at. Who asks for more gets more.
CANDIDATES, CONSIDERED = 100, 40
CORPUS_LANGUAGES = 4
NOTHING = Results(hits=(), considered=(), index_version_id=0, readable_chunks=0, ms={})


def search(query: Query, *, reader: User, and_by: User | None = None) -> Results:
    """The best passages that `reader`, and `and_by` if given, may see now, best first. No right, no hits."""
    ms: dict[str, float] = {}
    with timed(ms, "rights"):
        scope = scope_of(reader, private=query.private_collection_id or False)
        readable = readable_in(scope_of_both(scope, scope_of(and_by)) if and_by else scope, query)
        index = asked_index(query.index_version_id)
        if readable is None or index is None or not query.text.strip():
            return replace(NOTHING, index_version_id=index.pk if index else 0)
        chunks = about_how_many(readable, index=index, at_most=settings.EXACT_SEARCH_LIMIT + 1, now_s=time.monotonic())
    with timed(ms, "embed"):
        vector = _vector(query.text, index)
    with timed(ms, "words"):
        languages = _languages(query, index)
        asked = wordings.with_others(analyse_query(query.text, languages), wordings.wordings_of(query.text, languages))
        terms = lexical.weighed(asked, index=index)
    limit = max(CANDIDATES, 2 * query.top_k)
    with timed(ms, "find"):
        found = _candidates(vector, terms, index=index, readable=readable, limit=limit, readable_chunks=chunks)
    with timed(ms, "fuse"):
        share = dense_weight(query.text, languages=languages, coverage=index.coverage)
        order = fusion.by_score(found.cosines, found.weights, dense_weight=share)[: max(CONSIDERED, 2 * query.top_k)]
    with timed(ms, "read"):
        places = {"dense": fusion.ranks(found.by_meaning), "lexical": fusion.ranks(found.by_words)}
        scores = {"dense": found.cosines, "lexical": found.weights}
        read = passages.read(order, places, scores, lexemes=terms.lexemes)
    with timed(ms, "rerank"):
        read = reranked(query.text, read)
    with timed(ms, "join"):
        hits, considered = choose(read, top_k=query.top_k, index_version_id=index.pk, widen_tokens=query.widen_tokens)
    return Results(
        hits=tuple(hits),
        considered=tuple(considered),
        index_version_id=index.pk,
        readable_chunks=chunks,
        dense_weight=share if vector is not None else 0.0,
        ms=ms,
    )


def _candidates(
    vector: NDArray[np.float32] | None,
    terms: lexical.Terms,
    *,
    index: IndexVersion,
    readable: Readable,
    limit: int,
    readable_chunks: int,
) -> Found:
    """What both legs find, `limit` chunks each while there are so many."""
    of, most = index.chunk_count, settings.EXACT_SEARCH_LIMIT
    compares_all = dense.compares_all(readable_chunks, of=of, exact_limit=most)
    looks = lexical.looks(
        terms,
        index=index,
        limit=limit,
        readable_chunks=readable_chunks,
        is_most_readable=dense.is_most(readable_chunks, of=of, exact_limit=most),
    )

    def near() -> Leg | None:
        if vector is None:
            return None
        return dense.leg(index=index, readable=readable, limit=limit, compares_all=compares_all)

    def said() -> Leg | None:
        return lexical.leg(looks[0], index=index, readable=readable, limit=limit) if looks else None

    by_meaning, by_words = near(), said()
    while True:
        found = find(
            index=index,
            readable=readable,
            dense=by_meaning,
            lexical=by_words,
            vector=vector,
            words=terms.vector if looks else None,
        )
        few_near = vector is not None and not compares_all and len(found.by_meaning) < limit
        few_said = len(looks) > 1 and len(found.by_words) < limit
        if not few_near and not few_said:
            return found
        # Only what came back short is looked for once more.
        compares_all, looks = compares_all or few_near, looks[few_said:]
        by_meaning = near() if few_near else known(found.by_meaning)
        by_words = said() if few_said else known(found.by_words)


def searchable_indexes() -> list[tuple[int, str]]:
    """Those that a release may name, as (id, name), the newest first."""
    built = Q(is_live=True) | Q(ready_at__isnull=False)
    rows = IndexVersion.objects.filter(built, collected_at__isnull=True).order_by("-pk")
    return list(rows.values_list("pk", "name"))


def _vector(text: str, index: IndexVersion) -> NDArray[np.float32] | None:
    """The question's vector; None, so that words alone decide, when who made the index's vectors cannot be asked."""
    try:
        return embedding.embed_query(text, index.embedder)
    except EmbeddingModelError as error:
        logger.error("search.no_model", extra={"index": index.pk, "reason": error.message})
    return None


def _languages(query: Query, index: IndexVersion) -> list[str]:
    """The asker's languages, then those that most passages are in."""
    common = sorted(index.languages.items(), key=lambda item: (-item[1], item[0]))
    return [*query.languages, *(language for language, _ in common[:CORPUS_LANGUAGES])]
