"""The folder form of a dataset."""

import gzip
import json

import pytest

from evaluation import runner
from evaluation.datasets import corpus, folder


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


def test_a_document_that_was_judged_wrong_is_not_a_right_one(write):
    dataset = folder.load(write({"id": "1", "question": "q"}, qrels__tsv="1\tright\t1\n1\twrong\t0\n1\tworse\t-1\n"))

    assert dataset.cases[0].relevant == {"right": 1.0}


def test_figures_are_texts_and_nothing_is_nothing(write):
    dataset = folder.load(
        write(
            {"id": 7, "question": "How many?", "answer": 0, "docs": "a.txt", "as": None, "answerable": None},
            {"id": 8, "question": "Which?", "answers": "both", "category": 3},
        )
    )

    assert [(case.answers, tuple(case.relevant), case.asker) for case in dataset.cases] == [
        (("0",), ("a.txt",), ""),
        (("both",), (), ""),
    ]
    assert [(case.answerable, case.category) for case in dataset.cases] == [(True, ""), (True, "3")]


@pytest.mark.parametrize(
    "line",
    [
        "[1]", '"text"', "null", "{", "[" * 100_000, '{"id": ' + "9" * 5000 + ', "question": "q"}',
        '{"id": null, "question": "q"}', '{"id": 1, "question": null}', '{"id": 1, "question": "  "}',
        '{"id": {}, "question": "q"}', '{"id": 1, "question": ["q"]}', '{"id": 1, "question": "q", "answer": true}',
        '{"id": 1, "question": "q", "answers": [["a"]]}', '{"id": 1, "question": "q", "docs": {"a": 1}}',
        '{"id": 1, "question": "q", "as": ["hr"]}', '{"id": 1, "question": "q", "answerable": "no"}',
        '{"id": 1, "question": "q", "unwanted": {}}',
    ],
)  # fmt: skip
def test_a_line_that_is_no_question_is_named(write, line):
    with pytest.raises(folder.DatasetError, match="line 2"):
        folder.load(write({"id": 0, "question": "q"}, line))


def test_what_no_database_keeps_is_left_out_of_a_question(write):
    case = folder.load(write('{"id": "a\\u0000", "question": "q\\u0000 \\ud800", "answer": "x\\u0000"}')).cases[0]

    assert (case.id, case.question, case.answers) == ("a", "q ?", ("x",))


@pytest.mark.parametrize("readers", ["{", "[1]", '{"hr/": "hr"}', '{"hr/": 5}', "null"])
def test_readers_that_cannot_be_understood_are_named(write, readers):
    with pytest.raises(folder.DatasetError, match=r"readers\.json"):
        folder.load(write({"id": 1, "question": "q"}, readers__json=readers))


def _packed(path, text):
    path.write_bytes(gzip.compress(text.encode()))
    return path


def test_a_packed_corpus_without_titles_is_read(tmp_path):
    archive = _packed(tmp_path / "corpus.jsonl.gz", '{"id": 1, "text": "a"}\n\n{"id": "2", "title": null, "text": "b"}')

    assert list(folder.corpus_texts(archive)) == [("1", "", "a"), ("2", "", "b")]


@pytest.mark.parametrize("line", ["{", "[]", '{"id": 1}', "null"])
def test_a_line_of_a_packed_corpus_that_is_no_text_is_named(tmp_path, line):
    archive = _packed(tmp_path / "corpus.jsonl.gz", '{"id": 1, "text": "a"}\n' + line)

    with pytest.raises(folder.DatasetError, match="line 2"):
        list(folder.corpus_texts(archive))


@pytest.mark.parametrize("cut", [lambda raw: raw[:20], lambda raw: b"no archive", lambda raw: raw[:-6] + b"\0" * 6])
def test_a_damaged_archive_says_so(tmp_path, cut):
    archive = _packed(tmp_path / "corpus.jsonl.gz", '{"id": 1, "text": "a"}\n')
    archive.write_bytes(cut(archive.read_bytes()))

    with pytest.raises(folder.DatasetError, match="damaged"):
        list(folder.corpus_texts(archive))


@pytest.mark.parametrize("identity", ["../../out", "/out", "x" * 300, ".", "a\0b"])
def test_a_text_whose_id_is_no_file_name_leaves_its_folder_alone(tmp_path, identity):
    inside = tmp_path / "scratch" / "of-this-run"
    inside.mkdir(parents=True)

    with pytest.raises(folder.DatasetError, match="file"):
        corpus.write_text(inside, identity, "text")

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_text_whose_id_has_a_slash_lies_in_a_folder(tmp_path):
    corpus.write_text(tmp_path, "10.1000/182", "text")

    assert (tmp_path / "10.1000/182").read_text() == "text"
