"""Feeds over real HTTP on this machine: conditional, polite, bounded, never inward."""

from __future__ import annotations

import gzip
import socket
import zlib
from datetime import timedelta
from itertools import count

import pytest
from feed_support import NOW, feed_at, item, rss
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from tocsin.errors import SourceFailed
from tocsin.sources.addresses import is_public, usable
from tocsin.sources.feed import retry_after
from tocsin.sources.fetch import Fetcher, FetchLimits, unpacked
from tocsin.sources.refusals import Unfit

pytestmark = pytest.mark.usefixtures("loopback")
DOCUMENT = rss(item("a", "Market day"))


def test_a_second_look_is_conditional_and_brings_nothing(httpserver: HTTPServer) -> None:
    asked: list[Request] = []

    def answer(request: Request) -> Response:
        asked.append(request)
        if request.headers.get("If-None-Match") == '"one"':
            return Response(status=304)
        headers = {"ETag": '"one"', "Last-Modified": "Mon, 04 Mar 2024 09:00:00 GMT"}
        return Response(DOCUMENT, headers=headers)

    httpserver.expect_request("/rss").respond_with_handler(answer)
    feed = feed_at(httpserver.url_for("/rss"))
    first = feed.poll({}, NOW)
    second = feed.poll(first.state, NOW)
    assert len(first.items) == 1
    assert second.items == ()
    assert second.state == first.state
    assert second.next_at == NOW + timedelta(minutes=15)
    assert asked[1].headers["If-Modified-Since"] == "Mon, 04 Mar 2024 09:00:00 GMT"
    assert asked[0].headers["Host"] == f"{httpserver.host}:{httpserver.port}"
    assert "tocsin" in asked[0].headers["User-Agent"]
    elsewhere = {**first.state, "url": "https://other.example/rss"}
    assert len(feed.poll(elsewhere, NOW).items) == 1, "another address's tags mean nothing here"
    feed.close()


def test_a_304_that_was_not_asked_for_is_no_answer(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/rss").respond_with_data(status=304)
    with pytest.raises(SourceFailed, match="304"):
        feed_at(httpserver.url_for("/rss")).poll({}, NOW)


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        (429, {"Retry-After": "7200"}, timedelta(hours=2)),
        (503, {"Retry-After": "Mon, 04 Mar 2024 13:00:00 GMT"}, timedelta(hours=1)),
        (429, {"Retry-After": "99999999999999"}, timedelta(days=1)),
        (429, {"Retry-After": "soon"}, None),
        (429, {}, None),
        (500, {"Retry-After": "60"}, None),
        (404, {}, None),
        (403, {}, None),
    ],
)
def test_a_refusal_says_when_to_come_again(
    httpserver: HTTPServer, status: int, headers: dict[str, str], wait: timedelta | None
) -> None:
    httpserver.expect_request("/rss").respond_with_data(status=status, headers=headers)
    with pytest.raises(SourceFailed, match=f"town_news: the server answered {status}") as error:
        feed_at(httpserver.url_for("/rss")).poll({}, NOW)
    assert error.value.not_before == (None if wait is None else NOW + wait)


def test_retry_after_is_never_in_the_past() -> None:
    assert retry_after("Mon, 04 Mar 2019 13:00:00 GMT", NOW) == NOW
    assert retry_after("-5", NOW) is None


def test_a_slow_server_is_given_up(httpserver: HTTPServer) -> None:
    seconds = count(0, 100)
    httpserver.expect_request("/rss").respond_with_data(DOCUMENT)
    with pytest.raises(SourceFailed, match="did not answer in time"):
        feed_at(httpserver.url_for("/rss"), elapsed=lambda: next(seconds)).poll({}, NOW)


def test_a_silent_server_is_given_up() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(1)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/rss"
        with pytest.raises(SourceFailed, match="did not answer in time"):
            feed_at(url, timeout_s=0.05).poll({}, NOW)


def test_nobody_there() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{server.getsockname()[1]}/rss"
    with pytest.raises(SourceFailed, match="no answer"):
        feed_at(url).poll({}, NOW)


