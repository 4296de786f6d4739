"""Webhooks: a signed JSON body to an https address.

Headers: ``Idempotency-Key``; ``Tocsin-Timestamp`` (seconds since 1970); ``Tocsin-Signature``,
``v1=`` and the hex HMAC-SHA256, under the recipient's secret, of timestamp, ``.`` and body. A
receiver checks it with :func:`is_genuine`, or in three lines of any language.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx
import orjson

from tocsin.delivery.carrier import CarrierOptions, Parcel
from tocsin.delivery.connecting import (
    CheckedBackend,
    CheckedTransport,
    Resolve,
    resolve,
)
from tocsin.errors import DeliveryFailed, DeliveryRefused

WINDOW = timedelta(minutes=5)
"""A signature older or younger than this is a replay."""

MOST_REDIRECTS = 3
_WHOLE = 3.0
"""A whole try may last so many times the longest silence."""

_LATER = frozenset({408, 425, 429})
_SAME_AGAIN = frozenset({307, 308})
"""Redirects that keep method and body; the others would turn a message into a question."""


class WebhookCarrier:
    """Posts messages to addresses of the open internet, and to those that are allowed by name."""

    def __init__(self, options: CarrierOptions, look_up: Resolve = resolve) -> None:
        self._options = options
        self._look_up = look_up
        self._context = httpx.create_ssl_context(trust_env=False)

    def send(self, parcel: Parcel) -> str:
        """Post one message.

        Raises:
            DeliveryFailed: no answer in time, a server in trouble, or "too many, later".
            DeliveryRefused: the address is not allowed, or the receiver says no.
        """
        secret, url = parcel.recipient.secret, parcel.recipient.address
        if not secret:
            raise DeliveryRefused("a webhook needs a secret to sign with; give the recipient one")
        body = body_of(parcel)
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": parcel.key,
            "User-Agent": "tocsin",
            **signed(secret, body, parcel.at),
        }
        seconds = _WHOLE * self._options.timeout_s
        backend = CheckedBackend(self._options.private_hosts, seconds, self._look_up)
        try:
            with httpx.Client(
                transport=CheckedTransport(backend, self._context),
                timeout=self._options.timeout_s,
                trust_env=False,
            ) as client:
                return self._post(client, url, body, headers, parcel.at)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            raise DeliveryRefused("not an https address") from None
        except httpx.HTTPError as error:
            raise DeliveryFailed(f"no answer in time ({type(error).__name__})") from None

    def _post(
        self, client: httpx.Client, url: str, body: bytes, headers: dict[str, str], at: datetime
    ) -> str:
        target = httpx.URL(url)
        for _ in range(MOST_REDIRECTS + 1):
            self._check(target)
            # The body of an answer is not read: its status says all, and it may never end.
            with client.stream("POST", target, content=body, headers=headers) as response:
                if response.status_code not in _SAME_AGAIN:
                    return _verdict(response, at)
                further = target.join(response.headers.get("location", ""))
            if target.scheme == "https" and further.scheme != "https":
                raise DeliveryRefused("redirected from https to an open connection")
            target = further
        raise DeliveryRefused(f"redirected more than {MOST_REDIRECTS} times")

    def _check(self, url: httpx.URL) -> None:
        """In the clear only to hosts that are allowed by name; never with a password in it."""
        allowed = url.host.lower() in self._options.private_hosts
        if url.scheme != "https" and not (allowed and url.scheme == "http"):
            raise DeliveryRefused("not an https address")
        if url.userinfo:
            raise DeliveryRefused("a password in the address; webhooks are signed instead")


def build(options: CarrierOptions) -> WebhookCarrier:
    """The entry point."""
    return WebhookCarrier(options)


def body_of(parcel: Parcel) -> bytes:
    """The body; the same at each try."""
    return orjson.dumps(
        {
            "key": parcel.key,
            "warning": parcel.warning,
            "number": parcel.number,
            "kind": parcel.kind,
            "level": parcel.level.word,
            "language": parcel.language,
            "subject": parcel.subject,
            "text": parcel.text,
            "cap": parcel.cap,
            "drill": parcel.drill,
        },
        option=orjson.OPT_SORT_KEYS,
    )


def signed(secret: str, body: bytes, at: datetime) -> dict[str, str]:
    """The two headers that prove who sent a body, and when."""
    stamp = str(int(at.timestamp()))
    return {"Tocsin-Timestamp": stamp, "Tocsin-Signature": f"v1={_mac(secret, stamp, body)}"}


def is_genuine(
    secret: str, body: bytes, headers: dict[str, str], now: datetime, window: timedelta = WINDOW
) -> bool:
    """Whether a body was signed with ``secret`` within ``window`` of now; for receivers."""
    stamp = headers.get("Tocsin-Timestamp", "")
    given = headers.get("Tocsin-Signature", "")
    if not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12:
        return False
    expected = f"v1={_mac(secret, stamp, body)}"
    if not hmac.compare_digest(expected.encode(), given.encode()):
        return False
    return abs(now - datetime.fromtimestamp(int(stamp), UTC)) <= window


def _mac(secret: str, stamp: str, body: bytes) -> str:
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _verdict(response: httpx.Response, at: datetime) -> str:
    status = response.status_code
    if 200 <= status < 300:
        return f"taken ({status})"
    if status in _LATER or status >= 500:
        wait = retry_after(response.headers.get("retry-after", ""), at)
        raise DeliveryFailed(f"put off by the receiver ({status})", wait)
    raise DeliveryRefused(f"refused by the receiver ({status})")


def retry_after(value: str, now: datetime) -> float | None:
    """Seconds to wait, from either form that HTTP allows; None where it says nothing."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        until = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    until = until if until.tzinfo is not None else until.replace(tzinfo=UTC)
    return max(0.0, (until - now).total_seconds())
