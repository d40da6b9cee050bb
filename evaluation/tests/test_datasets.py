"""The folder form of a dataset."""

import json

import pytest

from evaluation import runner
from evaluation.datasets import folder


@pytest.fixture
def write(tmp_path):
    def write(*rows, **files):
        lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
        (tmp_path / "questions.jsonl").write_text("\n".join(lines))
        for name, text in files.items():
            (tmp_path / name.replace("__", ".")).write_text(text)
        return tmp_path

    return write


def test_a_case_takes_one_answer_or_several(write):
    dataset = folder.load(
        write({"id": 1, "question": "q", "answer": "a"}, {"id": 2, "question": "q", "answers": ["b", "c"]})
    )

    assert [case.answers for case in dataset.cases] == [("a",), ("b", "c")]
    assert dataset.cases[0].answerable


def test_judgements_take_the_place_of_documents(write):
    dataset = folder.load(write({"id": "1", "question": "q", "doc": "x"}, qrels__tsv="1\ty\t2\n"))

    assert dataset.cases[0].relevant == {"y": 2.0}


def test_a_bad_line_is_named(write):
    with pytest.raises(folder.DatasetError, match="line 2"):
        folder.load(write({"id": 1, "question": "q"}, '{"id": 3}'))


def test_a_folder_without_questions_is_refused(tmp_path):
    with pytest.raises(folder.DatasetError, match=r"questions\.jsonl"):
        folder.load(tmp_path)


def test_who_may_not_read_the_source_is_asked_too(write):
    dataset = folder.load(
        write(
            {"id": "pay", "question": "q", "doc": "hr/pay.txt", "as": "hr"},
            {"id": "leave", "question": "q", "doc": "all/leave.txt", "as": "employee"},
            readers__json=json.dumps({"hr/": ["hr"], "all/": ["hr", "employee"]}),
        )
    )

    asked = [(ask.case.id, ask.asker, ask.is_permitted) for ask in runner.asks(dataset)]

    assert asked == [("pay", "hr", True), ("pay", "employee", False), ("leave", "employee", True)]
