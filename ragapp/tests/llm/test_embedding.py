"""Vectors of the packaged model, as the site computes them."""

import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from ragapp.llm import embedding

QUESTION = "How many days of parental leave do I get?"


@pytest.fixture(scope="session", autouse=True)
def card() -> embedding.EmbeddingModel:
    return embedding.warm_up()


def test_a_vector_has_the_models_dimensions_and_length_one(card):
    vectors = embedding.embed_passages([QUESTION, "A pump.", ""])

    assert vectors.shape == (3, card.dimensions) == (3, 384)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 1], abs=1e-5)


def test_no_texts_give_no_rows(card):
    assert embedding.embed_passages([]).shape == (0, card.dimensions)


def test_a_paraphrase_is_closer_than_an_unrelated_text():
    same, other = embedding.embed_passages(
        ["New parents get sixteen weeks off.", "The hydraulic pump needs a new seal."]
    )

    question = embedding.embed_query("How long is parental leave?")

    assert question @ same > question @ other + 0.3


def test_a_text_has_the_same_vector_alone_and_among_others():
    others = ["A pump.", "word " * 400, QUESTION.upper(), "Der Urlaub beträgt dreißig Tage."]

    (alone,) = embedding.embed_passages([QUESTION])
    among = embedding.embed_passages([*others, QUESTION])[-1]

    assert np.abs(alone - among).max() < 1e-6


def test_what_follows_the_window_does_not_count(card):
    window = "leave " * card.max_tokens

    cut, whole = embedding.embed_passages([window, window + "pump " * 5000])

    assert len(embedding.token_spans(window)) == card.max_tokens
    assert np.abs(cut - whole).max() < 1e-6


def test_threads_get_the_same_vectors():
    texts = [f"Clause {number} of the contract." for number in range(40)]
    expected = embedding.embed_passages(texts)

    with ThreadPoolExecutor(4) as pool:
        got = np.stack(list(pool.map(embedding.embed_query, texts)))

    assert np.abs(got - expected).max() < 1e-6


def test_a_question_asked_twice_is_computed_once():
    question = "Is this question cached?"

    first = embedding.embed_query(question)

    assert embedding.embed_query(question) is first


def test_a_sentence_met_again_has_the_vector_it_had():
    once = embedding.embed_sentences(["The canteen opens at eleven.", "The seal is looked at by the shift."])
    again = embedding.embed_sentences(["The seal is looked at by the shift."])

    assert (again[0] == once[1]).all()
    computed = embedding.embed_passages(["The canteen opens at eleven.", "The seal is looked at by the shift."])
    assert (once == embedding.rounded(computed)).all()
    assert np.abs(once @ computed.T - computed @ computed.T).max() < 0.005


def test_a_cached_vector_cannot_be_changed():
    vector = embedding.embed_query(QUESTION)

    with pytest.raises(ValueError, match="read-only"):
        vector[0] = 1.0


def test_token_spans_cover_the_words_of_the_text():
    text = "Ärger mit RB-203/7 😀 in Kassel"

    spans = embedding.token_spans(text)

    assert "".join(text[start:end] for start, end in spans) == text.replace(" ", "")


SIGNS = (
    "abcXYZ äöüÄßéñİıŁ 中文 かな 한국어 עברית العربية ไทย हिन्दी 😀🇩🇪 \u0301\u0308\u00ad\u00a0\u2009\t\n\u200b\x00"
    "–“”’…•§€()[]<>/\\_-.,'½²Ωﬁ"
)


@pytest.mark.parametrize("seed", range(40))
def test_the_pieces_of_a_text_are_those_that_the_tokenizer_gives(seed):
    chance = random.Random(seed)
    tokenizer = embedding._encoder(embedding.PACKAGED).tokenizer
    for text in ("".join(chance.choices(SIGNS, k=chance.randint(0, 40))) for _ in range(50)):
        expected = tokenizer.encode(text, add_special_tokens=False).offsets
        assert embedding.token_spans(text) == expected, repr(text)
        assert embedding.token_spans(text) == expected  # from what is kept now


@pytest.mark.parametrize("text", ["", "see [SEP] there", "x" * 300, "word " * 3 + "Donaudampfschifffahrt" * 6])
def test_special_tokens_and_long_words_are_the_tokenizer_s_matter(text):
    tokenizer = embedding._encoder(embedding.PACKAGED).tokenizer
    assert embedding.token_spans(text) == tokenizer.encode(text, add_special_tokens=False).offsets


def test_tokens_are_counted_beyond_the_window():
    assert len(embedding.token_spans("pump " * 3000)) == 3000


def test_half_a_surrogate_pair_is_no_error():
    assert embedding.embed_passages(["broken \ud83d text"]).shape == (1, 384)
    assert embedding.token_spans("a \ud83d b")[-1] == (4, 5)


def test_serving_imports_neither_torch_nor_transformers():
    program = (
        "import os, sys, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'ragapp.settings'; django.setup();"
        "from ragapp.llm import embedding; embedding.warm_up();"
        "sys.exit(', '.join({'torch', 'transformers', 'sentence_transformers', 'openai'} & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert done.stderr.strip() == ""
