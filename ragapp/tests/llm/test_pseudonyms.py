"""Personal data towards a model that may not see it."""

import pytest
from asgiref.sync import async_to_sync

from ragapp.lib.offload import to_caller
from ragapp.llm import gateway, pseudonyms
from ragapp.llm.pseudonyms import Restorer
from ragapp.llm.types import ChatRequest, Message

SOURCES = (
    '<source number="1" title="Contacts">\nWrite to jane.miller@example.org or ring +44 20 7946 0958. '
    "Parental leave is 16 weeks.\n</source>\n\nQuestion: Whom do I ask? I am jane.miller@example.org."
)
REQUEST = ChatRequest(
    task="answer",
    messages=(Message(role="system", content="Today is 1 May 2026."), Message(role="user", content=SOURCES)),
)


def answered():
    return async_to_sync(gateway.complete)(REQUEST, offload=to_caller)


@pytest.mark.django_db
def test_a_model_that_may_not_see_personal_data_gets_placeholders_and_the_reader_the_values(deployment, server):
    deployment("a", model="text:Write to <EMAIL_X1>, or ring PHONE_X1 [1].", may_see_personal_data=False)

    text = answered().text

    sent = server.calls[0].prompt
    assert "jane.miller" not in sent
    assert "7946" not in sent
    assert sent.count("<EMAIL_X1>") == 2
    assert "Parental leave is 16 weeks." in sent
    assert text == "Write to jane.miller@example.org, or ring +44 20 7946 0958 [1]."


@pytest.mark.django_db
def test_a_model_that_may_gets_the_text_as_it_is(deployment, server):
    deployment("a")

    answered()

    assert server.calls[0].body["messages"][1]["content"] == SOURCES


def test_equal_values_have_one_placeholder_and_others_another():
    text = "a@example.org, A@example.org and b@example.org"
    masked = pseudonyms.mask(ChatRequest(task="answer", messages=(Message(role="user", content=text),)))

    assert masked.request.messages[0].content == "<EMAIL_X1>, <EMAIL_X1> and <EMAIL_X2>"
    assert masked.values == {"EMAIL_X1": "a@example.org", "EMAIL_X2": "b@example.org"}


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_values_come_back_however_the_answer_is_cut_into_pieces(size):
    restorer = Restorer(values={"PERSON_X1": "Jane", "PERSON_X12": "Joe", "BIRTH_DATE_X1": "1 May"})
    answer = "<PERSON_X1> and <PERSON_X12>, born BIRTH_DATE_X1, use HR-12 [1]; [PERSON_1], <b>, <PERSON_X9> stay. IT"

    pieces = [restorer.take(answer[at : at + size]) for at in range(0, len(answer), size)]

    told = "".join([*pieces, restorer.rest()])
    assert told == "Jane and Joe, born 1 May, use HR-12 [1]; [PERSON_1], <b>, <PERSON_X9> stay. IT"