def test_a_huge_body_is_not_taken(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/rss").respond_with_data(b"<rss>" + b"x" * 200_000)
    with pytest.raises(SourceFailed, match="larger than 100,000 bytes"):
        feed_at(httpserver.url_for("/rss"), max_bytes=100_000).poll({}, NOW)


@pytest.mark.parametrize("packing", ["gzip", "deflate"])
def test_packed_answers_are_read_and_bombs_are_not(httpserver: HTTPServer, packing: str) -> None:
    pack = gzip.compress if packing == "gzip" else zlib.compress
    headers = {"Content-Encoding": packing}
    httpserver.expect_request("/good").respond_with_data(pack(DOCUMENT), headers=headers)
    bomb = pack(b" " * 50_000_000)
    httpserver.expect_request("/bomb").respond_with_data(bomb, headers=headers)
    assert len(feed_at(httpserver.url_for("/good")).poll({}, NOW).items) == 1
    with pytest.raises(SourceFailed, match="larger than"):
        feed_at(httpserver.url_for("/bomb")).poll({}, NOW)


def test_unpacking_holds_no_more_than_it_may() -> None:
    packed = gzip.compress(b"a" * 10_000_000)
    with pytest.raises(Unfit, match="larger than"):
        unpacked([packed], "gzip", 1_000)
    assert unpacked([packed], "gzip", 10_000_000) == b"a" * 10_000_000
    with pytest.raises(Unfit, match="breaks off"):
        unpacked([packed[:-20]], "gzip", 10_000_000)
    with pytest.raises(Unfit, match="broken"):
        unpacked([b"not packed"], "gzip", 1_000)
    with pytest.raises(Unfit, match="not asked for"):
        unpacked([b"x"], "br", 1_000)


def test_redirects_are_followed_and_a_move_is_told(httpserver: HTTPServer) -> None:
    for old, status in (("/old", 301), ("/now", 302)):
        httpserver.expect_request(old).respond_with_data(
            status=status, headers={"Location": "/rss"}
        )
    httpserver.expect_request("/rss").respond_with_data(DOCUMENT)
    moved = feed_at(httpserver.url_for("/old")).poll({}, NOW)
    assert any("moved for good" in note for note in moved.notes)
    passing = feed_at(httpserver.url_for("/now")).poll({}, NOW)
    assert passing.notes == ()


@pytest.mark.parametrize(
    ("location", "says"),
    [
        ("/loop", "redirects"),
        ("", "leads nowhere"),
        ("file:///etc/passwd", "no web address"),
        ("http://user:word@127.0.0.1/", "password"),
    ],
)
def test_redirects_that_are_not_followed(httpserver: HTTPServer, location: str, says: str) -> None:
    httpserver.expect_request("/loop").respond_with_data(status=302, headers={"Location": location})
    with pytest.raises(SourceFailed, match=says):
        feed_at(httpserver.url_for("/loop")).poll({}, NOW)


def test_a_redirect_into_the_private_network_is_refused(httpserver: HTTPServer) -> None:
    """The first host counts as public, the one it leads to does not."""
    inward = (
        httpserver.url_for("/rss")
        .replace("127.0.0.1", "inside.example")
        .replace("localhost", "inside.example")
    )
    httpserver.expect_request("/out").respond_with_data(status=302, headers={"Location": inward})
    found = {"outside.example": ["127.0.0.1"], "inside.example": ["192.168.1.7"]}
    passed: list[str] = []

    def find(host: str, port: int) -> list[str]:
        del port
        passed.append(host)
        return found[host]

    fetcher = Fetcher(FetchLimits(private=False), lambda: 0.0, find)
    url = f"http://outside.example:{httpserver.port}/out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tocsin.sources.addresses.is_public", lambda one: one == "127.0.0.1")
        with pytest.raises(Unfit, match="private network"):
            fetcher.get(url, {})
    assert passed == ["outside.example", "inside.example"]


def test_a_private_address_is_refused_before_any_connection(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/rss").respond_with_data(DOCUMENT)
    with pytest.raises(SourceFailed, match="private_addresses = true"):
        feed_at(httpserver.url_for("/rss"), private=False).poll({}, NOW)
    assert httpserver.log == []


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.1", "192.168.0.1", "169.254.169.254", "0.0.0.0", "224.0.0.1"),
        *("::1", "fe80::1%eth0", "fc00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::"),
        *("100.64.0.1", "not an address"),
    ],
)
def test_private_addresses(address: str) -> None:
    assert not is_public(address)
    with pytest.raises(Unfit):
        usable("x.example", 443, lambda *_: ["93.184.216.34", address], private=False)


def test_public_addresses() -> None:
    assert is_public("93.184.216.34")
    assert is_public("2606:2800:220:1::1")
    assert usable("x.example", 443, lambda *_: ["93.184.216.34"], private=False) == "93.184.216.34"
    with pytest.raises(Unfit, match="no address"):
        usable("x.example", 443, lambda *_: [], private=True)


def test_a_name_that_is_not_known() -> None:
    with pytest.raises(SourceFailed, match="not known"):
        feed_at("http://no-such-host.invalid/").poll({}, NOW)
