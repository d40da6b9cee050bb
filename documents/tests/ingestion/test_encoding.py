"""Text is read in the encoding it is in, also where it is short and nothing names the encoding."""

from __future__ import annotations

import random

import pytest

from documents.ingestion.parsers.encoding import decode, looks_like_text

SAMPLES = {
    "ja": "ポンプの取扱説明書です。運転前に電源を確認してください。",
    "zh": "这是水泵的使用说明书。启动前请检查电源。",
    "ru": "Руководство по эксплуатации насоса. Перед запуском проверьте давление.",
    "pl": "Zażółć gęślą jaźń. Proszę sprawdzić ciśnienie.",
    "cs": "Příliš žluťoučký kůň. Návod k obsluze čerpadla.",
    "tr": "Pompanın kullanım kılavuzu. Çalıştırmadan önce basıncı ölçünüz.",
    "el": "Οδηγίες χρήσης της αντλίας. Ελέγξτε την πίεση πριν από την εκκίνηση.",
    "he": "הוראות הפעלה למשאבה. יש לבדוק את הלחץ לפני ההפעלה.",
    "fr": "L’été, la pompe a été réparée à Orléans : coût 1 200 € – voilà.",
    "de": "Größe und Gewicht – für München geprüft.",
}


@pytest.mark.parametrize(
    ("language", "encoding"),
    [
        *(("ja", name) for name in ("shift_jis", "euc_jp", "iso2022_jp", "utf-16")),
        *(("zh", name) for name in ("gb18030", "utf-16-be")),
        *(("ru", name) for name in ("koi8-r", "cp1251", "cp866")),
        *(("pl", name) for name in ("cp1250", "iso8859-2")),
        *(("cs", name) for name in ("cp1250", "iso8859-2")),
        *(("de", name) for name in ("cp1252", "mac-roman", "utf-16-le", "utf-32")),
        ("tr", "cp1254"),
        ("el", "cp1253"),
        ("he", "cp1255"),
        ("fr", "cp1252"),
    ],
)
def test_text_is_read_in_the_encoding_it_is_in(language: str, encoding: str) -> None:
    assert decode(SAMPLES[language].encode(encoding)) == SAMPLES[language]


def test_what_the_file_declares_comes_before_a_guess() -> None:
    assert decode("дом".encode("koi8-r"), declared="koi8-r") == "дом"


@pytest.mark.parametrize("language", ["ja", "zh", "ru", "el", "he"])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_wide_letters_without_a_mark_are_known_by_what_they_are(language: str, encoding: str) -> None:
    text = f"{SAMPLES[language]}\n{SAMPLES[language]}\n"

    assert looks_like_text(text.encode(encoding))
    assert decode(text.encode(encoding)) == text


def test_bytes_that_are_no_text_are_not_taken_for_wide_letters() -> None:
    assert not any(looks_like_text(random.Random(seed).randbytes(400)) for seed in range(50))


def test_lines_in_two_encodings_are_each_read_in_their_own() -> None:
    mixed = "\n".join([SAMPLES["de"]] * 3).encode() + b"\n" + "\n".join([SAMPLES["de"]] * 4).encode("cp1252")

    assert decode(mixed) == "\n".join([SAMPLES["de"]] * 7)
