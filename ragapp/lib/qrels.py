"""Judgements of which documents answer which questions, in the form of TREC and BEIR: qrels.tsv."""

import math
from collections import defaultdict

from ragapp.lib.lines import numbered


class BadLine(ValueError):
    """Line `number`, from 1, is no judgement."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(f"Line {number} is not: question id, document, grade, with tabs between.")


def read(text: str) -> dict[str, dict[str, float]]:
    """Grades by question id and document. A line without a grade means 1; the first line may name the columns.

    Raises BadLine.
    """
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for number, line in numbered(text):
        question, _tab, rest = line.partition("\t")
        document, _tab, grade = rest.partition("\t")
        try:
            value = float(grade or 1)
        except ValueError:
            if number == 1:
                continue
            value = math.nan
        if not document or not math.isfinite(value):
            raise BadLine(number)
        found[question][document] = value
    return found
