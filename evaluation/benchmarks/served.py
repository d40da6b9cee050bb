"""A site with a web process of its own and people who are signed in, for benchmarks that ask as browsers ask."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import psutil
from django.conf import settings
from django.test import Client

from chat.models import Release, Rollout
from chat.releases import rollout
from documents import access
from evaluation.benchmarks.replaying_llm import MODEL, ReplayingLLM
from evaluation.benchmarks.report import NotMeasurable
from evaluation.datasets import corpus
from ragapp.accounts.models import User

READY_S, DATABASE_POOL = 60.0, 24


def people_of(brought: corpus.Corpus, asker: str, count: int) -> list[User]:
    """Askers enough that nobody asks more often than a person may."""
    made = [User(username=f"benchmark-{number}") for number in range(count)]
    for person in made:
        person.set_unusable_password()
    User.objects.bulk_create(made)
    owner = brought.askers[asker]
    for collection in access.collections_for(owner):
        for person in made:
            access.share(collection.access_list, user=person, level=access.Level.READER, by=owner)
    return made


def client(url: str, person: User, *, timeout_s: float) -> httpx.AsyncClient:
    """A browser that is signed in."""
    browser = Client()
    browser.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    token = secrets.token_hex(16)
    cookies = {settings.SESSION_COOKIE_NAME: browser.session.session_key or "", settings.CSRF_COOKIE_NAME: token}
    return httpx.AsyncClient(
        base_url=url,
        cookies=cookies,
        headers={"X-CSRFToken": token, "HX-Request": "true"},
        # The server closes what was idle for five seconds.
        limits=httpx.Limits(max_connections=None, keepalive_expiry=2),
        timeout=timeout_s,
    )


@contextmanager
def served(llm: ReplayingLLM, *, processes: int) -> Iterator[tuple[str, psutil.Process]]:
    """So many web processes, which ask `llm`: their address, and the first of them."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "ragapp.serve", "--port", str(port), "--processes", str(processes)]
    environment = os.environ | {
        "OPENAI_BASE_URL": llm.base_url,
        "RAGAPP_LLM_MODEL": MODEL,
        "RAGAPP_DATABASE_POOL": str(DATABASE_POOL),
    }
    with subprocess.Popen(command, env=environment, stdout=sys.stderr) as web:
        try:
            _wait_for(f"http://127.0.0.1:{port}/healthz")
            yield f"http://127.0.0.1:{port}", psutil.Process(web.pid)
        finally:
            web.terminate()


def _wait_for(url: str) -> None:
    until = time.monotonic() + READY_S
    while time.monotonic() < until:
        try:
            if httpx.get(url, timeout=2).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise NotMeasurable("The web server did not start; what it said stands above.")


@contextmanager
def every_answer_made_anew() -> Iterator[None]:
    """While this block runs, no answer is given again from the cache."""
    usual = rollout.production()
    anew, is_first = Release.objects.get_or_create(
        name=f"{usual.name}-anew",
        defaults={
            "route": usual.route,
            "retrieval": usual.retrieval | {"reuse": "off"},
            "guards": usual.guards,
        },
    )
    if is_first:
        anew.prompts.set(usual.prompts.all())
    Rollout.objects.filter(pk=1).update(production=anew)
    try:
        yield
    finally:
        Rollout.objects.filter(pk=1).update(production=usual)
