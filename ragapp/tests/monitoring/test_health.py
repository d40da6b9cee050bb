"""Health pages, metrics, doctor and the admins' banner: with everything alive, and with Redis dead."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.test import RequestFactory

from ragapp import parts as models_parts
from ragapp.lib.redis_connection import short_commands
from ragapp.llm.models import Deployment
from ragapp.management.commands import doctor
from ragapp.monitoring import health, heartbeats, views
from ragapp.monitoring.parts import QUEUES

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch):
    monkeypatch.setattr(health, "_latest", health._Latest())
    monkeypatch.setattr(heartbeats, "_written", {})
    monkeypatch.setattr(models_parts, "_probed", {})
    monkeypatch.setattr(models_parts, "_probed_models", {})
    for key in short_commands().scan_iter(f"{heartbeats.SPACE}:*"):
        short_commands().delete(key)


@pytest.fixture
def all_alive():
    for queue in QUEUES:
        heartbeats.give_sign(heartbeats.worker_of(queue))
    heartbeats.give_sign(heartbeats.BEAT)


@pytest.fixture
def dead_redis(settings):
    settings.REDIS_URL = "unix:///nonexistent/redis.sock"
    short_commands.cache_clear()
    yield
    short_commands.cache_clear()


def states(report):
    return {part.name: part.state for part in report.parts}


def test_everything_alive_is_ready(all_alive):
    report = health.examine()

    assert report.is_ready, report.problems
    assert report.problems == []
    assert set(states(report).values()) == {"ok"}


def test_a_worker_that_fell_silent_is_named_with_what_to_do(all_alive):
    short_commands().set(f"{heartbeats.SPACE}:worker:ingest", 1.0)

    report = health.examine()

    assert not report.is_ready
    assert len(report.problems) == 1
    assert "queue ingest" in report.problems[0].message
    assert "celery -A ragapp worker -Q ingest" in report.problems[0].hint


def test_beat_is_broken_until_its_first_sign(all_alive):
    short_commands().delete(f"{heartbeats.SPACE}:beat")

    assert states(health.examine())["beat"] == "broken"


def test_with_redis_dead_the_rest_is_known_and_nothing_is_guessed(dead_redis):
    found = states(health.examine())

    assert found["broker"] == "broken"
    assert found["worker ingest"] == found["beat"] == "unknown"
    assert found["database"] == found["vector extension"] == found["migrations"] == "ok"


def test_a_part_that_fails_in_an_unforeseen_way_is_broken_and_the_others_are_asked(monkeypatch, all_alive):
    def failing():
        raise ZeroDivisionError

    monkeypatch.setitem(health._checks, "failing", (failing, ""))

    found = states(health.examine())

    assert found["failing"] == "broken"
    assert found["database"] == "ok"


def test_a_part_that_hangs_is_broken_after_the_deadline(monkeypatch, all_alive):
    go_on = threading.Event()
    monkeypatch.setattr(health, "DEADLINE_S", 0.05)
    monkeypatch.setitem(health._checks, "database", (go_on.wait, ""))

    report = health.examine()
    go_on.set()

    assert states(report)["database"] == "broken"


def test_language_models_that_do_not_answer_in_time_are_named_with_what_to_do(monkeypatch, settings, all_alive):
    go_on = threading.Event()
    settings.LLM_BASE_URL, settings.LLM_MODEL = "http://127.0.0.1:9/v1", "m1"
    monkeypatch.setitem(health._checks, "language model", (go_on.wait, "database"))

    report = health.examine(deadline_s=1.0)
    go_on.set()

    found = next(part for part in report.parts if part.name == "language model")
    assert found.state == "warning"
    assert "m1 at http://127.0.0.1:9/v1" in found.message
    assert "Save and try" in found.hint


def test_healthz_asks_nobody(client, dead_redis, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get("/healthz")

    assert (response.status_code, response.content) == (200, b"ok\n")


def test_readyz_names_the_parts_and_keeps_the_details_for_the_token(client, settings, dead_redis):
    settings.METRICS_TOKEN = "secret"

    anonymous = client.get("/readyz")
    health._latest.report = None
    trusted = client.get("/readyz", headers={"Authorization": "Bearer secret"})

    assert anonymous.status_code == trusted.status_code == 503
    assert anonymous.json()["parts"]["broker"] == "broken"
    assert "REDIS_URL" not in anonymous.content.decode()
    assert "REDIS_URL" in trusted.json()["parts"]["broker"]["hint"]


def test_readyz_is_200_when_everything_works(client, all_alive):
    response = client.get("/readyz")

    assert response.status_code == 200
    assert response.json()["ready"] is True


@pytest.mark.parametrize(
    ("token", "header", "status"),
    [("", "", 401), ("", "Bearer ", 401), ("secret", "", 401), ("secret", "Bearer wrong", 401),
     ("secret", "Bearer secret", 200)],
)  # fmt: skip
def test_metrics_need_the_token_and_refuse_everybody_without_one(client, settings, token, header, status):
    settings.METRICS_TOKEN = token

    assert client.get("/metrics", headers={"Authorization": header}).status_code == status


def test_metrics_count_requests_by_route_and_show_the_parts(client, settings, all_alive):
    settings.METRICS_TOKEN = "secret"
    client.get("/healthz")

    text = client.get("/metrics", headers={"Authorization": "Bearer secret"}).content.decode()

    assert 'ragapp_requests_total{method="GET",route="healthz",status="200"}' in text
    assert 'ragapp_part_up{part="database"} 1.0' in text


def test_the_admins_banner_names_what_is_broken_and_others_see_none(client_for, admin, reader, dead_redis):
    # A page does not wait for the report on a slow machine; the next one has it.
    health._latest.get(max_age_s=0, wait_s=30)
    for_admin = client_for(admin).get("/account/").content.decode()
    for_reader = client_for(reader).get("/account/").content.decode()

    assert "Redis does not answer" in for_admin
    assert "Redis does not answer" not in for_reader


def test_the_banner_does_not_wait_for_a_part_that_hangs(client_for, admin, monkeypatch):
    go_on = threading.Event()
    monkeypatch.setitem(health._checks, "hanging", (go_on.wait, ""))

    response = client_for(admin).get("/account/")
    go_on.set()

    assert response.status_code == 200


def test_while_the_database_is_away_people_get_a_page_that_says_so():
    try:
        raise OperationalError("connection refused")
    except OperationalError:
        response = views.server_error(RequestFactory().get("/"))

    assert response.status_code == 503
    assert response.headers["Retry-After"] == "30"
    assert "The database cannot be reached" in response.content.decode()


def test_any_other_fault_is_a_500_without_details():
    try:
        raise ValueError("the merger price")
    except ValueError:
        response = views.server_error(RequestFactory().get("/"))

    assert response.status_code == 500
    assert "merger" not in response.content.decode()


def test_doctor_says_what_works_and_ends_well(all_alive, capsys):
    call_command("doctor")

    out = capsys.readouterr().out
    assert "PostgreSQL" in out
    assert "BROKEN" not in out
    assert "is the volume" in out


def test_doctor_says_what_is_broken_and_what_to_do(dead_redis, settings, capsys):
    settings.LLM_BASE_URL = "http://127.0.0.1:1/v1"

    with pytest.raises(SystemExit) as ended:
        call_command("doctor")

    out = capsys.readouterr().out
    assert ended.value.code == 1
    assert "Redis does not answer" in out
    assert "RAGAPP_LLM_MODEL is not" in out


class Listing(BaseHTTPRequestHandler):
    """Answers every GET with the server's `reply`."""

    def do_GET(self):
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(json.dumps(self.server.reply).encode())

    def log_message(self, *args):
        """Quiet."""


