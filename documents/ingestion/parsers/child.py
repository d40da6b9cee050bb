"""What the process does in which a file is read: cage first, then the job that was asked for."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from documents.ingestion import errors
from documents.ingestion.parsers import cage
from documents.ingestion.types import Limits

Job = Callable[[dict[str, Any], Limits, float], dict[str, Any]]


def _parse(arguments: dict[str, Any], limits: Limits, started: float) -> dict[str, Any]:
    from documents.ingestion.parsers import read_file

    # What is left of the time after a slow optional step (text recognition) must do for writing the answer.
    deadline = started + 0.75 * limits.wall_seconds
    return read_file(Path(arguments["path"]), arguments["filename"], limits, deadline=deadline)


def _render(arguments: dict[str, Any], limits: Limits, started: float) -> dict[str, Any]:
    from documents.ingestion.parsers import render

    path, page, width = Path(arguments["path"]), int(arguments["page"]), int(arguments["width_px"])
    return render.page_image(path, arguments["filename"], page, width_px=width, limits=limits)


def _probe(arguments: dict[str, Any], limits: Limits, started: float) -> dict[str, Any]:
    from documents.ingestion.parsers import probe

    return probe.look_around(arguments)


JOBS: dict[str, Job] = {"parse": _parse, "render": _render, "probe": _probe}


def _answer(request: dict[str, Any], started: float) -> dict[str, Any]:
    limits = Limits(**request["limits"])
    cage.limit_resources(limits)
    arguments = request["arguments"]
    readable = [Path(arguments["path"])] if "path" in arguments else []
    isolation = asdict(cage.isolate(home=Path(os.environ["HOME"]), readable=readable))
    try:
        value = JOBS[request["job"]](arguments, limits, started)
    except errors.IngestionError as error:
        return {**errors.to_json(error), "isolation": isolation}
    except MemoryError:
        too_large = errors.TooLarge("Reading the file needs more memory than this site gives it.")
        return {**errors.to_json(too_large), "isolation": isolation}
    except RecursionError:
        nested = errors.DamagedFile("The file is nested too deeply to be read.")
        return {**errors.to_json(nested), "isolation": isolation}
    return {"value": value, "isolation": isolation}


def _encoded(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()


def work(request: dict[str, Any], answer_file: int) -> None:
    """Do the job in a closed cage and write its answer into the open file, as JSON."""
    started = time.monotonic()
    answer = _encoded(_answer(request, started))
    if len(answer) > request["limits"]["written_bytes"]:
        answer = _encoded(errors.to_json(errors.TooLarge("The file holds more text than this site reads.")))
    with os.fdopen(answer_file, "wb") as out:
        out.write(answer)
