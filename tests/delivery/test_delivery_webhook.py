"""Webhooks against a server that misbehaves."""

from __future__ import annotations

import random
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpcore
import pytest
from delivery_builders import T0, book_with, desk_in, message, recipient, released
from hypothesis import given
from hypothesis import strategies as st
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from tocsin.delivery import Parcel, State
from tocsin.delivery.carrier import CarrierOptions, parcel_of
from tocsin.delivery.connecting import CheckedBackend, Resolve, is_public, resolve
from tocsin.delivery.webhook import WebhookCarrier, build, is_genuine, retry_after, signed
from tocsin.errors import DeliveryFailed, DeliveryRefused
from tocsin.model import Recipient

pytestmark = pytest.mark.usefixtures("loopback")
SECRET = "a secret of the test"
HERE = CarrierOptions("desk", "desk@example.org", private_hosts=frozenset({"localhost"}))
QUICK = CarrierOptions(
    "desk", "desk@example.org", private_hosts=frozenset({"localhost"}), timeout_s=0.2
)


def to(url: str, secret: str = SECRET) -> Recipient:
    return recipient("one", kind="webhook", address=url, secret=secret)


def parcel(url: str, secret: str = SECRET) -> Parcel:
    return parcel_of(message(), to(url, secret), T0)


def test_a_message_comes_signed_with_its_key(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/hook", method="POST").respond_with_data("ok")
    assert build(HERE).send(parcel(httpserver.url_for("/hook"))) == "taken (200)"
    (request, _) = httpserver.log[0]
    headers = dict(request.headers)
    assert headers["Idempotency-Key"] == message().key
    assert is_genuine(SECRET, request.data, headers, T0 + timedelta(minutes=4))
    assert not is_genuine(SECRET, request.data, headers, T0 + timedelta(minutes=6))
    assert not is_genuine(SECRET, request.data, headers, T0 - timedelta(minutes=6))
    assert not is_genuine("another", request.data, headers, T0)
    assert not is_genuine(SECRET, request.data + b" ", headers, T0)
    assert not is_genuine(SECRET, request.data, {}, T0)
    assert request.json["text"] == "text 1"


@given(st.binary(max_size=200), st.integers(-300, 300))
def test_what_is_signed_is_genuine_within_the_window(body: bytes, seconds: int) -> None:
    assert is_genuine(SECRET, body, signed(SECRET, body, T0), T0 + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("status", "headers", "error", "wait"),
    [
        (500, {}, DeliveryFailed, None),
        (503, {"Retry-After": "120"}, DeliveryFailed, 120.0),
        (429, {"Retry-After": "Wed, 01 May 2024 09:01:30 GMT"}, DeliveryFailed, 90.0),
        (429, {"Retry-After": "soon"}, DeliveryFailed, None),
        (408, {}, DeliveryFailed, None),
        (404, {}, DeliveryRefused, None),
        (302, {"Location": "/elsewhere"}, DeliveryRefused, None),
    ],
)
def test_what_a_receiver_says(
    httpserver: HTTPServer,
    status: int,
    headers: dict[str, str],
    error: type[Exception],
    wait: float | None,
) -> None:
    httpserver.expect_request("/hook").respond_with_data("", status=status, headers=headers)
    with pytest.raises(error, match=str(status)) as raised:
        WebhookCarrier(HERE).send(parcel(httpserver.url_for("/hook")))
    assert getattr(raised.value, "retry_after_s", None) == wait


def test_retry_after_in_the_past_is_now() -> None:
    assert retry_after("Wed, 01 May 2024 08:00:00 GMT", T0) == 0.0
    assert retry_after("Wed, 01 May 2024 09:00:10 -0000", T0) == 10.0


def test_a_redirect_is_followed_with_the_body(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/old").respond_with_data(
        "", status=307, headers={"Location": "/new"}
    )
    httpserver.expect_request("/new", method="POST").respond_with_data("")
    assert WebhookCarrier(HERE).send(parcel(httpserver.url_for("/old"))) == "taken (200)"
    assert httpserver.log[-1][0].data == httpserver.log[0][0].data


def test_a_loop_of_redirects_ends(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/a").respond_with_data("", status=308, headers={"Location": "/a"})
    with pytest.raises(DeliveryRefused, match="more than 3 times"):
        WebhookCarrier(HERE).send(parcel(httpserver.url_for("/a")))
    assert len(httpserver.log) == 4


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:9/x",
        "https://127.0.0.1:9/x",
        "https://10.0.0.8/",
        "https://[::1]/",
        "https://169.254.169.254/latest",
        "https://[::ffff:10.0.0.8]/",
        "ftp://localhost/x",
    ],
)
def test_a_redirect_into_a_private_network_is_refused(httpserver: HTTPServer, target: str) -> None:
    """Even by a host that is allowed: the permission is its own and is not handed on."""
    httpserver.expect_request("/a").respond_with_data("", status=307, headers={"Location": target})
    with pytest.raises(DeliveryRefused):
        WebhookCarrier(HERE).send(parcel(httpserver.url_for("/a")))


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1:1/",
        "https://localhost:1/",
        "http://x.org/",
        "https://ana:word@x.org/",
        "nonsense",
        "https://",
        "",
    ],
)
def test_addresses_that_are_refused(url: str) -> None:
    nowhere = CarrierOptions("desk", "desk@example.org")
    with pytest.raises(DeliveryRefused):
        WebhookCarrier(nowhere).send(parcel(url))