class ListingTogether(Listing):
    """Answers none before as many have come as the server's barrier waits for."""

    def do_GET(self):
        try:
            self.server.barrier.wait(timeout=10)
        except threading.BrokenBarrierError:
            return
        super().do_GET()


@pytest.fixture
def listing_server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Listing)
    server.status = 200
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_doctor_offers_a_local_ollama(listing_server, monkeypatch, capsys, all_alive):
    listing_server.reply = {"models": [{"name": "llama3.2:3b"}]}
    monkeypatch.setattr(doctor, "OLLAMA", f"http://127.0.0.1:{listing_server.server_port}")

    call_command("doctor")

    assert "RAGAPP_LLM_MODEL=llama3.2:3b" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("status", "reply", "state"),
    [(200, {"data": [{"id": "m1"}]}, "ok"), (200, {"data": [{"id": "other"}]}, "warning"), (401, {}, "warning"),
     (404, {}, "ok"), (200, {"no": "list"}, "ok")],
)  # fmt: skip
def test_the_language_model_is_asked_for_its_list(settings, listing_server, status, reply, state):
    settings.LLM_BASE_URL = f"http://127.0.0.1:{listing_server.server_port}/v1"
    settings.LLM_MODEL = "m1"
    listing_server.status, listing_server.reply = status, reply

    assert models_parts.language_model().state == state


def test_a_dead_language_model_is_a_warning_since_answers_go_on(settings):
    settings.LLM_BASE_URL, settings.LLM_MODEL = "http://127.0.0.1:1/v1", "m1"

    finding = models_parts.language_model()

    assert finding.state == "warning"
    assert "documents' own sentences" in finding.hint


def test_every_deployment_is_asked_and_a_lost_key_is_named(settings, listing_server):
    listing_server.reply = {"data": [{"id": "m1"}]}
    settings.OUTBOUND_ALLOW = [f"127.0.0.1:{listing_server.server_port}"]
    url = f"http://127.0.0.1:{listing_server.server_port}/v1"
    good = Deployment.objects.create(name="good", kind="compatible", base_url=url, model="m1")

    assert models_parts.language_model().state == "ok"

    Deployment.objects.create(name="lost", kind="compatible", base_url=url, model="m1", secret_key="llm/gone")
    Deployment.objects.create(name="wrong", kind="compatible", base_url=url, model="m2")
    finding = models_parts.language_model()
    assert finding.state == "warning"
    assert "The key of lost cannot be read" in finding.message
    assert "does not list m2. Correct its model." in finding.message
    assert finding.hint == "Until then the others answer."
    assert models_parts.deployments_open() == {good.name: 0.0, "wrong": 0.0}


def test_deployments_are_asked_side_by_side_since_all_have_one_deadline(settings, listing_server):
    listing_server.RequestHandlerClass = ListingTogether
    listing_server.reply, listing_server.barrier = {"data": [{"id": "m1"}]}, threading.Barrier(3)
    settings.OUTBOUND_ALLOW = [f"127.0.0.1:{listing_server.server_port}"]
    url = f"http://127.0.0.1:{listing_server.server_port}/v1"
    for name in ("a", "b", "c"):
        Deployment.objects.create(name=name, kind="compatible", base_url=url, model="m1")

    assert models_parts.language_model().state == "ok"
