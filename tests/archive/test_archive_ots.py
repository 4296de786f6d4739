from __future__ import annotations

import hashlib
from collections.abc import Iterator

import httpx
import pytest
from opentimestamps.core.notary import PendingAttestation, UnknownAttestation

from stamp_servers import Calendar, answer_to, block, promise, served
from tocsin.archive.anchors import Anchor, Method, Part, State, check_anchor
from tocsin.archive.asking import Patience
from tocsin.archive.format import canonical
from tocsin.archive.timestamps_ots import status, submit, upgrade
from tocsin.errors import EnvironmentFailed, Unfit

SUBJECT = Part(10, 20, bytes(32))
MESSAGE = canonical(SUBJECT.form())
DIGEST = hashlib.sha256(MESSAGE).digest()
AT_ONCE = Patience((), lambda _: None)

pytestmark = pytest.mark.usefixtures("loopback")


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False) as found:
        yield found


def test_a_promise_is_pending_and_never_more(client: httpx.Client) -> None:
    calendar = Calendar()
    with served(calendar.answer) as calendar.server:
        url = calendar.server.url
        data = submit(client, url, MESSAGE, AT_ONCE)
    assert calendar.server.asked == [("/digest", DIGEST)]
    assert status(data, MESSAGE).pending == (url,)
    assert status(data, MESSAGE).blocks == ()
    shown = check_anchor(_anchor(url, data), [])
    assert (shown.state, shown.time) == (State.PENDING, None)
    assert "confirmed" not in shown.says


def _anchor(url: str, data: bytes) -> Anchor:
    return Anchor("2024-01-01", url, "ana", SUBJECT.form(), Method.OPENTIMESTAMPS, data)


def test_an_upgrade_leads_to_a_block_that_only_its_header_can_confirm(
    client: httpx.Client,
) -> None:
    calendar = Calendar()
    with served(calendar.answer) as calendar.server:
        url = calendar.server.url
        data = submit(client, url + "/", MESSAGE, AT_ONCE)
        with pytest.raises(EnvironmentFailed, match="404"):
            upgrade(client, data, MESSAGE, [url], AT_ONCE)
        calendar.ready = True
        fuller = upgrade(client, data, MESSAGE, [url + "/"], AT_ONCE)
    root = block(promise(DIGEST).msg)[1]
    assert status(fuller, MESSAGE).blocks == ((800_000, root[::-1].hex()),)
    shown = check_anchor(_anchor(url, fuller), [])
    assert shown.state is State.UNVERIFIED
    assert "not verified without block headers" in shown.says


def test_only_calendars_that_were_named_are_asked(client: httpx.Client) -> None:
    calendar = Calendar()
    with served(calendar.answer) as calendar.server:
        data = submit(client, calendar.server.url, MESSAGE, AT_ONCE)
        before = len(calendar.server.asked)
        assert upgrade(client, data, MESSAGE, ["https://other.example"], AT_ONCE) == data
    assert len(calendar.server.asked) == before


def test_what_is_no_answer_is_refused(client: httpx.Client) -> None:
    whole = answer_to(DIGEST, PendingAttestation("https://calendar.example"))
    wrong = [b"", b"<html>", whole[:-3], whole + b"more", b"\xf0" * 400, b"\x08" * 300]
    for answer in wrong:
        with served(lambda *_, sent=answer: (200, sent)) as server, pytest.raises(Unfit):
            submit(client, server.url, MESSAGE, AT_ONCE)


def test_what_is_no_file_or_of_another_message_is_refused(client: httpx.Client) -> None:
    calendar = Calendar()
    with served(calendar.answer) as calendar.server:
        data = submit(client, calendar.server.url, MESSAGE, AT_ONCE)
    with pytest.raises(Unfit, match="another message"):
        status(data, b"another")
    for size in range(0, len(data), 3):
        with pytest.raises(Unfit):
            status(data[:size], MESSAGE)


def test_an_attestation_of_an_unknown_kind_proves_nothing(client: httpx.Client) -> None:
    answer = answer_to(DIGEST, UnknownAttestation(b"12345678", b"anything"))
    with served(lambda *_: (200, answer)) as server:
        data = submit(client, server.url, MESSAGE, AT_ONCE)
    with pytest.raises(Unfit, match="no attestation"):
        status(data, MESSAGE)
