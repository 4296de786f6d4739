from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from stamp_servers import Authority, Validity, served
from tocsin.archive.asking import MOST_BYTES, Patience, ask
from tocsin.archive.timestamps_rfc3161 import load_roots, read_stamp, request_stamp
from tocsin.errors import EnvironmentFailed, Unfit, UsageError

MESSAGE = b'{"end":20,"first":10,"root":"00"}'
AT_ONCE = Patience((), lambda _: None)
NOW = datetime.now(UTC)

pytestmark = pytest.mark.usefixtures("loopback")


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False) as found:
        yield found


def stamped(client: httpx.Client, authority: Authority, message: bytes = MESSAGE) -> bytes:
    with served(authority.stamp) as server:
        return request_stamp(client, server.url, message, AT_ONCE)


def test_a_stamp_of_a_trusted_authority_is_verified_offline(
    client: httpx.Client, tmp_path: Path
) -> None:
    authority = Authority(tmp_path / "tsa")
    response = stamped(client, authority)
    stamp = read_stamp(response, MESSAGE, load_roots([authority.root]))
    assert stamp.verified
    assert abs(stamp.at - datetime.now(UTC)) < timedelta(minutes=5)
    assert not read_stamp(response, MESSAGE, []).verified


def test_openssl_verifies_the_same_files_by_hand(client: httpx.Client, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "tsa")
    (tmp_path / "head.tsr").write_bytes(stamped(client, authority))
    (tmp_path / "head.json").write_bytes(MESSAGE)
    command = ["openssl", "ts", "-verify", "-data", "head.json", "-in", "head.tsr"]
    done = subprocess.run(
        [*command, "-CAfile", str(authority.root)], cwd=tmp_path, capture_output=True, check=False
    )
    assert b"Verification: OK" in done.stdout + done.stderr


def test_only_the_digest_leaves_this_machine(client: httpx.Client, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "tsa")
    with served(authority.stamp) as server:
        request_stamp(client, server.url, MESSAGE, AT_ONCE)
    ((_, sent),) = server.asked
    assert MESSAGE not in sent
    assert len(sent) < 100


@pytest.mark.parametrize(
    "signer",
    [
        Validity(NOW - timedelta(days=90), NOW - timedelta(days=1)),
        Validity(NOW + timedelta(days=1), NOW + timedelta(days=90)),
        Validity(for_stamps=False),
    ],
    ids=["expired", "not yet valid", "for another use"],
)
def test_a_wrong_certificate_is_refused(
    client: httpx.Client, tmp_path: Path, signer: Validity
) -> None:
    authority = Authority(tmp_path / "tsa", signer)
    with pytest.raises((Unfit, EnvironmentFailed)) as refused:  # openssl may refuse to sign
        read_stamp(stamped(client, authority), MESSAGE, load_roots([authority.root]))
    assert (
        "trust" in str(refused.value)
        or "500" in str(refused.value)
        or "refused" in str(refused.value)
    )


def test_an_untrusted_authority_is_refused(client: httpx.Client, tmp_path: Path) -> None:
    authority, other = Authority(tmp_path / "tsa"), Authority(tmp_path / "other")
    with pytest.raises(Unfit, match="root certificate you trust"):
        read_stamp(stamped(client, authority), MESSAGE, load_roots([other.root]))


def test_a_certificate_of_another_key_is_refused(client: httpx.Client, tmp_path: Path) -> None:
    """The signer's name and root are right, the key that signs is another."""
    authority, other = Authority(tmp_path / "tsa"), Authority(tmp_path / "other")
    response = stamped(client, authority)
    forged = Authority(tmp_path / "forged")
    shutil.copy(other.root, forged.root)
    with pytest.raises(Unfit, match="root certificate you trust"):
        read_stamp(response, MESSAGE, load_roots([forged.root]))


def test_a_stamp_of_another_message_is_refused(client: httpx.Client, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "tsa")
    response = stamped(client, authority, b"another")
    with pytest.raises(Unfit, match="another message"):
        read_stamp(response, MESSAGE, load_roots([authority.root]))


def test_an_old_answer_played_again_is_refused(client: httpx.Client, tmp_path: Path) -> None:
    old = stamped(client, Authority(tmp_path / "tsa"))
    with served(lambda *_: (200, old)) as server, pytest.raises(Unfit, match="another request"):
        request_stamp(client, server.url, MESSAGE, AT_ONCE)


def test_a_changed_byte_is_refused_wherever_it_stands(client: httpx.Client, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "tsa")
    response, roots = stamped(client, authority), load_roots([authority.root])
    told = read_stamp(response, MESSAGE, roots)
    for at in range(0, len(response), 7):
        changed = bytearray(response)
        changed[at] ^= 0x01
        try:
            stamp = read_stamp(bytes(changed), MESSAGE, roots)
        except Unfit:
            continue
        # A few bytes are no part of what is signed (lengths written another way, for example).
        assert stamp.at == told.at


@pytest.mark.parametrize("answer", [b"", b"<html>no</html>", b"\x30\x03\x02\x01\x02", b"0" * 5000])
def test_garbage_is_refused(client: httpx.Client, answer: bytes) -> None:
    with served(lambda *_: (200, answer)) as server, pytest.raises(Unfit):
        request_stamp(client, server.url, MESSAGE, AT_ONCE)


def test_a_truncated_answer_is_refused(client: httpx.Client, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "tsa")
    response, roots = stamped(client, authority), load_roots([authority.root])
    for size in range(0, len(response), 31):
        with pytest.raises(Unfit):
            read_stamp(response[:size], MESSAGE, roots)


def test_what_may_pass_is_asked_again_and_what_will_not_is_not(client: httpx.Client) -> None:
    waited: list[float] = []
    answers = iter([(503, b""), (429, b""), (200, b"here")])
    with served(lambda *_: next(answers)) as server:
        request = httpx.Request("POST", server.url, content=b"x")
        assert ask(client, request, Patience((1.0, 5.0, 9.0), waited.append)) == b"here"
    assert waited == [1.0, 5.0]
    with served(lambda *_: (404, b"")) as server, pytest.raises(EnvironmentFailed, match="404"):
        ask(client, httpx.Request("GET", server.url), Patience((1.0,), waited.append))
    assert len(server.asked) == 1
    with served(lambda *_: (503, b"")) as server, pytest.raises(EnvironmentFailed, match="503"):
        ask(client, httpx.Request("GET", server.url), Patience((1.0,), waited.append))
    assert len(server.asked) == 2
    with pytest.raises(EnvironmentFailed, match="no answer"):
        ask(client, httpx.Request("GET", server.url), AT_ONCE)


def test_an_endless_answer_is_cut_off(client: httpx.Client) -> None:
    endless = served(lambda *_: (200, bytes(MOST_BYTES + 1)))
    with endless as server, pytest.raises(EnvironmentFailed, match="more than 1 MB"):
        ask(client, httpx.Request("GET", server.url), AT_ONCE)


def test_a_file_without_certificates_is_refused(tmp_path: Path) -> None:
    (tmp_path / "root.pem").write_text("nothing")
    with pytest.raises(UsageError, match="no certificate"):
        load_roots([tmp_path / "root.pem"])
