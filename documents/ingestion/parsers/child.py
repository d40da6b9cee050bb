"""What the process does in which a file is read: cage first, then the job that was asked for."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any

from documents.ingestion import errors
from documents.ingestion.parsers import cage
from documents.ingestion.types import Limits

# An answer, and in rows what of it can be large: written and read one at a time.
Answer = tuple[dict[str, Any], Iterable[Any]]
Job = Callable[[dict[str, Any], Limits, float], Answer]


def _parse(arguments: dict[str, Any], limits: Limits, started: float) -> Answer:
    from documents.ingestion.parsers import read_file

    # What is left of the time after a slow optional step (text recognition) must do for writing the answer.
    deadline = started + 0.75 * limits.wall_seconds
    return read_file(Path(arguments["path"]), arguments["filename"], limits, deadline=deadline)


def _render(arguments: dict[str, Any], limits: Limits, started: float) -> Answer:
    from documents.ingestion.parsers import render

    path, page, width = Path(arguments["path"]), int(arguments["page"]), int(arguments["width_px"])
    return render.page_image(path, arguments["filename"], page, width_px=width, limits=limits), ()


def _probe(arguments: dict[str, Any], limits: Limits, started: float) -> Answer:
    from documents.ingestion.parsers import probe

    return probe.look_around(arguments), ()


JOBS: dict[str, Job] = {"parse": _parse, "render": _render, "probe": _probe}


def _answer(request: dict[str, Any], started: float, *, in_namespace: bool) -> Answer:
    limits = Limits(**request["limits"])
    arguments = request["arguments"]
    readable = [Path(arguments["path"])] if "path" in arguments else []
    cage.limit_resources(limits, cpu_seconds=limits.cpu_seconds_for(sum(path.stat().st_size for path in readable)))
    isolation = asdict(cage.isolate(home=Path(os.environ["HOME"]), readable=readable, in_namespace=in_namespace))
    try:
        value, rows = JOBS[request["job"]](arguments, limits, started)
    except errors.IngestionError as error:
        return {**errors.to_json(error), "isolation": isolation}, ()
    except MemoryError:
        too_large = errors.TooLarge(errors.OUT_OF_MEMORY)
        return {**errors.to_json(too_large), "isolation": isolation}, ()
    except RecursionError:
        nested = errors.DamagedFile("The file is nested too deeply to be read.")
        return {**errors.to_json(nested), "isolation": isolation}, ()
    return {"value": value, "isolation": isolation}, rows


def work(request: dict[str, Any], answer_file: int, *, in_namespace: bool) -> None:
    """Do the job in a closed cage and write its answer into the open file: JSON, then a line of it for each row.

    `in_namespace`: whether this process is in a network of its own already (`cage.enter_network`).
    """
    started = time.monotonic()
    answer, rows = _answer(request, started, in_namespace=in_namespace)
    left = request["limits"]["written_bytes"]
    with os.fdopen(answer_file, "wb") as out:
        for part in chain((answer,), rows):
            line = json.dumps(part, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
            left -= len(line)
            if left < 0:
                out.seek(0)
                out.truncate()
                too_large = errors.TooLarge("The file holds more text than this site reads.")
                out.write(json.dumps(errors.to_json(too_large)).encode())
                return
            out.write(line)
