"""Finding personal data in texts that nobody here wrote, beside Presidio as it comes.

The texts are presidio-research's synthetic set. Detectors were tuned on the texts of even templates; what is shown is
measured on those of odd ones, so that no sentence was seen before with another name in it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from evaluation.benchmarks.report import NotMeasurable, Options, Section, Table, with_interval
from ragapp.lib.lines import numbered
from ragapp.privacy.personal_data import names
from ragapp.privacy.personal_data.detect import find
from ragapp.privacy.personal_data.types import Finding, Kind

QUICK = 100
OURS, PEER = "ragapp", "Presidio as it comes"
# The set's types that are looked for, and Presidio's own names of the same things.
LABELS = {
    "EMAIL_ADDRESS": Kind.EMAIL, "PHONE_NUMBER": Kind.PHONE, "IBAN_CODE": Kind.IBAN, "CREDIT_CARD": Kind.CARD,
    "US_SSN": Kind.ID, "IP_ADDRESS": Kind.IP, "PERSON": Kind.PERSON, "GPE": Kind.PLACE,
}  # fmt: skip
PRESIDIO = {name: kind for name, kind in LABELS.items() if name != "GPE"} | {"LOCATION": Kind.PLACE}
STRUCTURED = (Kind.EMAIL, Kind.PHONE, Kind.IBAN, Kind.CARD, Kind.ID, Kind.IP)

Find = Callable[[str], list[Finding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    text: str
    spans: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measured:
    """Per kind, one 1 or 0 for each labelled span that was found, and for each finding that was right."""

    found: Mapping[Kind, list[float]]
    right: Mapping[Kind, list[float]]
    false: Mapping[Kind, list[float]]  # per text, how many findings were wrong
    characters_per_s: float


def run(options: Options) -> Section:
    """Recall, precision, false alarms and speed. Raises NotMeasurable without the set or the name model."""
    texts = _texts(options)
    systems: dict[str, Find] = {OURS: partial(find, language=names.LANGUAGE, kinds=tuple(Kind))}
    if options.peers:
        systems[PEER] = _presidio()
    measured = _measure(texts, systems)
    return Section(
        name="pii",
        tables=(
            _shares("Recall by kind: labelled values that a finding of the kind touches", measured, "found"),
            _shares("Precision by kind: findings that touch a labelled value of the kind", measured, "right"),
            _false(measured),
            _speed(measured, texts),
        ),
        figures={name: _figures(one) for name, one in measured.items()},
    )


def _texts(options: Options) -> list[_Text]:
    file = options.data / "pii" / "labels.jsonl"
    if not file.is_file():
        raise NotMeasurable(f"{file} is missing: it holds presidio-research's synthetic texts.")
    rows = [json.loads(line) for _, line in numbered(file.read_text("utf-8"))]
    held_out = [row for row in rows if row["template"] % 2]
    return [
        _Text(
            text=row["text"],
            spans=tuple(
                Finding(start=start, end=end, kind=LABELS[label], detail=label)
                for start, end, label in row["spans"]
                if label in LABELS
            ),
        )
        for row in (held_out[:QUICK] if options.is_quick else held_out)
    ]


def _measure(texts: Sequence[_Text], systems: Mapping[str, Find]) -> dict[str, _Measured]:
    """All systems over each text in turn, so that a busy machine slows them alike."""
    answers: dict[str, list[list[Finding]]] = {name: [] for name in systems}
    seconds = dict.fromkeys(systems, 0.0)
    for search in systems.values():
        search("Ada Byron wrote to bob@example.org.")  # models are loaded before the clock runs
    for one in texts:
        for name, search in systems.items():
            started = time.perf_counter()
            answers[name].append(search(one.text))
            seconds[name] += time.perf_counter() - started
    characters = sum(len(one.text) for one in texts)
    return {name: _judged(texts, answers[name], characters / seconds[name]) for name in systems}


def _judged(texts: Sequence[_Text], answers: Sequence[Sequence[Finding]], characters_per_s: float) -> _Measured:
    kinds = tuple(dict.fromkeys(LABELS.values()))
    found: dict[Kind, list[float]] = {kind: [] for kind in kinds}
    right: dict[Kind, list[float]] = {kind: [] for kind in kinds}
    false: dict[Kind, list[float]] = {kind: [] for kind in kinds}
    for one, answer in zip(texts, answers, strict=True):
        for span in one.spans:
            found[span.kind].append(float(any(_touch(span, finding) for finding in answer)))
        for kind in kinds:
            judged = [float(any(_touch(span, f) for span in one.spans)) for f in answer if f.kind is kind]
            right[kind] += judged
            false[kind].append(len(judged) - sum(judged))
    return _Measured(found=found, right=right, false=false, characters_per_s=characters_per_s)


def _touch(one: Finding, other: Finding) -> bool:
    return one.kind is other.kind and one.start < other.end and other.start < one.end


def _presidio() -> Find:
    """Presidio's predefined recognisers with the same small model, kept from fetching its list of domains."""
    import spacy
    import tldextract
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    model = names.installed_model()
    if model is None:
        raise NotMeasurable("No spaCy model is installed. Install requirements.txt.")
    vars(tldextract.tldextract)["TLD_EXTRACTOR"] = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    engine = SpacyNlpEngine(models=[{"lang_code": names.LANGUAGE, "model_name": model}])
    vars(engine)["nlp"] = {names.LANGUAGE: spacy.load(model)}
    analyzer = AnalyzerEngine(nlp_engine=engine, supported_languages=[names.LANGUAGE])

    def search(text: str) -> list[Finding]:
        return [
            Finding(start=result.start, end=result.end, kind=PRESIDIO[result.entity_type], detail=result.entity_type)
            for result in analyzer.analyze(text, language=names.LANGUAGE)
            if result.entity_type in PRESIDIO
        ]

    return search


