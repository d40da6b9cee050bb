"""The language of a question, and the few sentences that are said in it."""

import re

from django.utils import translation
from django.utils.formats import date_format

from documents.retrieval.stopwords import STOPWORDS
from ragapp.llm import errors

NAMES = {
    "ar": "Arabic", "de": "German", "en": "English", "es": "Spanish", "fr": "French", "it": "Italian",
    "ja": "Japanese", "ko": "Korean", "nl": "Dutch", "pl": "Polish", "pt": "Portuguese", "ru": "Russian",
    "sv": "Swedish", "tr": "Turkish", "uk": "Ukrainian", "zh": "Chinese",
}  # fmt: skip
GERMAN_NAMES = {
    "ar": "Arabisch", "de": "Deutsch", "en": "Englisch", "es": "Spanisch", "fr": "Französisch", "it": "Italienisch",
    "ja": "Japanisch", "ko": "Koreanisch", "nl": "Niederländisch", "pl": "Polnisch", "pt": "Portugiesisch",
    "ru": "Russisch", "sv": "Schwedisch", "tr": "Türkisch", "uk": "Ukrainisch", "zh": "Chinesisch",
}  # fmt: skip
SCRIPTS = (
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7af]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
)


def language_of(question: str, *, usual: str = "en") -> str:
    """ISO 639-1, by script, else by the most stop words; `usual` when nothing tells. Made for single sentences."""
    for language, script in SCRIPTS:
        if script.search(question):
            return language
    words = re.findall(r"[^\W\d_]+", question.casefold())
    seen = {language: sum(word in stops for word in words) for language, stops in STOPWORDS.items()}
    seen["de"] = seen.get("de", 0) + sum("ß" in word for word in words)
    best = max(seen.values(), default=0)
    if not best or seen.get(usual) == best:
        return usual
    return max(seen, key=lambda language: seen[language])


def name_of(language: str) -> str:
    """The English name, for prompts."""
    return NAMES.get(language, "the language of the question")


def spoken_name(language: str, *, to: str) -> str:
    """The name of `language` in the language of whoever reads it; its code where we have no name."""
    return (GERMAN_NAMES if to == "de" else NAMES).get(language, language)


