"""Texts, handed to a real HTTP server as a gateway wants them."""

import json
from dataclasses import replace
from urllib.parse import parse_qs
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify import Message, NotifyError
from notify.edge import Edge
from notify.sms import FORM, JSON, XML, Gateway, Sms, fill_body
from tests.notify.http import HERE, Server

MOBILE, LANDLINE, PREMIUM, ABROAD = "+48501000206", "+48221234501", "+48701234567", "+447400123456"
AWKWARD = 'Żółw "cytat" & <tag>\r\nnowy {secret} %41'


@pytest.fixture
def gateway(server: Server) -> Gateway:
    return Gateway(
        f"{server.url}/send", Edge("[notify.sms]", HERE), headers={"Authorization": "Bearer {secret}"},
        body='{"to": ["{number}"], "message": "{text}", "id": "{key}", "flash": false}', secret="s3cret",
        countries=("PL",),
    )  # fmt: skip


async def test_a_gateway_that_takes_json(gateway: Gateway, server: Server) -> None:
    await gateway.text(MOBILE, AWKWARD, "k1")
    (got,) = server.got
    assert json.loads(got.body) == {"to": [MOBILE], "message": AWKWARD, "id": "k1", "flash": False}
    assert got.headers["Authorization"] == "Bearer s3cret"
    assert got.headers["Content-Type"] == "application/json; charset=utf-8"


async def test_a_gateway_that_takes_a_form(gateway: Gateway, server: Server) -> None:
    form = replace(gateway, content_type=FORM, body="to={digits}&text={text}&pass={secret}")
    await form.text(MOBILE, AWKWARD, "k1")
    assert parse_qs(server.got[0].body.decode()) == {"to": ["48501000206"], "text": [AWKWARD], "pass": ["s3cret"]}


async def test_a_gateway_that_takes_xml(gateway: Gateway, server: Server) -> None:
    xml = replace(gateway, content_type=XML[0], body='<sms to="{number}"><text>{text}</text></sms>')
    await xml.text(MOBILE, "a < b & \x00c", "k1")
    sms = ElementTree.fromstring(server.got[0].body)
    assert (sms.get("to"), sms.findtext("text")) == (MOBILE, "a < b & c")


async def test_a_gateway_that_takes_everything_in_the_address(gateway: Gateway, server: Server) -> None:
    get = replace(gateway, url=f"{server.url}/send?to={{digits}}&text={{text}}", method="GET", body="")
    await get.text(MOBILE, "a&b=ż", "k1")
    assert (server.got[0].method, server.got[0].path) == ("GET", "/send?to=48501000206&text=a%26b%3D%C5%BC")


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_no_text_leaves_its_place(text: str) -> None:
    values = {"number": MOBILE, "text": text}
    assert json.loads(fill_body('{"a": "{text}", "b": "{number}"}', JSON, values)) == {"a": text, "b": MOBILE}
    if text:
        assert parse_qs(fill_body("a={text}&b={number}", FORM, values)) == {"a": [text], "b": [MOBILE]}
    document = ElementTree.fromstring(fill_body('<x a="{text}"><b>{number}</b></x>', XML[0], {**values, "text": "".join(
        sign for sign in text if sign >= " " and sign not in "\ufffe\uffff")}))
    assert [child.tag for child in document] == ["b"]


@pytest.mark.parametrize(("number", "reason"), [
    (LANDLINE, "not_mobile"), (PREMIUM, "premium"), (ABROAD, "country"), ("112", "not_a_number"),
])
async def test_a_number_that_may_not_be_texted_is_not(
    gateway: Gateway, server: Server, number: str, reason: str
) -> None:
    with pytest.raises(NotifyError, match=f"may not be texted \\({reason}\\)") as refused:
        await gateway.text(number, "x", "k")
    assert number not in str(refused.value) or len(number) < 6
    assert server.got == []


@pytest.mark.parametrize(("status", "text", "taken"), [
    (200, '{"status": "queued"}', True), (202, "queued", True), (200, "ERROR: no credit", False),
    (500, "queued", False), (302, "queued", False),
])
async def test_a_gateway_says_yes_in_its_own_way(
    gateway: Gateway, server: Server, status: int, text: str, taken: bool
) -> None:
    asked = replace(gateway, statuses=(200, 202), contains="queued")
    server.status, server.text = status, text
    if taken:
        await asked.text(MOBILE, "x", "k")
        return
    with pytest.raises(NotifyError, match=f"did not take a text to \\+48…206 \\(status {status}\\)"):
        await asked.text(MOBILE, "x", "k")


async def test_a_message_to_a_person_is_its_subject_and_body_and_not_endless(gateway: Gateway, server: Server) -> None:
    await Sms(gateway, MOBILE).send(Message("k", "Two callbacks are due", "line\n" * 200, 0))
    text = json.loads(server.got[0].body)["message"]
    assert text.startswith("Two callbacks are due\nline\nline")
    assert (len(text), text[-1]) == (480, "…")


def test_a_secret_is_not_shown(gateway: Gateway) -> None:
    assert "s3cret" not in repr(gateway)
