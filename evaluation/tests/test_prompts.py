"""Prompts on their pages: the library, versions with reasons and labels, and a preview with the asker's own rights."""

from typing import Any

import pytest
from django.urls import reverse

from chat import prompts, releases
from chat.models import Answer, PromptLabel, PromptVersion
from chat.prompts import versions
from ragapp.audit.models import AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def answer_v1(db: None) -> PromptVersion:
    releases.ensure_shipped()
    return PromptVersion.objects.get(name="answer")


@pytest.mark.parametrize("template", prompts.LIBRARY, ids=lambda each: each.name)
def test_every_template_of_the_library_can_be_used_for_its_task(template: prompts.Template) -> None:
    assert prompts.problems(template.task, template.body) == []
    assert prompts.fill(template.body, dict.fromkeys(prompts.VARIABLES[template.task], "x"))


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("Rules {{ question }}", "line of three dashes"),
        ("Rules\n---\n{{ question }} {{ colour }}", "{{ colour }}"),
        ("Rules\n---\nno question", "{{ question }} is missing"),
        ("Rules\n---\n{{ question }} {{Question}}", "Two braces"),
        ("Rules\n---\n{{ question }}" + "a" * 20_001, "longer than"),
    ],
)
def test_a_wording_whose_variables_are_not_those_of_its_task_is_refused(body: str, says: str) -> None:
    assert says in " ".join(prompts.problems("title", body))


def test_a_template_becomes_the_first_version_of_a_prompt_with_who_and_why(admin: Any, client_for: Any) -> None:
    template = prompts.template("strict")
    assert template is not None
    page = client_for(admin).get(reverse("evaluation:prompt_write") + "?template=strict")
    assert "You quote a company" in page.content.decode()

    client_for(admin).post(
        reverse("evaluation:prompt_write") + "?template=strict",
        {"name": "policies", "body": template.body.replace("\n", "\r\n"), "note": "Works council asked"},
    )

    made = PromptVersion.objects.get(name="policies")
    assert (made.number, made.task, made.created_by, made.note) == (1, "answer", admin, "Works council asked")
    assert made.body == template.body
    assert AuditEvent.objects.filter(event="prompt_version_added", actor="admin", target="policies v1").exists()


def test_a_change_is_another_version_beside_the_one_it_was_made_of(
    answer_v1: PromptVersion, admin: Any, client_for: Any
) -> None:
    body = answer_v1.body.replace("Two to five", "One to three")
    client_for(admin).post(
        reverse("evaluation:prompt_write") + f"?from={answer_v1.pk}",
        {"name": "answer", "body": body, "note": "Shorter"},
    )

    second = PromptVersion.objects.get(name="answer", number=2)
    assert second.parent == answer_v1
    page = client_for(admin).get(reverse("evaluation:prompt_version", args=[second.pk])).content.decode()
    assert "One to three" in page
    assert page.count("<ins>") == page.count("<del>") == 1


def test_a_refused_wording_is_shown_with_its_reason_and_kept_in_the_form(
    answer_v1: PromptVersion, admin: Any, client_for: Any
) -> None:
    response = client_for(admin).post(
        reverse("evaluation:prompt_write") + f"?from={answer_v1.pk}",
        {"name": "answer", "body": "Be nice.\n---\n{{ question }}", "note": "x"},
    )

    assert response.status_code == 422
    assert "is missing" in response.content.decode()
    assert "Be nice." in response.content.decode()
    assert PromptVersion.objects.filter(name="answer").count() == 1


@pytest.mark.parametrize(
    "wrong",
    [{"name": "Answer!"}, {"name": "new"}, {"task": "title"}, {}],
    ids=["letters", "part of an address", "another task", "the same wording"],
)
def test_a_version_that_cannot_be_is_none(answer_v1: PromptVersion, admin: Any, wrong: dict[str, str]) -> None:
    given = {"name": "answer", "task": "answer", "body": answer_v1.body} | wrong
    if given["task"] == "title":
        given["body"] = "Rules\n---\n{{ question }}"
    with pytest.raises(versions.VersionInvalid):
        versions.add(**given, by=admin)


def test_a_label_stands_at_one_version_and_its_moves_are_audited(answer_v1: PromptVersion, admin: Any) -> None:
    second = versions.add(name="answer", task="answer", body=answer_v1.body + "\nThank you.", by=admin)

    versions.move_label(answer_v1, "legal-approved", by=admin)
    versions.move_label(second, "legal-approved", by=admin)

    assert PromptLabel.objects.get(prompt="answer", label="legal-approved").version == second
    event = AuditEvent.objects.filter(event="prompt_label_moved").order_by("-pk").first()
    assert event is not None
    assert event.details == {"label": "legal-approved", "number": 2, "number_before": 1}
    with pytest.raises(versions.VersionInvalid):
        versions.move_label(second, "production", by=admin)


def test_reviewers_look_at_prompts_but_change_none(
    answer_v1: PromptVersion, reviewer: Any, reader: Any, client_for: Any
) -> None:
    pages = [
        reverse("evaluation:prompts"),
        reverse("evaluation:prompt", args=["answer"]),
        reverse("evaluation:prompt_version", args=[answer_v1.pk]),
    ]
    assert [client_for(reviewer).get(page).status_code for page in pages] == [200, 200, 200]
    assert [client_for(reader).get(page).status_code for page in pages] == [404, 404, 404]
    assert "Use it" not in client_for(reviewer).get(pages[0]).content.decode()
    for url in (reverse("evaluation:prompt_write"), reverse("evaluation:prompt_label", args=[answer_v1.pk])):
        assert client_for(reviewer).post(url, {"label": "x"}).status_code == 404
    assert client_for(reader).post(reverse("evaluation:prompt_preview", args=[answer_v1.pk])).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_a_preview_asks_with_the_rights_of_who_asks_and_keeps_nothing(
    library: Any, llm: Any, admin: Any, owner: Any, client_for: Any
) -> None:
    releases.ensure_shipped()
    shipped = PromptVersion.objects.get(name="answer")
    tried = versions.add(
        name="answer", task="answer", body=shipped.body.replace("Rules", "Rules of the house", 1), by=admin
    )
    question = {"question": "How many days of parental leave do I get?"}
    llm.always("text:You get 60 days of paid parental leave for each child [1].")
    url = reverse("evaluation:prompt_preview", args=[tried.pk])

    blind = client_for(admin).post(url, question).content.decode()
    assert "60 days" not in blind

    from documents import access
    from documents.models import Level

    access.share(library["leave"].collection.access_list, user=admin, level=Level.READER, by=owner)
    seen = client_for(admin).post(url, question).content.decode()

    assert "60 days of paid parental leave" in seen
    assert "Rules of the house" in llm.calls[-1].body["messages"][0]["content"]
    assert not Answer.objects.exists()
