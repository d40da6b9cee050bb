"""Detectors, on values made for this test: each has the check digits of its kind, and belongs to nobody."""

import itertools

import pytest

from ragapp.privacy.personal_data import labelled
from ragapp.privacy.personal_data.detect import find
from ragapp.privacy.personal_data.types import Kind


def found(text, *, language="xx"):
    """(kind, value) of each finding; "xx" is a language that the name model does not read."""
    return [(str(one.kind), text[one.start : one.end]) for one in find(text, language=language)]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("Write to o'neil.p+ap@mail.example.co.uk.", Kind.EMAIL, "o'neil.p+ap@mail.example.co.uk"),
        ("jörg.müller@straße.example hat geantwortet", Kind.EMAIL, "jörg.müller@straße.example"),
        ("Tel.: 0561 9998-123", Kind.PHONE, "0561 9998-123"),
        ("ring +353 61 555 0155 any time", Kind.PHONE, "+353 61 555 0155"),
        ("(602) 272-9781", Kind.PHONE, "(602) 272-9781"),
        ("Fax | +41 (0)44 668 18 00 |", Kind.PHONE, "+41 (0)44 668 18 00"),
        ("IBAN DE89 3704 0044 0532 0130 00, Kassel", Kind.IBAN, "DE89 3704 0044 0532 0130 00"),
        ("paid from NL91ABNA0417164300.", Kind.IBAN, "NL91ABNA0417164300"),
        ("4111 1111 1111 1111 was declined", Kind.CARD, "4111 1111 1111 1111"),
        ("Amex 3782 822463 10005", Kind.CARD, "3782 822463 10005"),
        ("SSN 536-90-4399", Kind.ID, "536-90-4399"),
        ("Steuer-ID: 36 574 261 809", Kind.ID, "36 574 261 809"),
        ("RV-Nummer 65 180539 W 00 1", Kind.ID, "65 180539 W 00 1"),
        ("DNI 54362315K", Kind.ID, "54362315K"),
        ("NIE X2482300W", Kind.ID, "X2482300W"),
        ("NI number JG 10 37 59 A", Kind.ID, "JG 10 37 59 A"),
        ("NHS no. 943 476 5870", Kind.ID, "943 476 5870"),
        ("NIR 2 95 10 99 126 111 93", Kind.ID, "2 95 10 99 126 111 93"),
        ("codice fiscale RCCMNL83S18D969H", Kind.ID, "RCCMNL83S18D969H"),
        ("BSN 1112.22.333", Kind.ID, "1112.22.333"),
        ("AHV 756.9217.0769.85", Kind.ID, "756.9217.0769.85"),
        ("Passport number: L8982 1003", Kind.DOCUMENT, "L8982 1003"),
        ("driver's license number is F162823540116", Kind.DOCUMENT, "F162823540116"),
        ("geboren am 3. Mai 1981 in Bonn", Kind.BIRTH_DATE, "3. Mai 1981"),
        ("Date of birth: 1981-05-03", Kind.BIRTH_DATE, "1981-05-03"),
        ("login from 203.0.113.77 failed", Kind.IP, "203.0.113.77"),
        ("host 2001:db8::8a2e:370:7334", Kind.IP, "2001:db8::8a2e:370:7334"),
        ("password: Tr0ub4dor&3", Kind.SECRET, "Tr0ub4dor&3"),
        ("id AKIAIOSFODNN7EXAMPLE", Kind.SECRET, "AKIAIOSFODNN7EXAMPLE"),
        ("Herr Dr. Jürgen von der Lippe kommt", Kind.PERSON, "Jürgen von der Lippe"),
        ("Unterschrieben: Sabine Kowalski, Kassel", Kind.PERSON, "Sabine Kowalski"),
    ],
)
def test_it_is_found_in_any_language(text, kind, value):
    assert (str(kind), value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "Lobe pump RB-203/7, part 203-7741-90, drawing 4410 0032 1187",
        "Invoice 2026-004512 of 12.03.2026, order 4500 123 456, customer 10028871",
        "Betriebsvereinbarung BV 2026-03, gültig 01.04.2026 bis 31.12.2027",
        "IBAN DE89 3704 0044 0532 0130 01",
        "4111 1111 1111 1112",
        "SSN 000-12-3456 and 666-12-3456",
        "Steuer-ID: 36 574 261 808",
        "In 2024 sales rose from 1 204 300 to 1 310 870 euros (8.9 %)",
        "Call it version 10.2.3.4, released 2025-11-02 at 10:45:30",
        "ISBN 978-3-16-148410-0, DOI 10.1000/182, EAN 4006381333931",
        "pressure 0.75-1.25 bar at 1450 rpm, 230/400 V, article no. 99 1234 5678",
        "see section 4.2.1.7 and netmask 255.255.255.0 on 127.0.0.1",
        "Password policy: at least twelve characters",
        "9876543210 rows, 123456789 bytes",
        "user@localhost ran it, see @handle",
    ],
)
def test_ordinary_numbers_of_a_company_are_let_through(text):
    assert found(text) == []