def test_without_a_secret_nothing_is_posted() -> None:
    with pytest.raises(DeliveryRefused, match="secret"):
        WebhookCarrier(HERE).send(parcel("https://x.org/", ""))


class Rebinding:
    """A name that is public when it is first asked for, and private ever after."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked = 0

    def __call__(self, _host: str, _port: int) -> Sequence[str]:
        self.asked += 1
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


def test_a_name_that_is_bound_anew_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is looked up once, and the connection goes to the address that was checked."""
    went: list[str] = []

    def connect(_self: object, host: str, *_: object, **__: object) -> None:
        went.append(host)
        raise httpcore.ConnectError("nobody there")

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)
    look_up = Rebinding(["93.184.215.14"], ["127.0.0.1"])
    carrier = WebhookCarrier(HERE, look_up)
    with pytest.raises(DeliveryFailed):
        carrier.send(parcel("https://hook.example.org/"))
    assert (went, look_up.asked) == (["93.184.215.14"], 1)
    with pytest.raises(DeliveryRefused, match="private"):
        carrier.send(parcel("https://hook.example.org/"))
    assert went == ["93.184.215.14"]


@pytest.mark.parametrize(
    "addresses", [["10.1.2.3"], ["93.184.215.14", "192.168.1.1"], ["fe80::1%eth0"], ["fd00::1"]]
)
def test_one_private_address_among_them_is_enough(addresses: list[str]) -> None:
    with pytest.raises(DeliveryRefused, match="private network"):
        WebhookCarrier(HERE, lambda _, __: addresses).send(parcel("https://hook.example.org/"))


