"""Deployments: what admins enter, what becomes of the key, where calls may lead."""

import pytest
from asgiref.sync import async_to_sync
from django.urls import reverse

from ragapp.audit.models import AuditEvent
from ragapp.lib.offload import to_caller
from ragapp.llm import deployments, gateway, guarded, secrets
from ragapp.llm.errors import NotAllowed, NotConfigured
from ragapp.llm.models import Deployment
from ragapp.llm.types import ChatRequest, Message
from ragapp.privacy import vault

pytestmark = pytest.mark.django_db
SECRET = "sk-very-secret-0815"
REQUEST = ChatRequest(task="answer", messages=(Message(role="user", content="How long is parental leave?"),))


def asked(request=REQUEST):
    return async_to_sync(gateway.complete)(request, offload=to_caller)


def entered(**changes):
    """What the form of the admin sends."""
    return {
        "name": "main", "kind": "openai", "base_url": "", "model": "gpt-4o-mini", "api_key": SECRET, "is_enabled": "on",
        "tier": "standard", "context_tokens": "8000", "max_output_tokens": "1000", "concurrency": "",
        "price_in_usd": "", "price_out_usd": "", "price_cached_usd": "", "connect_timeout_s": "5",
        "first_token_timeout_s": "30", "timeout_s": "60", "region": "EU",
    } | changes  # fmt: skip


@pytest.fixture
def desk(client_for, admin, settings, tmp_path):
    """The admin's browser."""
    settings.FILES_DIR = tmp_path / "files"
    return client_for(admin)


ADD = "admin:llm_deployment_add"
CHANGE = "admin:llm_deployment_change"


def test_a_deployment_is_entered_and_its_key_lies_encrypted(desk):
    response = desk.post(reverse(ADD), entered())

    assert response.status_code == 302
    row = Deployment.objects.get()
    assert secrets.load(row) == SECRET
    assert SECRET.encode() not in b"".join(path.read_bytes() for path in _files(row))
    assert AuditEvent.objects.get(event="deployment_added").details == {"model": "gpt-4o-mini", "has_key": True}


def test_the_key_is_shown_nowhere_again(desk):
    desk.post(reverse(ADD), entered())

    pages = [
        desk.get(reverse(CHANGE, args=[Deployment.objects.get().pk])).content.decode(),
        desk.get(reverse("admin:llm_deployment_changelist")).content.decode(),
        desk.post(reverse(ADD), entered(name="")).content.decode(),
    ]

    assert not any(SECRET in page for page in pages)
    assert "A key is stored" in pages[0]


def test_a_change_without_a_key_keeps_it_and_names_what_changed(desk):
    desk.post(reverse(ADD), entered())
    row = Deployment.objects.get()

    desk.post(reverse(CHANGE, args=[row.pk]), entered(api_key="", region="US"))

    row.refresh_from_db()
    assert (row.region, secrets.load(row)) == ("US", SECRET)
    assert AuditEvent.objects.get(event="deployment_changed").details == {"fields": ["region"], "new_key": False}


def test_another_server_does_not_get_the_key_of_the_first(desk):
    desk.post(reverse(ADD), entered())
    row = Deployment.objects.get()

    desk.post(reverse(CHANGE, args=[row.pk]), entered(api_key="", base_url="https://llm.example.org/v1"))

    row.refresh_from_db()
    assert secrets.load(row) == ""


def test_a_replaced_key_is_gone_from_the_disk(desk, django_capture_on_commit_callbacks):
    desk.post(reverse(ADD), entered())
    row = Deployment.objects.get()

    with django_capture_on_commit_callbacks(execute=True):
        desk.post(reverse(CHANGE, args=[row.pk]), entered(api_key="another"))

    row.refresh_from_db()
    assert [*vault.stored()] == [row.secret_key]
    with django_capture_on_commit_callbacks(execute=True):
        row.delete()
    assert [*vault.stored()] == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"base_url": "http://127.0.0.1:8001/v1"}, "RAGAPP_OUTBOUND_ALLOW"),
        ({"base_url": "http://169.254.169.254/latest"}, "not on the public internet"),
        ({"base_url": "ftp://llm.example.org"}, "This is not a web address"),
        ({"base_url": "https://name:word@llm.example.org/v1"}, "holds a password"),
        ({"kind": "vllm"}, "Only OpenAI itself"),
        ({"price_in_usd": "1.5"}, "Enter the price of input and of output"),
        ({"price_in_usd": "-1", "price_out_usd": "1"}, "greater than or equal to 0"),
        ({"max_output_tokens": "8000"}, "must leave room"),
        ({"api_key": "ключ"}, "letters, digits and signs only"),
    ],
)
def test_what_cannot_work_is_refused_with_what_to_do(desk, changes, sentence):
    response = desk.post(reverse(ADD), entered(**changes))

    assert response.status_code == 200
    assert sentence in response.content.decode()
    assert not Deployment.objects.exists()


