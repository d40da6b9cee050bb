"""Orders to a language model in a text that somebody else brought: what ingestion looks for, for other apps."""

from documents.ingestion.injections import dressed_up, encoded, orders, visible


def families(text: str) -> frozenset[str]:
    """What orders in `text` are after ("override", "persona", "reveal", …); empty when there are none.

    Texts about such orders, which only quote them, give none.
    """
    shown = visible(text)
    found = [order for order in orders(shown) if not order.is_quoted]
    found += (order for _, order in encoded(shown))
    if not found:
        found += dressed_up(shown)
    return frozenset(family for order in found for family in order.families)


def spans(passage: str) -> list[tuple[int, int]]:
    """Where a passage gives orders in the open. Codes and disguises were looked for when it came."""
    return [(order.start, order.end) for order in orders(passage) if not order.is_quoted]
