"""manage.py evaluate asks a dataset's own documents, by its own askers, and leaves nothing behind."""

import gzip
import json

import pytest
from django.core.management import CommandError, call_command

from documents import access
from documents.models import Collection, Document
from evaluation.datasets import store
from evaluation.metrics.catalogue import METRICS
from evaluation.models import DatasetVersion, EvaluationRun
from ragapp.accounts.models import User


@pytest.fixture
def dataset(tmp_path, settings):
    settings.FILES_DIR = tmp_path / "files"
    folder = tmp_path / "tiny"
    for name, text in {
        "all/leave.md": "# Leave\n\nEvery employee who becomes a parent receives 60 days of paid parental leave.\n",
        "hr/bands.md": "# Salary bands\n\nThe maximum salary in band E4 is 74600 EUR a year.\n",
    }.items():
        path = folder / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    questions = [
        {"id": "1", "question": "How long is parental leave?", "answer": "60 days", "doc": "all/leave.md", "as": "ann"},
        {
            "id": "2",
            "question": "What is the maximum salary in band E4?",
            "answer": "74600",
            "doc": "hr/bands.md",
            "as": "hr",
        },
    ]
    (folder / "questions.jsonl").write_text("\n".join(json.dumps(question) for question in questions))
    (folder / "readers.json").write_text(json.dumps({"all/": ["ann", "hr"], "hr/": ["hr"]}))
    return folder


@pytest.mark.django_db(transaction=True)
def test_a_dataset_is_imported_asked_and_removed_again(dataset, capsys):
    call_command("evaluate", dataset, inline=True, json=True)

    printed = json.loads(capsys.readouterr().out)
    figures = printed["metrics"]

    assert figures["recall@5"]["mean"] == 1.0
    assert figures["gold_shown"]["mean"] == 1.0
    assert figures["asked_without_right"] == 1
    assert figures["leaks"] == 0
    assert EvaluationRun.objects.get().metrics == figures
    assert not Collection.objects.exists()
    assert not Document.objects.exists()
    assert not User.objects.filter(username__startswith="evaluation-").exists()


@pytest.mark.django_db
def test_what_cannot_be_asked_is_said(tmp_path, dataset):
    with pytest.raises(CommandError, match=r"questions\.jsonl"):
        call_command("evaluate", tmp_path)
    with pytest.raises(CommandError, match="no release 'nope'"):
        call_command("evaluate", dataset, release="nope")
    with pytest.raises(CommandError, match="sign-in name ann"):
        call_command("evaluate", dataset, existing=True)


@pytest.mark.django_db(transaction=True)
def test_whoever_brings_a_dataset_owns_its_documents_and_sees_its_questions(dataset, capsys):
    ann, bob = (User.objects.create_user(name) for name in ("ann", "bob"))

    call_command("import_dataset", dataset, inline=True, by="ann")
    call_command("import_dataset", dataset, inline=True, by="ann")

    cases = DatasetVersion.objects.get().cases.all()
    assert {one.name for one in access.collections_for(ann, access.Level.OWNER)} == set(
        Collection.objects.values_list("name", flat=True)
    )
    assert store.cases_for(ann, cases).count() == 2
    assert not store.cases_for(bob, cases).exists()


@pytest.mark.django_db(transaction=True)
def test_figures_are_printed_in_the_order_of_the_reference(dataset, capsys):
    call_command("evaluate", dataset, inline=True)

    printed = [line.split()[0] for line in capsys.readouterr().out.splitlines()[1:]]

    assert printed[:3] == ["questions", "asked_without_right", "recall@5"]
    assert printed[2:] == [name for name in METRICS if name in printed]
    assert {"gold_shown", "leaks", "failed", "ms"} < set(printed)


@pytest.mark.django_db(transaction=True)
def test_a_packed_corpus_with_ids_in_folders_is_asked(dataset, capsys):
    texts = [{"id": "10.1000/leave", "text": "Every employee who becomes a parent gets 60 days of parental leave."}]
    packed = dataset.parent / "packed"
    packed.mkdir()
    (packed / "corpus.jsonl.gz").write_bytes(gzip.compress("\n".join(map(json.dumps, texts)).encode()))
    question = {"id": "1", "question": "How many days of parental leave are there?", "answer": 60}
    (packed / "questions.jsonl").write_text(json.dumps(question))
    (packed / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\n1\t10.1000/leave\t2\n1\tother\t0\n")

    call_command("evaluate", packed, inline=True, json=True)

    figures = json.loads(capsys.readouterr().out)["metrics"]
    assert [figures[name]["mean"] for name in ("recall@5", "mrr", "ndcg@10", "gold_shown")] == [1.0] * 4