def test_a_name_that_is_not_known_is_tried_again() -> None:
    def unknown(_host: str, _port: int) -> Sequence[str]:
        raise socket.gaierror(-2, "unknown")

    answers: list[Resolve] = [unknown, lambda _, __: []]
    for look_up in answers:
        with pytest.raises(DeliveryFailed, match="name"):
            WebhookCarrier(HERE, look_up).send(parcel("https://hook.example.org/"))


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("127.0.0.1", False),
        ("10.0.0.1", False),
        ("172.16.3.4", False),
        ("192.168.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("fc00::1", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("2001:0:7f00:1::", False),
        ("ff02::1", False),
        ("not an address", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_this_machine_is_known_by_name() -> None:
    assert set(resolve("localhost", 80)) <= {"127.0.0.1", "::1"}


@contextmanager
def raw_server(answer: list[bytes], pause_s: float) -> Iterator[str]:
    """A server that sends ``answer`` piece by piece, with pauses, for as long as it is let."""
    stop, listening = threading.Event(), socket.create_server(("127.0.0.1", 0))
    listening.settimeout(5)

    def serve() -> None:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        with connection:
            connection.recv(65536)
            for piece in answer:
                if stop.wait(pause_s):
                    return
                try:
                    connection.sendall(piece)
                except OSError:
                    return

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://localhost:{listening.getsockname()[1]}/"
    finally:
        stop.set()
        listening.close()
        thread.join()


def _only_v4(_host: str, _port: int) -> Sequence[str]:
    return ["127.0.0.1"]


def test_silence_is_given_up() -> None:
    with raw_server([b"late"], 30.0) as url, pytest.raises(DeliveryFailed, match="in time"):
        WebhookCarrier(QUICK, _only_v4).send(parcel(url))


def test_a_server_that_drips_is_given_up_as_a_whole() -> None:
    """Each byte comes in time, but all together never do."""
    drip = [bytes([byte]) for byte in b"HTTP/1.1 200 OK\r\nX: " + b"y" * 2000]
    with raw_server(drip, 0.05) as url, pytest.raises(DeliveryFailed, match="in time"):
        WebhookCarrier(QUICK, _only_v4).send(parcel(url))


def test_a_body_without_end_does_not_matter() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    with raw_server([head, *[b"1\r\nx\r\n"] * 1000], 0.02) as url:
        assert WebhookCarrier(QUICK, _only_v4).send(parcel(url)) == "taken (200)"


def test_an_answer_that_is_no_http_is_tried_again() -> None:
    with raw_server([b"what?\r\n\r\n"], 0.0) as url, pytest.raises(DeliveryFailed):
        WebhookCarrier(QUICK, _only_v4).send(parcel(url))


def test_all_time_is_one_budget() -> None:
    moments = iter([0.0, 1.0, 7.0])
    backend = CheckedBackend(frozenset(), 5.0, resolve, lambda: next(moments))
    assert backend.left(None) == 4.0
    with pytest.raises(httpcore.ReadTimeout):
        backend.left(1.0)


def test_many_webhooks_under_faults(httpserver: HTTPServer, tmp_path: Path) -> None:
    """Over real connections, to a receiver that honours keys: none lost, none doubled, in order."""
    chance, taken = random.Random(7), list[tuple[str, str, int]]()

    def handler(request: Request) -> Response:
        fate = chance.random()
        if fate < 0.1:
            return Response(status=500)
        if fate < 0.15:
            return Response(status=429, headers={"Retry-After": "30"})
        form = request.get_json()
        one = (request.headers["Idempotency-Key"], request.path, form["number"])
        if one not in taken:
            taken.append(one)
        return Response(status=503 if fate < 0.3 else 204)

    httpserver.expect_request("/r0").respond_with_handler(handler)
    httpserver.expect_request("/r1").respond_with_handler(handler)
    book = book_with(recipient=lambda who: to(httpserver.url_for(f"/{who}")))
    with desk_in(tmp_path) as desk:
        sent = [message(number, to=f"r{number % 2}") for number in range(1, 101)]
        for one in sent:
            desk.outbox.enqueue([one], released([one]))
        carriers = {"webhook": WebhookCarrier(HERE, _only_v4)}
        while (due := desk.queue.next_due()) is not None:
            desk.clock.advance(due)
            done = desk.outbox.deliver_one(dict(carriers), book)
            assert done is None or done[0].state is not State.DEAD
    assert sorted(key for key, _, _ in taken) == sorted(one.key for one in sent)
    for path in ("/r0", "/r1"):
        numbers = [number for _, where, number in taken if where == path]
        assert numbers == sorted(numbers)
