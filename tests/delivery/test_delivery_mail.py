"""Mail against a server that misbehaves."""

from __future__ import annotations

import ssl
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from delivery_builders import T0, composed, recipient
from mailbox_support import Box, server

from tocsin.delivery import Parcel
from tocsin.delivery.carrier import CarrierOptions, MailServer, parcel_of
from tocsin.delivery.mail import MailCarrier, build, mail_of
from tocsin.errors import DeliveryFailed, DeliveryRefused

pytestmark = pytest.mark.usefixtures("loopback")


def options(port: int, **more: Any) -> CarrierOptions:
    said = {"host": "127.0.0.1", "port": port, "starttls": False, **more}
    return CarrierOptions("The desk", "desk@example.org", mail=MailServer(**said), timeout_s=5.0)


def parcel(address: str = "ana@example.org") -> Parcel:
    reader = recipient("ana", kind="mail", address=address, languages=("ru", "en"))
    return parcel_of(composed(1, reader), reader, T0)


def test_what_a_mailbox_gets() -> None:
    box, sent = Box(), parcel()
    with server(box) as port:
        assert build(options(port)).send(sent) == "taken by the mail server"
    (mail,) = box.mails
    assert mail["Message-ID"] == f"<{sent.key}@example.org>"
    assert mail["From"] == "The desk <desk@example.org>"
    assert mail["To"] == "ana@example.org"
    assert mail["Subject"] == sent.subject
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Id"] == "<warnings.example.org>"
    assert mail["Content-Language"] == "ru"
    parts = [part.get_content_type() for part in mail.walk() if not part.is_multipart()]
    assert parts == ["text/plain", "text/html", "application/cap+xml"]
    text = mail.get_body(("plain",))
    assert text is not None
    assert "Не пересылайте" in text.get_content()


def test_a_second_try_has_the_same_message_id() -> None:
    box, sent = Box("451 later", "250 OK"), parcel()
    with server(box) as port:
        carrier = build(options(port))
        with pytest.raises(DeliveryFailed, match="451"):
            carrier.send(sent)
        carrier.send(sent)
    assert box.mails[0]["Message-ID"] == f"<{sent.key}@example.org>"


def test_refused_for_good_and_without_the_address() -> None:
    with server(Box("554 no")) as port:
        with pytest.raises(DeliveryRefused, match="554"):
            build(options(port)).send(parcel())
        with pytest.raises(DeliveryRefused, match="550") as error:
            build(options(port)).send(parcel("nobody@example.org"))
    assert "nobody" not in str(error.value)


def test_no_server_is_tried_again_and_none_set_is_not() -> None:
    with pytest.raises(DeliveryFailed, match="not reached"):
        build(options(1)).send(parcel())
    with pytest.raises(DeliveryRefused, match=r"delivery\.mail_host"):
        build(options(1, host="")).send(parcel())


def test_nothing_is_handed_in_where_encryption_is_asked_for_and_not_there() -> None:
    box = Box()
    with server(box) as port, pytest.raises(DeliveryFailed, match="no encryption"):
        build(options(port, starttls=True)).send(parcel())
    assert box.mails == []


def test_a_user_the_server_does_not_know_is_tried_again() -> None:
    from aiosmtpd.smtp import AuthResult

    def no(*_: object) -> AuthResult:
        return AuthResult(success=False, handled=False)

    box = Box()
    more = {"authenticator": no, "auth_require_tls": False}
    with server(box, **more) as port, pytest.raises(DeliveryFailed, match="535"):
        build(options(port, user="ana", password="wrong")).send(parcel())
    assert box.mails == []


def test_over_an_encrypted_connection_to_a_server_that_is_known(tmp_path: Path) -> None:
    certificate, key = _certificate(tmp_path)
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(certificate, key)
    box = Box()
    with server(box, tls_context=own, require_starttls=True) as port:
        secure = options(port, host="localhost", starttls=True)
        MailCarrier(secure, lambda: ssl.create_default_context(cafile=str(certificate))).send(
            parcel()
        )
        with pytest.raises(DeliveryFailed):
            build(secure).send(parcel())
    assert len(box.mails) == 1


def _certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(T0.tzinfo)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "cert.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    )
    return certificate, private


@pytest.mark.parametrize(
    "address",
    ["", "ana", "ana@", "@x.org", "a@x.org, b@x.org", "a@x.org\r\nBcc: b@x.org", "a@inside"],
)
def test_an_address_that_is_not_one_is_refused(address: str) -> None:
    with pytest.raises(DeliveryRefused, match="not one mail address"):
        mail_of(parcel(address), options(1))


def test_a_drill_says_so_in_its_head() -> None:
    from dataclasses import replace

    assert mail_of(replace(parcel(), drill=True), options(1))["X-Tocsin-Drill"] == "yes"
    page = replace(parcel(), html="", cap="", language="", subject="a\nb")
    mail = mail_of(page, options(1))
    assert mail["Subject"] == "a b"
    assert mail.get_content_type() == "text/plain"