def _shares(caption: str, measured: Mapping[str, _Measured], what: str) -> Table:
    kinds = tuple(dict.fromkeys(LABELS.values()))
    rows = [
        (kind.value, *(f"{with_interval(values)} of {len(values)}" for values in _of(measured, what, kind)))
        for kind in kinds
    ]
    pooled = [[v for kind in STRUCTURED for v in getattr(one, what)[kind]] for one in measured.values()]
    rows.append(("all but names and places", *(f"{with_interval(values)} of {len(values)}" for values in pooled)))
    return Table(caption=caption, header=("kind", *measured), rows=tuple(rows))


def _of(measured: Mapping[str, _Measured], what: str, kind: Kind) -> list[list[float]]:
    return [getattr(one, what)[kind] for one in measured.values()]


def _false(measured: Mapping[str, _Measured]) -> Table:
    rows = [
        (kind.value, *(with_interval([1000 * n for n in values], digits=1) for values in _of(measured, "false", kind)))
        for kind in dict.fromkeys(LABELS.values())
    ]
    return Table(caption="False alarms in 1,000 texts", header=("kind", *measured), rows=tuple(rows))


def _speed(measured: Mapping[str, _Measured], texts: Sequence[_Text]) -> Table:
    each = sum(len(one.text) for one in texts) / len(texts)
    return Table(
        caption=f"Speed over {len(texts)} texts of {each:.0f} characters, one after the other, one thread",
        header=("", *measured),
        rows=(("characters a second", *(f"{one.characters_per_s:,.0f}" for one in measured.values())),),
    )


def _figures(one: _Measured) -> dict[str, Any]:
    structured = [value for kind in STRUCTURED for value in one.found[kind]]
    return {
        "recall": {kind.value: sum(values) / len(values) for kind, values in one.found.items() if values},
        "recall structured": sum(structured) / len(structured),
        "precision": {kind.value: sum(values) / len(values) for kind, values in one.right.items() if values},
        "false alarms per 1000 texts": {
            kind.value: 1000 * sum(values) / len(values) for kind, values in one.false.items()
        },
        "labelled": {kind.value: len(values) for kind, values in one.found.items()},
        "characters per second": one.characters_per_s,
    }
