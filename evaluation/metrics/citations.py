"""Measures of what an answer cites, and of how far that supports it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any


def precision(cited: Collection[str], relevant: Collection[str]) -> float | None:
    """The share of cited documents that are right; None when nothing is cited.

    After Gao et al. 2023 (ALCE), by document instead of by passage, since a dataset names documents.
    """
    return len(set(cited) & set(relevant)) / len(set(cited)) if cited else None


def recall(cited: Collection[str], relevant: Collection[str]) -> float | None:
    """The share of right documents that are cited; None when there is none to cite. Source: as `precision`."""
    return len(set(cited) & set(relevant)) / len(set(relevant)) if relevant else None


def groundedness(sentences: Sequence[Mapping[str, Any]]) -> float | None:
    """The share of an answer's sentences that their sources support (faithfulness of Es et al. 2023, RAGAS).

    Sentences as an answer stores them. None without any: a refusal claims nothing.
    """
    claims = [sentence for sentence in sentences if sentence.get("text", "").strip()]
    return sum(bool(claim.get("is_supported")) for claim in claims) / len(claims) if claims else None