@pytest.mark.parametrize("role", ["corpus_admin", "reviewer", "auditor"])
def test_nobody_but_admins_enters_a_deployment(client_for, person, role):
    response = client_for(person(roles=[role])).post(reverse(ADD), entered())

    assert response.status_code == 404
    assert not Deployment.objects.exists()


def test_trying_says_in_one_sentence_how_it_went(desk, deployment, server):
    good, bad = deployment("good", key=SECRET), deployment("bad", model="bad-key", key=SECRET)

    response = desk.post(
        reverse("admin:llm_deployment_changelist"),
        {"action": "try_it", "_selected_action": [good.pk, bad.pk]},
        follow=True,
    )

    said = [str(message) for message in response.context["messages"]]
    assert any("good at" in line and "first word after" in line and "price is not known" in line for line in said)
    assert any("bad at" in line and "refuses the key" in line for line in said)
    assert {call.headers["authorization"] for call in server.calls} == {f"Bearer {SECRET}"}
    assert AuditEvent.objects.filter(event="deployment_tried").count() == 2


def test_a_new_one_is_tried_with_the_same_button(desk, deployment, server, django_capture_on_commit_callbacks):
    sent = entered(kind="compatible", base_url=server.base_url, model="answer", api_key="")
    assert "Save and try" in desk.get(reverse(ADD)).content.decode()

    with django_capture_on_commit_callbacks(execute=True):
        desk.post(reverse(ADD), sent | {"llm_deployment_save_and_try": "1"})

    assert len(server.calls) == 1


def test_saving_and_trying_is_one_button(desk, deployment, server, django_capture_on_commit_callbacks):
    row = deployment("main")
    sent = entered(kind="compatible", base_url=server.base_url, model="answer", api_key="")

    with django_capture_on_commit_callbacks(execute=True):
        desk.post(reverse(CHANGE, args=[row.pk]), sent | {"llm_deployment_save_and_try": "1"})

    assert len(server.calls) == 1


def test_the_first_deployment_that_admins_enter_answers_instead_of_the_settings(llm, deployment):
    assert asked().model == "scripted"

    deployment("main", model="text:From the admin.")

    assert asked().text == "From the admin."


def test_a_disabled_deployment_is_not_asked(llm, deployment):
    deployment("main", model="text:From the admin.", is_enabled=False)

    assert asked().model == "scripted"


def test_without_any_deployment_there_is_no_language_model(settings):
    settings.LLM_MODEL = ""

    assert not gateway.is_configured()
    with pytest.raises(NotConfigured):
        asked()


def test_azure_gets_the_key_under_its_own_name_too(deployment, server):
    deployment("azure", kind="azure", key=SECRET)

    asked()

    assert server.calls[0].headers["api-key"] == SECRET


def test_a_private_address_is_not_called_unless_the_settings_allow_it(deployment, settings, server):
    deployment("main")
    settings.OUTBOUND_ALLOW = []

    with pytest.raises(NotAllowed, match="RAGAPP_OUTBOUND_ALLOW"):
        asked()

    assert not server.requests


def test_a_public_name_that_leads_to_a_private_address_is_not_called(deployment, settings, server, monkeypatch):
    port = server.base_url.split(":")[2].removesuffix("/v1")
    deployment("main", base_url=f"http://llm.example.org:{port}/v1")
    settings.OUTBOUND_ALLOW, settings.OUTBOUND_PORTS = [], [port]
    monkeypatch.setattr(guarded, "look_up", lambda host, port: ["127.0.0.1"])

    with pytest.raises(NotAllowed):
        asked()

    assert not server.requests


def test_a_name_that_the_settings_allow_is_called_at_the_address_that_was_checked(
    deployment, settings, server, monkeypatch
):
    port = server.base_url.split(":")[2].removesuffix("/v1")
    row = deployment("main", base_url=f"http://llm.example.org:{port}/v1")
    settings.OUTBOUND_ALLOW = [f"llm.example.org:{port}"]
    monkeypatch.setattr(guarded, "look_up", lambda host, port: ["127.0.0.1"])

    assert asked().model == row.model
    assert server.calls[0].headers["host"] == f"llm.example.org:{port}"


def test_a_deployment_whose_key_is_lost_is_named_and_not_asked(llm, deployment):
    row = deployment("main", key=SECRET)
    vault.delete(row.secret_key)

    assert deployments.unreadable() == ["main"]
    assert asked().model == "scripted"


def _files(row):
    return [vault._path(row.secret_key)]
