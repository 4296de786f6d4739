"""Connections that go where they were checked to go, and end when their time is up.

A host's name is looked up once, when the connection is made, and the connection goes to the very
address that was checked; so a name that answers differently the next time gains nothing.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import httpcore
import httpx

from tocsin.errors import DeliveryFailed, DeliveryRefused

Resolve = Callable[[str, int], Sequence[str]]
Elapsed = Callable[[], float]


def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of a host.

    Raises:
        OSError: the name is not known, or nobody could be asked.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


def is_public(address: str) -> bool:
    """Whether an address is one of the open internet: not private, loopback, link-local, reserved,
    multicast, nor any of those in the clothes of IPv6.
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = parsed.ipv4_mapped or parsed.sixtofour or _translated(parsed)
        if parsed.teredo is not None:
            return False
        if inner is not None:
            return is_public(str(inner))
    return parsed.is_global and not parsed.is_multicast and not parsed.is_reserved


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def _translated(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that a NAT64 gateway would go to."""
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None


class CheckedBackend(httpcore.NetworkBackend):
    """Opens connections to checked addresses alone, all within one deadline.

    Args:
        private_hosts: hosts that may have a private address.
        seconds: from now, until which everything must be over.
    """

    def __init__(
        self,
        private_hosts: frozenset[str],
        seconds: float,
        look_up: Resolve = resolve,
        elapsed: Elapsed = time.monotonic,
    ) -> None:
        self._private_hosts = private_hosts
        self._look_up = look_up
        self._elapsed = elapsed
        self._ends = elapsed() + seconds
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of ``host``, after all of them were checked.

        Raises:
            DeliveryRefused: one of them is not public.
            DeliveryFailed: the name is not known now.
        """
        address = self._checked(host, port)
        rest = self.left(timeout)
        options = {"local_address": local_address, "socket_options": socket_options}
        stream = self._inner.connect_tcp(address, port, rest, **options)  # type: ignore[arg-type]
        return _BoundedStream(stream, self)

    def _checked(self, host: str, port: int) -> str:
        try:
            addresses = self._look_up(host, port)
        except (OSError, UnicodeError):
            raise DeliveryFailed("the host's name is not known now") from None
        if not addresses:
            raise DeliveryFailed("the host's name has no address now")
        if host.lower() not in self._private_hosts and not all(map(is_public, addresses)):
            raise DeliveryRefused(
                "the host lies in a private network; if it is your own, name it in "
                "delivery.private_hosts"
            )
        return addresses[0]

    def left(self, timeout: float | None) -> float:
        """Seconds until whichever comes first: this silence is too long, or all time is up.

        Raises:
            httpcore.ReadTimeout: all time is up.
        """
        rest = self._ends - self._elapsed()
        if rest <= 0:
            raise httpcore.ReadTimeout("the whole took too long")
        return rest if timeout is None else min(timeout, rest)


class _BoundedStream(httpcore.NetworkStream):
    """A connection that a server cannot keep open by sending a byte now and then."""

    def __init__(self, inner: httpcore.NetworkStream, backend: CheckedBackend) -> None:
        self._inner = inner
        self._backend = backend

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._backend.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._backend.left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        rest = self._backend.left(timeout)
        return _BoundedStream(
            self._inner.start_tls(ssl_context, server_hostname, rest), self._backend
        )

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class CheckedTransport(httpx.HTTPTransport):
    """httpx over a :class:`CheckedBackend`; no proxy and nothing from the environment."""

    def __init__(self, backend: CheckedBackend, context: ssl.SSLContext) -> None:
        super().__init__(verify=context, trust_env=False)
        self._pool.close()
        self._pool = httpcore.ConnectionPool(
            ssl_context=context,
            max_connections=1,
            max_keepalive_connections=0,
            network_backend=backend,
        )
