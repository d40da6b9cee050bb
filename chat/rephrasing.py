"""Whether a question says again, in other words, what the one before it asked."""

from documents.retrieval.analyse import analyse_query

# Share of the content words of both questions that they have in common (Jaccard).
SAME_FROM = 0.6
LANGUAGES = ("en", "de")


def says_again(question: str, earlier: str) -> bool:
    """True when most content words of the two are the same. The very same words count too."""
    here, there = (frozenset(analyse_query(text, LANGUAGES)) for text in (question, earlier))
    together = len(here | there)
    return bool(together) and len(here & there) / together >= SAME_FROM