def test_english_names_are_read_by_the_model():
    text = "Yesterday Shankar Ramaswamy told the board that Gladys would follow her to the plant."

    assert found(text, language="en") == [("PERSON", "Shankar Ramaswamy"), ("PERSON", "Gladys")]


def test_a_name_is_found_wherever_it_stands_again():
    text = "Name: Ubul Szöllösy\n" + "The pump is red. " * 30 + "ubul asked. Then Ubul Szöllösy left."

    assert [value for _, value in found(text)] == ["Ubul Szöllösy", "Ubul Szöllösy"]


def test_headings_and_beginnings_of_sentences_are_no_names():
    text = "Administrative Leave\n\nRefer to the handbook. Take administrative leave early; they refer to it often."

    assert found(text, language="en") == []


def test_findings_never_overlap_and_stay_inside_the_text():
    text = (
        "Mr. Joe Ruiz <joe.ruiz@tarn.example> pays by 4111111111111111, call +1 202-555-0143 or joe.ruiz@tarn.example"
    )
    spans = [(one.start, one.end) for one in find(text, language="en")]

    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(spans))
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert len(spans) == 5


def test_only_the_kinds_that_were_asked_for_are_returned():
    text = "Mr. Ruiz, ruiz@tarn.example, 203.0.113.77"

    assert {one.kind for one in find(text, kinds=(Kind.EMAIL,))} == {Kind.EMAIL}


def test_long_texts_are_read_in_windows_without_losing_what_lies_between():
    line = "Nothing to see on this line of the report, it goes on. "
    text = line * 400 + "Then Gladys Monroe signed. " + line * 400

    assert ("PERSON", "Gladys Monroe") in found(text, language="en")


@pytest.mark.parametrize(
    "text",
    [
        "passport " * 20_000,
        "id card " * 20_000,
        "passport" + " " * 100_000,
        "born" + " " * 100_000,
        "password:" * 20_000,
    ],
    ids=lambda text: text[:10],
)
def test_no_pattern_reads_on_to_the_end_from_each_place(text):
    """One that did would take minutes here."""
    assert [one.detail for one in labelled.secrets(text + "\n\nPassword: hunter2+x")] == ["password"]
    assert [*labelled.documents(text), *labelled.birth_dates(text)] == []


def test_a_name_is_found_again_among_thousands_of_others():
    others = "\n".join(f"Dr. Zorvax Ny{chr(97 + i % 26)}{chr(97 + i // 26)}strand" for i in range(600))
    text = (
        f"{others}\nDr. Zorvax Quillmere.\nQuillmere-Katz, then Zorvax Quillmere, said so. Zorvax Quillmeres did not."
    )

    assert [value for _, value in found(text)][600:] == ["Zorvax Quillmere", "Zorvax Quillmere"]
