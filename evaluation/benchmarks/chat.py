"""What this system adds to a language model's own time, asked through the web server as browsers ask.

The model is a local server that replays an answer at a set pace, so that its own time is known to the millisecond.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import numpy as np
import psutil
from django.conf import settings
from django.test.utils import override_settings

from documents.ingestion import meanings
from evaluation.benchmarks import served
from evaluation.benchmarks.replaying_llm import MODEL, ReplayingLLM
from evaluation.benchmarks.report import NotMeasurable, Options, Section, Table
from evaluation.datasets import corpus, folder
from ragapp.lib.quoting import answer_from_sources
from ragapp.llm import gateway
from ragapp.llm.types import ChatRequest, Message

SAMPLES = settings.BASE_DIR / "documents" / "samples"
ASKER = "employee"
# As bin/up starts on two processors.
PROCESSES = 2
AT_ONCE, STREAMS, STREAMED, OVERLOAD = 20, 200, 25, 200
LONG = 20  # times the same answer, for one that takes half a minute
ROUNDS, ALONE, GATEWAY_CALLS, WARM_UP = 4, 40, 200, 30
STREAM_S = 60.0
_STREAM = re.compile(r"/answers/([0-9a-f-]{36})/stream/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question as its browser saw it, in seconds of the steady clock; 0 for what did not come."""

    question: str
    status: int
    started_s: float
    retry_after_s: int = 0
    sources_s: float = 0.0
    text_s: float = 0.0
    done_s: float = 0.0


def run(options: Options) -> Section:
    """Overhead alone and together, the gateway by itself, many streams, and more questions than can be answered."""
    dataset = folder.load(SAMPLES)
    questions = [case.question for case in dataset.cases if case.answerable and case.asker == ASKER]
    brought = corpus.imported(dataset, folder="company/", inline=True)
    size = 0.2 if options.is_quick else 1.0
    while meanings.make():
        """As workers do once documents answer."""
    try:
        people = served.people_of(brought, ASKER, max(OVERLOAD, STREAMS))
        # It says what the passages say: a sentence about something else would be withheld, and the answer written anew.
        with ReplayingLLM(reply=answer_from_sources) as llm:

            def browsers(url: str) -> list[httpx.AsyncClient]:
                return [served.client(url, person, timeout_s=STREAM_S) for person in people]

            with served.served(llm, processes=PROCESSES) as (url, _web):
                with served.every_answer_made_anew():
                    measured = asyncio.run(_measure(llm, browsers(url), questions, size))
                measured["again"] = asyncio.run(_again(browsers(url), questions))
            with served.served(llm, processes=1) as (url, web), served.every_answer_made_anew():
                measured |= asyncio.run(_measure_much(llm, browsers(url), questions, web))
        with ReplayingLLM() as llm:
            alone = asyncio.run(_gateway(llm, max(20, int(GATEWAY_CALLS * size))))
    finally:
        corpus.remove(brought)
    figures = measured | {"gateway ms": _spread(alone)}
    return Section(name="chat", tables=_tables(figures), figures=figures)


async def _measure(
    llm: ReplayingLLM, clients: Sequence[httpx.AsyncClient], questions: Sequence[str], size: float
) -> dict[str, Any]:
    # Together, so that every process gets some, and twice: the first ones load what all later ones use.
    for _ in range(2):
        await asyncio.gather(*(_ask(c, question) for c, question in zip(clients, questions[-WARM_UP:], strict=False)))
    figures: dict[str, Any] = {}
    one = [await _ask(clients[at % 8], questions[at % len(questions)]) for at in range(max(10, int(ALONE * size)))]
    figures["one user"] = _added(llm, one)
    together: list[Asked] = []
    for turn in range(max(1, int(ROUNDS * size))):
        group = clients[8 + turn * AT_ONCE :][:AT_ONCE]
        asking = (_ask(client, text) for client, text in zip(group, questions, strict=False))
        together += await asyncio.gather(*asking)
    figures[f"{AT_ONCE} at once"] = _added(llm, together)
    for client in clients:
        await client.aclose()
    return figures


