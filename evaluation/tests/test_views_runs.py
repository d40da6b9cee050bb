"""The pages of runs, datasets and gates: who sees which case, and what can be done."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse

from chat import releases
from chat.tests.conftest import LEAVE, add, library  # noqa: F401  read in for real
from evaluation import gates, runs
from evaluation.datasets import store
from evaluation.datasets.corpus import Corpus
from evaluation.datasets.folder import Case, Dataset
from evaluation.models import Dataset as Row
from evaluation.models import DatasetVersion, EvaluationRun, Gate, VersionFixed
from ragapp.accounts.models import Role, RoleAssignment, User

pytestmark = pytest.mark.django_db
QUESTION = "How many days of parental leave do I get?"


@pytest.fixture
def rita(reader):
    """Reviews, and may read the handbook."""
    RoleAssignment.objects.create(user=reader, role=Role.REVIEWER)
    return reader


@pytest.fixture
def outsider(db):
    """Reviews, and may read nothing."""
    person = User.objects.create_user("otto", password="correct horse battery")
    RoleAssignment.objects.create(user=person, role=Role.REVIEWER)
    return person


@pytest.fixture
def admin(db):
    person = User.objects.create_user("ada", password="correct horse battery")
    RoleAssignment.objects.create(user=person, role=Role.ADMIN)
    return person


@pytest.fixture
def done(library, rita):  # noqa: F811
    path = library["leave"].path
    dataset = Dataset(
        name="tiny",
        sha256="",
        cases=(Case(id="leave", question=QUESTION, answers=("60",), relevant={path: 1.0}),),
        documents=None,
        readers={},
    )
    version = store.take_in(dataset, Corpus(folders={}, askers={"": rita}), by=None)
    run = runs.start(version, releases.production(), by=rita)
    runs.advance(run.pk)
    run.refresh_from_db()
    return run


def test_who_may_read_the_sources_sees_the_case_and_its_trace(client, done, rita):
    client.force_login(rita)

    page = client.get(reverse("evaluation:run", args=[done.pk])).content.decode()

    assert QUESTION in page
    assert reverse("admin:chat_answer_change", args=[done.results.get().answer_id]) in page
    assert QUESTION in client.get(reverse("evaluation:dataset", args=[done.version.dataset_id])).content.decode()


def test_who_may_not_read_the_sources_sees_figures_only(client, done, outsider):
    client.force_login(outsider)
    other = EvaluationRun.objects.create(version=done.version, release=done.release, state="done")

    for name, arguments in (
        ("run", [done.pk]),
        ("dataset", [done.version.dataset_id]),
        ("run_compare", [done.pk, done.pk]),
        ("run_compare", [done.pk, other.pk]),
        ("runs", []),
    ):
        page = client.get(reverse(f"evaluation:{name}", args=arguments))
        assert page.status_code == 200
        assert QUESTION not in page.content.decode()
    assert "withheld" in client.get(reverse("evaluation:dataset", args=[done.version.dataset_id])).content.decode()


def test_nobody_else_finds_the_pages(client, done):
    client.force_login(User.objects.create_user("eve", password="correct horse battery"))

    for name, arguments in (("run", [done.pk]), ("dataset", [done.version.dataset_id]), ("gates", []), ("runs", [])):
        assert client.get(reverse(f"evaluation:{name}", args=arguments)).status_code == 404


def test_a_run_is_started_paused_and_resumed_on_its_page(client, done, rita):
    client.force_login(rita)
    sent = {"dataset": done.version.dataset_id, "release": done.release_id, "repeats": 2}

    client.post(reverse("evaluation:run_start"), sent)
    run = EvaluationRun.objects.first()
    assert (run.state, run.total, run.requested_by) == ("queued", 2, rita)
    client.post(reverse("evaluation:run_pause", args=[run.pk]))
    run.refresh_from_db()
    assert run.state == "paused"
    client.post(reverse("evaluation:run_resume", args=[run.pk]))
    page = client.get(reverse("evaluation:run", args=[run.pk]), headers={"HX-Request": "true"}).content.decode()
    assert "0 of 2 questions" in page
    assert "every 2s" in page


def test_a_file_of_questions_becomes_a_version_and_the_same_file_none(client, library, rita):  # noqa: F811
    client.force_login(rita)

    def send(*rows):
        lines = "\n".join(json.dumps(row) for row in rows).encode()
        file = SimpleUploadedFile("questions.jsonl", lines)
        return client.post(reverse("evaluation:datasets"), {"name": "mine", "questions": file})

    first = {"id": 1, "question": QUESTION, "answer": "60"}
    assert send(first).status_code == 302
    assert send(first).status_code == 302
    assert send(first, {"id": 2, "question": "Who?", "answerable": False}).status_code == 302
    assert [(one.number, one.cases.count()) for one in DatasetVersion.objects.order_by("number")] == [(1, 1), (2, 2)]
    assert Row.objects.get().askers == {"": rita.username}

    refused = send({"question": "no id"})
    assert refused.status_code == 422
    assert "line 1" in refused.content.decode()
    assert send({"id": 1, "question": "q", "as": "ceo"}).status_code == 422


def test_a_version_of_a_dataset_does_not_change(done):
    version = done.version
    version.note = "other"
    with pytest.raises(VersionFixed):
        version.save()
    assert DatasetVersion.objects.get(pk=version.pk).note == ""


def test_gates_are_set_and_removed_by_admins_and_shown_to_reviewers(client, done, rita, admin):
    sent = {"dataset": done.version.dataset_id, "metric": "gold_shown", "bound": "0.9", "stage": "candidate"}
    client.force_login(rita)
    assert client.post(reverse("evaluation:gates"), sent).status_code == 404
    client.force_login(admin)
    client.post(reverse("evaluation:gates"), sent)

    page = client.get(reverse("evaluation:gates")).content.decode()

    # One right answer of one: Wilson's lower end is .21.
    assert "Gates failed" in page
    assert gates.verdict(done.release, "candidate").state is gates.State.FAILED
    assert client.get(reverse("evaluation:release", args=[done.release_id])).status_code == 200
    client.post(reverse("evaluation:gate_remove", args=[Gate.objects.get().pk]))
    assert not Gate.objects.exists()


def test_a_dataset_folder_is_taken_in_from_the_shell(tmp_path, library, rita, capsys):  # noqa: F811
    (tmp_path / "questions.jsonl").write_text(json.dumps({"id": 1, "question": QUESTION, "as": rita.username}))

    call_command("import_dataset", tmp_path, existing=True, name="shell", by=rita.username)

    assert "shell v1: 1 questions" in capsys.readouterr().out
    assert Row.objects.get().askers == {rita.username: rita.username}


@pytest.mark.parametrize(
    "line",
    ["[]", '{"id": 1, "question": "q", "answers": 5, "answerable": null, "docs": 7, "as": {}}',
     '{"id": 1, "question": "q", "answerable": "yes"}', "[" * 50_000],
)  # fmt: skip
def test_a_file_that_is_no_dataset_is_named_at_the_form_in_the_readers_language(client, admin, line):
    client.force_login(admin)
    file = SimpleUploadedFile("questions.jsonl", line.encode())

    response = client.post(
        reverse("evaluation:datasets"), {"name": "Bad", "questions": file}, headers={"accept-language": "de"}
    )

    assert response.status_code == 422
    assert "questions.jsonl, Zeile 1" in response.content.decode()
    assert not Row.objects.filter(name="Bad").exists()


def test_a_file_with_nul_characters_and_figures_is_taken_in(client, admin):
    client.force_login(admin)
    file = SimpleUploadedFile("questions.jsonl", b'{"id": 1, "question": "q\\u0000?", "answer": 7, "docs": "a.txt"}')

    client.post(reverse("evaluation:datasets"), {"name": "Odd", "questions": file})

    case = Row.objects.get(name="Odd").versions.get().cases.get()
    assert (case.question, case.answers, case.sources.get().name) == ("q?", ["7"], "a.txt")
