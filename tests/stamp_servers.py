"""Servers of third parties on this machine: a real time-stamp authority, and a calendar."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from opentimestamps.core.notary import (
    BitcoinBlockHeaderAttestation,
    PendingAttestation,
    TimeAttestation,
)
from opentimestamps.core.op import OpAppend, OpPrepend, OpSHA256
from opentimestamps.core.serialize import BytesSerializationContext
from opentimestamps.core.timestamp import Timestamp

Answer = Callable[[str, bytes], tuple[int, bytes]]


@dataclass
class Server:
    """What was asked, and where."""

    url: str
    asked: list[tuple[str, bytes]] = field(default_factory=list)


@contextmanager
def served(answer: Answer) -> Iterator[Server]:
    """A server that answers (path, body) with (status, body)."""
    server = Server("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["Content-Length"])))

        def do_GET(self) -> None:
            self._answer(b"")

        def _answer(self, body: bytes) -> None:
            server.asked.append((self.path, body))
            status, data = answer(self.path, body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        server.url = f"http://127.0.0.1:{httpd.server_port}"
        thread = threading.Thread(target=httpd.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            httpd.shutdown()
            thread.join()


_CONFIG = """
[tsa]
default_tsa = main
[main]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/signer.pem
signer_key = {folder}/signer.key
certs = {folder}/root.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


@dataclass(frozen=True)
class Validity:
    """How a certificate of the authority is made."""

    begins: datetime = datetime.now(UTC) - timedelta(days=2)
    ends: datetime = datetime.now(UTC) + timedelta(days=300)
    for_stamps: bool = True


class Authority:
    """A certificate of its own root, and ``openssl ts`` to stamp with it."""

    def __init__(self, folder: Path, signer: Validity | None = None) -> None:
        if shutil.which("openssl") is None:
            pytest.skip("openssl is not installed: no time-stamp authority to test against")
        folder.mkdir()
        self.folder = folder
        self.root = folder / "root.pem"
        self._make(signer or Validity())
        (folder / "serial").write_text("01\n")
        (folder / "tsa.cnf").write_text(_CONFIG.format(folder=folder))

    def _make(self, validity: Validity) -> None:
        root_key, key = ec.generate_private_key(ec.SECP256R1()), _signer_key(self.folder)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"root {self.folder.name}")])
        own = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "signer")])
        wide = Validity(datetime.now(UTC) - timedelta(days=400))
        root = _builder(name, name, root_key.public_key(), wide).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        usage = (
            ExtendedKeyUsageOID.TIME_STAMPING
            if validity.for_stamps
            else ExtendedKeyUsageOID.SERVER_AUTH
        )
        signer = _builder(own, name, key.public_key(), validity).add_extension(
            x509.ExtendedKeyUsage([usage]), critical=True
        )
        for path, made in ((self.root, root), (self.folder / "signer.pem", signer)):
            signed = made.sign(root_key, hashes.SHA256())
            path.write_bytes(signed.public_bytes(serialization.Encoding.PEM))

    def stamp(self, _path: str, request: bytes) -> tuple[int, bytes]:
        """The answer of ``openssl ts -reply``."""
        (self.folder / "request.tsq").write_bytes(request)
        done = subprocess.run(
            [
                *("openssl", "ts", "-reply", "-config", str(self.folder / "tsa.cnf")),
                *("-queryfile", str(self.folder / "request.tsq")),
                *("-out", str(self.folder / "reply.tsr")),
            ],
            capture_output=True,
            check=False,
        )
        if done.returncode:
            return 500, done.stderr
        return 200, (self.folder / "reply.tsr").read_bytes()


def _signer_key(folder: Path) -> ec.EllipticCurvePrivateKey:
    key = ec.generate_private_key(ec.SECP256R1())
    (folder / "signer.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return key


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, validity: Validity
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(validity.begins)
        .not_valid_after(validity.ends)
    )


def promise(digest: bytes) -> Timestamp:
    """What a calendar commits to, below its answer to a digest."""
    return Timestamp(digest).ops.add(OpAppend(b"calendar")).ops.add(OpSHA256())


def written(stamp: Timestamp) -> bytes:
    context = BytesSerializationContext()
    stamp.serialize(context)
    return bytes(context.getbytes())


def answer_to(digest: bytes, *attestations: TimeAttestation) -> bytes:
    stamp = Timestamp(digest)
    promised = stamp.ops.add(OpAppend(b"calendar")).ops.add(OpSHA256())
    promised.attestations.update(attestations)
    return written(stamp)


def block(commitment: bytes) -> tuple[bytes, bytes]:
    """(the path from a commitment to block 800000, the Merkle root it leads to)."""
    stamp = Timestamp(commitment)
    root = stamp.ops.add(OpPrepend(b"tree")).ops.add(OpSHA256())
    root.attestations.add(BitcoinBlockHeaderAttestation(800_000))
    return written(stamp), root.msg


class Calendar:
    """Answers a digest with a promise, and the promise with a block once it is ``ready``."""

    def __init__(self) -> None:
        self.ready = False
        self.server: Server | None = None

    def answer(self, path: str, body: bytes) -> tuple[int, bytes]:
        assert self.server is not None
        if path == "/digest":
            return 200, answer_to(body, PendingAttestation(self.server.url))
        if not self.ready:
            return 404, b"Pending confirmation in Bitcoin blockchain"
        return 200, block(bytes.fromhex(path.rsplit("/", 1)[1]))[0]