async def _measure_much(
    llm: ReplayingLLM, clients: Sequence[httpx.AsyncClient], questions: Sequence[str], web: psutil.Process
) -> dict[str, Any]:
    for client, question in zip(clients, questions[-WARM_UP:], strict=False):
        await _ask(client, question)
    figures = {
        "streams": await _streams(llm, clients, questions, web),
        "overload": await _overload(llm, clients, questions),
    }
    for client in clients:
        await client.aclose()
    return figures


async def _ask(client: httpx.AsyncClient, question: str) -> Asked:
    started = time.perf_counter()
    asked = await client.post("/ask/", data={"text": question})
    if asked.status_code != httpx.codes.OK:
        retry_after = int(asked.headers.get("Retry-After", 0))
        return Asked(question=question, status=asked.status_code, started_s=started, retry_after_s=retry_after)
    found = _STREAM.search(asked.text)
    if found is None and "data-answer" not in asked.text:
        raise NotMeasurable("The page of a question named no stream, and held no answer.")
    at_once = dict.fromkeys(("sources", "text", "done"), time.perf_counter())
    came = await _follow(client, found.group(1)) if found else at_once
    sources_s, text_s, done_s = (came.get(kind, 0.0) for kind in ("sources", "text", "done"))
    return Asked(
        question=question,
        status=asked.status_code,
        started_s=started,
        sources_s=sources_s,
        text_s=text_s,
        done_s=done_s,
    )


async def _follow(client: httpx.AsyncClient, answer_id: str) -> dict[str, float]:
    """When the first sources, the first text and the end came."""
    came: dict[str, float] = {}
    async with client.stream("GET", f"/answers/{answer_id}/stream/", timeout=STREAM_S) as response:
        async for line in response.aiter_lines():
            if line.startswith("event: "):
                came.setdefault(line.removeprefix("event: "), time.perf_counter())
            if line == "event: done":
                break
    return came


def _added(llm: ReplayingLLM, asked: Sequence[Asked]) -> dict[str, Any]:
    """Milliseconds from the question to the first text, without those in which the model was at work."""
    added, sources = [], []
    for one in asked:
        call = llm.about(one.question)
        if call is None or call.received_s < one.started_s or not call.sentence_sent_s or not one.text_s:
            continue  # the documents do not answer it well enough for a model to be asked
        added.append((call.received_s - one.started_s + one.text_s - call.sentence_sent_s) * 1000)
        sources.append((one.sources_s - one.started_s) * 1000)
    return {"text ms": _spread(added), "sources ms": _spread(sources), "lost": sum(not one.done_s for one in asked)}


