"""Files that say which documents answer which questions."""

import pytest

from ragapp.lib import qrels


def test_a_heading_is_left_out_and_a_file_without_one_loses_nothing() -> None:
    rows = "1\ta.pdf\t2\n1\tb.pdf\t0\n2\ta.pdf\n"

    without, with_heading = qrels.read(rows), qrels.read(f"query-id\tcorpus-id\tscore\n{rows}")

    assert without == with_heading == {"1": {"a.pdf": 2.0, "b.pdf": 0.0}, "2": {"a.pdf": 1.0}}


@pytest.mark.parametrize("line", ["1 a.pdf 2", "1\t\t2", "1\ta.pdf\tgood", "1\ta.pdf\tnan", "1\ta.pdf\t1\t2"])
def test_a_line_that_is_no_judgement_is_named(line: str) -> None:
    with pytest.raises(qrels.BadLine) as bad:
        qrels.read(f"1\tb.pdf\t1\n\n{line}\n")

    assert bad.value.number == 3