_SENTENCES: dict[str, dict[str, str]] = {
    "not_found": {
        "en": "No answer to this was found in your documents.",
        "de": "In Ihren Dokumenten wurde keine Antwort darauf gefunden.",
    },
    "searched": {
        "en": "Searched: {documents} documents you can read, in {collections}.",
        "de": "Durchsucht: {documents} Dokumente, die Sie lesen dürfen, in {collections}.",
    },
    "searched_one": {
        "en": "Searched: one document you can read, in {collections}.",
        "de": "Durchsucht: ein Dokument, das Sie lesen dürfen, in {collections}.",
    },
    "searched_nothing": {
        "en": "There is no document that you can read yet.",
        "de": "Es gibt noch kein Dokument, das Sie lesen dürfen.",
    },
    "other_language": {
        "en": "Your question is in {asked}, but your documents are in {theirs}, and across languages little is found. "
        "Ask in {theirs}.",
        "de": "Ihre Frage ist auf {asked} gestellt, Ihre Dokumente sind aber auf {theirs}, und über Sprachen hinweg "
        "wird wenig gefunden. Fragen Sie auf {theirs}.",
    },
    "mostly_other_language": {
        "en": "Your question is in {asked}, and most of your documents are in {theirs}: across languages little is "
        "found. Ask in {theirs} too.",
        "de": "Ihre Frage ist auf {asked} gestellt, die meisten Ihrer Dokumente sind aber auf {theirs}: über Sprachen "
        "hinweg wird wenig gefunden. Fragen Sie auch auf {theirs}.",
    },
    "nearest": {
        "en": "The nearest passages are below; they may not be what you are looking for.",
        "de": "Die nächstliegenden Stellen stehen unten; vielleicht sind sie nicht, was Sie suchen.",
    },
    "two_documents": {
        "en": "Two documents say different things. This follows “{newer}”{newer_date}; “{older}”{older_date} says:",
        "de": "Zwei Dokumente sagen Verschiedenes. Dies folgt „{newer}“{newer_date}; „{older}“{older_date} sagt:",
    },
    "valid_from": {"en": " (valid from {date})", "de": " (gültig ab {date})"},
    "uncertain": {
        "en": "This may answer your question only in part, or be beside it. Open the sources before you rely on it.",
        "de": "Das beantwortet Ihre Frage vielleicht nur zum Teil oder liegt daneben. Öffnen Sie die Quellen, bevor "
        "Sie sich darauf verlassen.",
    },
    "compared": {
        "en": "These are the passages to compare. Open the sources to see whether any is missing.",
        "de": "Dies sind die Stellen, die zu vergleichen sind. Öffnen Sie die Quellen, um zu sehen, ob eine fehlt.",
    },
    "unsupported": {
        "en": "No sentence of this has support in the sources it names. Open them before you rely on it.",
        "de": "Kein Satz davon ist durch die genannten Quellen gestützt. Öffnen Sie sie, bevor Sie sich darauf "
        "verlassen.",
    },
    "unsupported_sentences": {
        "en": "No support was found in the sources for:",
        "de": "In den Quellen nicht gestützt:",
    },
    "instead": {
        "en": "{reason}, so this answer is made of the documents' own sentences.",
        "de": "{reason}; diese Antwort besteht aus Sätzen der Dokumente.",
    },
    "Unreachable": {
        "en": "The language model could not be reached",
        "de": "Das Sprachmodell war nicht erreichbar",
    },
    "TimedOut": {
        "en": "The language model took too long",
        "de": "Das Sprachmodell brauchte zu lange",
    },
    "RateLimited": {
        "en": "The language model is busy right now",
        "de": "Das Sprachmodell ist gerade ausgelastet",
    },
    "Resting": {
        "en": "The language model is having trouble right now",
        "de": "Das Sprachmodell ist gerade gestört",
    },
    "BadRequest": {
        "en": "The language model did not take this question",
        "de": "Das Sprachmodell nahm diese Frage nicht an",
    },
    "saving": {
        "en": "The budget for language models is nearly used up, so a smaller model wrote this.",
        "de": "Das Budget für Sprachmodelle ist fast aufgebraucht; dies schrieb ein kleineres Modell.",
    },
    "money_own": {
        "en": "Your budget for language models is used up until {day}",
        "de": "Ihr Budget für Sprachmodelle ist bis zum {day} aufgebraucht",
    },
    "money_group": {
        "en": "Your group's budget for language models is used up until {day}",
        "de": "Das Budget Ihrer Gruppe für Sprachmodelle ist bis zum {day} aufgebraucht",
    },
    "money_all": {
        "en": "The budget for language models is used up until {day}",
        "de": "Das Budget für Sprachmodelle ist bis zum {day} aufgebraucht",
    },
    "minute": {
        "en": "The language model's calls for this minute are used up, with more in {seconds} seconds",
        "de": "Die Aufrufe des Sprachmodells für diese Minute sind verbraucht, weitere gibt es in {seconds} Sekunden",
    },
    "request": {
        "en": "The question with its sources is longer than one call of the language model may be",
        "de": "Die Frage mit ihren Quellen ist länger, als ein Aufruf des Sprachmodells sein darf",
    },
    "misconfigured": {
        "en": "The language model is not set up correctly, which an administrator can fix",
        "de": "Das Sprachmodell ist falsch eingerichtet, was ein Administrator beheben kann",
    },
    "failed": {
        "en": "The language model failed",
        "de": "Das Sprachmodell versagte",
    },
    "cut": {
        "en": "The language model stopped in the middle, so the answer may be incomplete.",
        "de": "Das Sprachmodell brach mittendrin ab; die Antwort ist vielleicht unvollständig.",
    },
    "removed_by_guard": {
        "en": "A part of the answer was left out because it did not pass a safety check.",
        "de": "Ein Teil der Antwort wurde weggelassen, weil er eine Sicherheitsprüfung nicht bestand.",
    },
    "warned_answer": {
        "en": "A safety check found something unusual in this answer. Compare it with its sources.",
        "de": "Eine Sicherheitsprüfung fand in dieser Antwort etwas Ungewöhnliches. Bitte prüfen.",
    },
    "withdrawn": {
        "en": "What the language model wrote did not pass a safety check, so this answer is made of the documents' own "
        "sentences.",
        "de": "Was das Sprachmodell schrieb, bestand eine Sicherheitsprüfung nicht; diese Antwort besteht aus Sätzen "
        "der Dokumente.",
    },
    "blocked_orders": {
        "en": "This reads like orders to the language model and not like a question. Ask what you want to know from "
        "your documents.",
        "de": "Das liest sich wie ein Befehl an das Sprachmodell, nicht wie eine Frage. Fragen Sie, was Sie aus Ihren "
        "Dokumenten wissen möchten.",
    },
    "warned_orders": {
        "en": "Your question reads like orders to the language model; it was answered from your documents only.",
        "de": "Ihre Frage liest sich wie ein Befehl an das Sprachmodell; sie wurde nur aus Ihren Dokumenten "
        "beantwortet.",
    },
    "blocked_secrets": {
        "en": "Your question holds a key or a password. Take it out and ask again.",
        "de": "Ihre Frage enthält einen Schlüssel oder ein Passwort. Entfernen Sie es und fragen Sie noch einmal.",
    },
    "warned_secrets": {
        "en": "Your question holds what looks like a key or a password. It was not passed on to a language model; "
        "change it if it is in use.",
        "de": "Ihre Frage enthält etwas, das wie ein Schlüssel oder Passwort aussieht. Es wurde keinem Sprachmodell "
        "weitergegeben; ändern Sie es, wenn es verwendet wird.",
    },
    "blocked_personal_data": {
        "en": "Your question holds personal data, which this site does not take. Ask without it.",
        "de": "Ihre Frage enthält personenbezogene Daten, die hier nicht angenommen werden. Fragen Sie ohne sie.",
    },
    "warned_personal_data": {
        "en": "Your question holds personal data. Ask without it where you can.",
        "de": "Ihre Frage enthält personenbezogene Daten. Fragen Sie wenn möglich ohne sie.",
    },
    "blocked_abuse": {
        "en": "This is not answered here. Ask something about your documents.",
        "de": "Darauf wird hier nicht geantwortet. Fragen Sie etwas zu Ihren Dokumenten.",
    },
    "warned_abuse": {
        "en": "Questions like this one can be looked at by reviewers.",
        "de": "Fragen wie diese können von Prüfern angesehen werden.",
    },
    "blocked_language": {
        "en": "Questions in this language are not answered here.",
        "de": "Fragen in dieser Sprache werden hier nicht beantwortet.",
    },
    "warned_language": {
        "en": "Answers to questions in this language were not tested.",
        "de": "Antworten auf Fragen in dieser Sprache wurden nicht geprüft.",
    },
    "thanks": {
        "en": "You're welcome. Ask whenever you need something from your documents.",
        "de": "Gern geschehen. Fragen Sie, wenn Sie etwas aus Ihren Dokumenten brauchen.",
    },
    "greeting": {
        "en": "Hello. Ask a question, and it is answered from your documents.",
        "de": "Guten Tag. Stellen Sie eine Frage, und sie wird aus Ihren Dokumenten beantwortet.",
    },
    "goodbye": {
        "en": "Goodbye. Your conversations stay in the list.",
        "de": "Auf Wiedersehen. Ihre Unterhaltungen bleiben in der Liste.",
    },
    "empty": {
        "en": "Type a question first.",
        "de": "Stellen Sie zuerst eine Frage.",
    },
    "too_long": {
        "en": "The question is longer than {most} characters. Shorten it, or upload the text as a document.",
        "de": "Die Frage ist länger als {most} Zeichen. Kürzen Sie sie oder laden Sie den Text als Dokument hoch.",
    },
    "search_failed": {
        "en": "Your documents could not be searched just now. Your question is kept; try again in a moment.",
        "de": "Ihre Dokumente konnten gerade nicht durchsucht werden. Ihre Frage ist gespeichert; versuchen Sie es "
        "gleich noch einmal.",
    },
}


_MISCONFIGURED = (errors.BadKey, errors.UnknownModel, errors.NotAllowed, errors.NotConfigured)


_DAY = {"en": "j F Y", "de": "j. F Y"}


def without_model(error: errors.LLMError, language: str) -> str:
    """Why an answer is made of the documents' own sentences although there is a language model."""
    if isinstance(error, errors.LimitReached):
        return say("instead", language, reason=_limit(error, language))
    name = type(error).__name__
    key = "misconfigured" if isinstance(error, _MISCONFIGURED) else name if name in _SENTENCES else "failed"
    return say("instead", language, reason=say(key, language))


def _limit(error: errors.LimitReached, language: str) -> str:
    if error.kind == "money" and error.resets_on is not None:
        whose = {"person": "own", "each_person": "own", "group": "group"}.get(error.scope, "all")
        with translation.override(language if language in ("en", "de") else "en"):
            return say(f"money_{whose}", language, day=date_format(error.resets_on, _DAY.get(language, _DAY["en"])))
    return say(error.kind, language, seconds=error.wait_s)


def say(key: str, language: str, **values: object) -> str:
    """One of our own sentences in `language`, in English where it is not translated."""
    wordings = _SENTENCES[key]
    return wordings.get(language, wordings["en"]).format(**values)