async def _streams(
    llm: ReplayingLLM, clients: Sequence[httpx.AsyncClient], questions: Sequence[str], web: psutil.Process
) -> dict[str, Any]:
    """Long answers, each followed by several browsers of its asker at once."""
    llm.reply, llm.pace_s = (lambda prompt: " ".join([answer_from_sources(prompt)] * LONG)), 0.05
    before = web.memory_info().rss
    asked = []
    for client, question in zip(clients[-STREAMED:], questions, strict=False):
        page = await client.post("/ask/", data={"text": question})
        if (found := _STREAM.search(page.text)) is None:
            raise NotMeasurable(f"A question was not taken: {page.status_code} {page.text[:200]!r}")
        asked.append((client, found.group(1)))
    following = [asyncio.create_task(_follow(client, pk)) for client, pk in asked for _ in range(STREAMS // STREAMED)]
    most, memory = 0, before
    while not all(task.done() for task in following):
        most = max(most, sum(not task.done() for task in following))
        memory = max(memory, web.memory_info().rss)
        await asyncio.sleep(0.5)
    ends = [task.result() for task in following]
    llm.reply, llm.pace_s = answer_from_sources, 0.01
    return {
        "open at once": most,
        "lost": sum("done" not in end for end in ends),
        "MB before, most, after": [round(size / 2**20) for size in (before, memory, web.memory_info().rss)],
    }


async def _overload(
    llm: ReplayingLLM, clients: Sequence[httpx.AsyncClient], questions: Sequence[str]
) -> dict[str, Any]:
    asked = await asyncio.gather(
        *(_ask(client, questions[at % len(questions)]) for at, client in enumerate(clients[:OVERLOAD]))
    )
    refused = [one for one in asked if one.status == httpx.codes.TOO_MANY_REQUESTS]
    afterwards = [await _ask(clients[at], questions[at]) for at in range(5)]
    return {
        "asked": len(asked),
        "answered": sum(bool(one.done_s) for one in asked),
        "refused with a time": sum(one.retry_after_s > 0 for one in refused),
        "otherwise": len(asked) - len(refused) - sum(bool(one.done_s) for one in asked),
        "afterwards text ms": _added(llm, afterwards)["text ms"],
    }


async def _again(clients: Sequence[httpx.AsyncClient], questions: Sequence[str]) -> dict[str, float]:
    """Milliseconds to the whole answer for those who ask what a colleague asked before."""
    for client, question in zip(clients, questions, strict=False):
        await _ask(client, question)
    again = [
        await _ask(client, question) for client, question in zip(clients[-len(questions) :], questions, strict=True)
    ]
    return _spread([(one.done_s - one.started_s) * 1000 for one in again if one.done_s])


async def _gateway(llm: ReplayingLLM, count: int) -> list[float]:
    """Milliseconds that a call takes beyond the model's own: to the request's arrival, and back from its first word."""
    llm.first_after_s, llm.sentences = 0.02, 1
    request = ChatRequest(task="answer", messages=(Message(role="user", content="How long is the notice period?"),))
    added = []
    with override_settings(LLM_BASE_URL=llm.base_url, LLM_MODEL=MODEL):
        for _ in range(count):
            started, first = time.perf_counter(), 0.0
            async for delta in gateway.stream(request):
                first = first or (time.perf_counter() if delta.text else 0.0)
            call = llm.calls[-1]
            added.append((call.received_s - started + first - call.first_sent_s) * 1000)
    return added[WARM_UP:]


def _spread(values: Sequence[float]) -> dict[str, float]:
    if not values:
        return {"n": 0}
    p50, p95 = np.percentile(values, [50, 95])
    return {"n": len(values), "p50": float(p50), "p95": float(p95)}


def _tables(figures: dict[str, Any]) -> tuple[Table, ...]:
    rows = []
    for label in ("one user", f"{AT_ONCE} at once"):
        for name, what in (("sources ms", "the sources"), ("text ms", "the first sentence, without the model's time")):
            rows.append((f"{label}: {what}", *_cells(figures[label][name])))
        rows.append((f"{label}: answers that did not end", str(figures[label]["lost"]), "", ""))
    rows.append(("the gateway alone, to the first word", *_cells(figures["gateway ms"])))
    rows.append(("after the overload: the first sentence", *_cells(figures["overload"]["afterwards text ms"])))
    rows.append(("asked before by a colleague: the answer", *_cells(figures["again"])))
    streams, overload = figures["streams"], figures["overload"]
    return (
        Table(caption="milliseconds added", header=("", "p50", "p95", "n"), rows=tuple(rows)),
        Table(
            caption="many at once, one web process",
            header=("what", "count"),
            rows=(
                ("streams open at once", str(streams["open at once"])),
                ("streams without an end", str(streams["lost"])),
                ("memory before, most and after, MB", ", ".join(map(str, streams["MB before, most, after"]))),
                ("asked in the same second", str(overload["asked"])),
                ("answered", str(overload["answered"])),
                ("refused with a time to come back", str(overload["refused with a time"])),
                ("anything else", str(overload["otherwise"])),
            ),
        ),
    )


def _cells(spread: dict[str, float]) -> tuple[str, str, str]:
    if not spread["n"]:
        return "–", "–", "0"
    return f"{spread['p50']:.0f}", f"{spread['p95']:.0f}", f"{spread['n']:.0f}"
