"""manage.py evaluate asks a dataset's own documents, by its own askers, and leaves nothing behind."""

import json

import pytest
from django.core.management import CommandError, call_command

from documents.models import Collection, Document
from evaluation.models import EvaluationRun
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
    with pytest.raises(CommandError, match="sign-in name 'ann'"):
        call_command("evaluate", dataset, existing=True)
