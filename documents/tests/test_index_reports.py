"""Figures about index versions: two compared, one advised on, the pages and the command that show them."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from documents import indexes, tasks
from documents.indexes import advising, comparing, labelled, reports
from documents.ingestion import chunk, rebuild
from documents.models import Chunk, Collection, Document, IndexBuild, IndexReport, IndexVersion
from ragapp.accounts.models import User
from ragapp.llm import embedding

pytestmark = pytest.mark.django_db(transaction=True)

TEXTS = {
    "leave.txt": "Every employee has 27 days of annual leave in a calendar year.",
    "pump.txt": "The hydraulic pump of hall nine is greased every hundred hours of work.",
}
QUESTION = "How many days of annual leave do I get?"


@pytest.fixture
def shelf(
    collection: Callable[..., Collection], add: Callable[..., Document], owner: User, monkeypatch: pytest.MonkeyPatch
) -> Collection:
    for task in (tasks.build_index, tasks.make_report, tasks.remove_indexes):
        monkeypatch.setattr(task, "delay_on_commit", lambda *args: None)
    made = collection("Shelf", owners=[owner])
    for name, text in TEXTS.items():
        add(made, name, text, by=owner)
    return made


@pytest.fixture
def second(shelf: Collection) -> IndexVersion:
    embedder = embedding.Embedder(model="all-MiniLM-L6-v2", dimensions=128)
    made = indexes.create(indexes.Plan(name="small", chunker=chunk.CHUNKER, embedder=embedder), by=None)
    rebuild.advance(made.pk)
    return IndexVersion.objects.get(pk=made.pk)


def live() -> IndexVersion:
    return IndexVersion.objects.get(is_live=True)


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("index", *arguments, stdout=out)
    return out.getvalue()


def test_two_indexes_are_compared_on_labelled_questions(second: IndexVersion, owner: User) -> None:
    cases = [
        comparing.Case(question=QUESTION, reader=owner, relevant={"leave": 1.0}),
        comparing.Case(question="When is the pump greased?", reader=owner, relevant={"pump.txt": 1.0}),
    ]

    figures = comparing.compare(live(), second, cases)

    assert figures["overlap@10"]["mean"] == 1.0
    assert [one["mean"] for one in figures["ndcg@10"]] == [1.0, 1.0]
    assert figures["difference"] == {"mean": 0.0, "low": 0.0, "high": 0.0}
    assert (figures["questions"], figures["labelled"]) == (2, 2)


def test_ndcg_is_that_of_the_definition() -> None:
    assert comparing.ndcg(["b.txt", "a.txt"], {"a": 1.0}) == pytest.approx(0.6309, abs=1e-4)
    assert comparing.ndcg(["x"], {"a": 1.0}) == 0.0


def test_a_comparison_without_questions_says_so(second: IndexVersion, owner: User) -> None:
    report = reports.compare_with_live(second, by=owner)
    assert report is not None
    assert reports.due() == [report.pk]
    reports.make(report.pk)

    report.refresh_from_db()
    assert (report.state, report.failure) == (IndexReport.State.FAILED, reports.NO_QUESTIONS)
    assert reports.due() == []


def test_advice_names_sizes_and_recall_at_three_shares(shelf: Collection, owner: User) -> None:
    report = reports.advise_on_live(by=owner)
    assert report is not None
    reports.make(report.pk)

    report.refresh_from_db()
    assert report.state == IndexReport.State.DONE, report.failure
    figures = report.figures
    assert [(one["share"], one["recall"], one["is_exact"]) for one in figures["recall"]] == [
        (share, 1.0, True) for share in (0.01, 0.1, 1.0)
    ]
    assert figures["chunks"] == 2
    assert figures["bytes"]["hnsw"] > 0
    assert "Nothing to change" in figures["advice"][0]


def test_advice_tells_when_an_index_made_now_would_find_more(shelf: Collection, settings: Any) -> None:
    settings.EXACT_SEARCH_LIMIT = 0
    IndexVersion.objects.filter(is_live=True).update(ef_construction=64)
    advice = advising.advise(IndexVersion.objects.get(is_live=True))["advice"]
    assert any("made with ef_construction 64" in sentence and "it is made with 128" in sentence for sentence in advice)

    IndexVersion.objects.filter(is_live=True).update(ef_construction=128)
    advice = advising.advise(IndexVersion.objects.get(is_live=True))["advice"]
    assert not any("ef_construction" in sentence for sentence in advice)


def file(text: str | bytes, name: str = "mine.jsonl") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode() if isinstance(text, str) else text)


def test_a_file_of_questions_is_measured_in_the_background_and_then_forgotten(
    second: IndexVersion, shelf: Collection, owner: User, client: Client
) -> None:
    client.force_login(owner)
    rows = [{"id": 1, "question": QUESTION, "doc": "leave.txt"}, {"id": 2, "question": "Which pump?"}]
    data = {
        "compared": second.pk,
        "collection": shelf.pk,
        "questions": file("\ufeff" + "\r\n".join(map(json.dumps, rows))),
        "grades": file("query-id\tcorpus-id\tscore\n2\tpump\t2\n2\tleave\t0\n"),
    }

    assert client.post(reverse("documents:index_compare_labelled"), data).status_code == 302
    report = IndexReport.objects.get()
    assert (report.dataset, report.total, report.questions[1]) == ("mine.jsonl", 2, ["Which pump?", {"pump": 2.0}])
    reports.make(report.pk)

    report.refresh_from_db()
    assert (report.state, report.questions, report.figures["labelled"]) == ("done", [], 2)
    shown = client.get(reverse("documents:indexes")).content.decode()
    assert "mine.jsonl" in shown
    assert "1.000 → 1.000" in shown
    assert "+0.000 [+0.000, +0.000]" in shown


REFUSED: list[tuple[str | bytes, str]] = [
    ("", "No question names a document"),
    ("\ud800".encode("utf-16", "surrogatepass"), "no text in UTF-8"),
    ("question,doc\nWho?,a.txt", "Line 1 is no JSON object"),
    ("[" * 100_000, "Line 1 is no JSON object"),
    ('{"doc": "a.txt"}', "Line 1 has no question"),
    (json.dumps({"question": "a\0b", "doc": "a"}), "characters that no question has"),
    (json.dumps({"question": "Who?", "docs": [7]}), "does not name its documents"),
    ("\n".join([json.dumps({"question": "Who?", "doc": "a"})] * 2001), "At most 2,000"),
]


def test_a_file_that_holds_no_labelled_questions_is_refused_with_the_reason(
    second: IndexVersion, shelf: Collection, owner: User, client: Client
) -> None:
    client.force_login(owner)
    for questions, said in REFUSED:
        data = {"compared": second.pk, "collection": shelf.pk, "questions": file(questions)}

        refused = client.post(reverse("documents:index_compare_labelled"), data)

        assert refused.status_code == 422, said
        assert said in html.unescape(refused.content.decode())
    assert not IndexReport.objects.exists()


def test_questions_are_asked_only_of_what_the_asker_may_read(
    second: IndexVersion, collection: Callable[..., Collection], owner: User, reader: User, client: Client
) -> None:
    client.force_login(owner)
    foreign = collection("Foreign", owners=[reader])
    data = {"compared": second.pk, "collection": foreign.pk, "questions": file('{"question": "Who?", "doc": "a"}')}

    assert client.post(reverse("documents:index_compare_labelled"), data).status_code == 422


def test_what_nobody_measured_within_a_day_is_given_up_and_its_questions_are_forgotten(
    second: IndexVersion, shelf: Collection, owner: User
) -> None:
    brought = reports.Brought(
        name="q", collection=shelf, questions=[labelled.Labelled(question=QUESTION, relevant={"leave": 1.0})]
    )
    report = reports.compare_with_live(second, by=owner, brought=brought)
    assert report is not None
    IndexReport.objects.update(created_at=timezone.now() - timedelta(days=2))

    assert reports.due() == []
    report.refresh_from_db()
    assert (report.state, report.failure, report.questions) == ("failed", reports.WAITED, [])


def test_the_pages_show_state_comparison_and_advice(second: IndexVersion, owner: User, client: Client) -> None:
    client.force_login(owner)
    figures = {
        "questions": 9,
        "overlap@10": {"mean": 0.9, "low": 0.8, "high": 1.0},
        "difference": {"mean": 0.01, "low": -0.02, "high": 0.03},
        "ms p50": [12.2, 9.1],
    }
    IndexReport.objects.create(
        kind="comparison", index_version=second, baseline=live(), state="done", figures=figures, requested_by=owner
    )
    advice = reports.advise_on_live(by=owner)
    assert advice is not None
    reports.make(advice.pk)

    shown = client.get(reverse("documents:indexes")).content.decode()
    assert "small against v1" in shown
    assert "90%" in shown
    assert "+0.010 [-0.020, +0.030]" in shown
    assert "12 → 9" in shown
    shown = client.get(reverse("documents:index_advice")).content.decode()
    assert "Nothing to change" in shown
    assert "every vector is compared" in shown


def test_an_index_is_built_switched_to_and_removed_on_the_page(
    second: IndexVersion, owner: User, client: Client
) -> None:
    client.force_login(owner)
    first = live()

    assert client.post(reverse("documents:index_build"), {"target": 120, "dimensions": 64}).status_code == 302
    third = IndexVersion.objects.get(name="v2")
    assert (third.chunker["target"], third.dimensions, third.build.requested_by) == (120, 64, owner)
    assert client.post(reverse("documents:index_cancel", args=[third.pk])).status_code == 302
    assert IndexBuild.objects.get(index_version=third).state == IndexBuild.State.CANCELLED
    assert client.post(reverse("documents:index_resume", args=[third.pk])).status_code == 302
    assert IndexBuild.objects.get(index_version=third).state == IndexBuild.State.QUEUED

    client.post(reverse("documents:index_switch", args=[second.pk]))
    assert live() == second
    client.post(reverse("documents:index_remove", args=[first.pk]))
    assert IndexVersion.objects.get(pk=first.pk).state == IndexVersion.State.COLLECTED
    said = client.post(reverse("documents:index_remove", args=[second.pk]), follow=True).content.decode()
    assert "Switch to another one first" in said


def test_an_index_that_lacks_documents_says_so_and_goes_live_when_few_are_missing(
    second: IndexVersion, owner: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(owner)
    assert "Catching up" not in client.get(reverse("documents:indexes")).content.decode()

    Chunk.objects.filter(index_version=second).delete()
    few = client.get(reverse("documents:indexes")).content.decode()
    assert "Catching up" in few
    assert reverse("documents:index_switch", args=[second.pk]) in few

    monkeypatch.setattr(rebuild, "LATE_MOST", 1)
    many = client.get(reverse("documents:indexes")).content.decode()
    assert "it can go live when they are" in many
    assert reverse("documents:index_switch", args=[second.pk]) not in many


def test_a_model_that_is_not_here_is_told_beside_the_form(shelf: Collection, owner: User, client: Client) -> None:
    client.force_login(owner)

    shown = client.post(reverse("documents:index_build"), {"target": 200, "model": "nobody/no-such-model"})

    assert shown.status_code == 422
    assert "neither a folder nor in this machine" in shown.content.decode()
    assert IndexVersion.objects.count() == 1


def test_a_new_configured_model_is_told_on_the_page(
    shelf: Collection, owner: User, client: Client, settings: Any
) -> None:
    settings.EMBEDDING_MODEL = "another-model"
    client.force_login(owner)

    assert (
        "A new embedding model is configured: another-model"
        in client.get(reverse("documents:indexes")).content.decode()
    )


@pytest.mark.parametrize("route", ["indexes", "index_advice"])
def test_the_pages_are_for_the_people_who_keep_the_site_running(client: Client, reader: User, route: str) -> None:
    client.force_login(reader)

    assert client.get(reverse(f"documents:{route}")).status_code == 404


def test_the_command_builds_compares_switches_and_removes(shelf: Collection, owner: User, tmp_path: Path) -> None:
    assert "small: 2 of 2 documents (done)" in run("build", "small", "--dimensions", "96", "--inline")
    rows = [{"id": "1", "question": QUESTION, "doc": "leave.txt"}]
    (tmp_path / "questions.jsonl").write_text("\n".join(map(json.dumps, rows)))
    compared = run(
        "compare", "small", "--questions", str(tmp_path), "--collection", "Shelf", "--as", owner.username, "--json"
    )
    assert json.loads(compared)["ndcg@10"][1]["mean"] == 1.0
    assert "answered from small now" in run("switch", "small")
    assert "2 passages of v1 were removed" in run("remove", "v1")
    listed = run("list").splitlines()
    assert listed[0].startswith("v1           collected")
    assert listed[1].startswith("small        live")
    assert "96 dimensions; 2 passages" in listed[1]
    assert "recall@10 at 100% readable: 1.000" in run("advise")


def test_the_command_says_what_there_is_instead(shelf: Collection) -> None:
    with pytest.raises(CommandError, match=r"There is no index called other\. There are: v1"):
        run("switch", "other")
    with pytest.raises(CommandError, match="Switch to another one first"):
        run("remove", "v1")
    with pytest.raises(CommandError, match="Nobody has asked a question yet"):
        run("compare", "v1", "v1")
