"""Which addresses a feed may lie at: none inside the desk's own network unless it is allowed."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from typing import Any

from tocsin.errors import Unfit

Resolve = Callable[[str, int], list[str]]
"""Host name and port → addresses."""

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_LAST_32 = 0xFFFF_FFFF


def resolve(host: str, port: int) -> list[str]:
    """The addresses of ``host``, as the system finds them, each once.

    Raises:
        Unfit: the name is not known.
    """
    try:
        found: list[Any] = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unfit("the host name is not known", "check the address and the network") from error
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def is_public(address: str) -> bool:
    """Whether an IP address is reachable by everybody, so not one of a private network."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & _LAST_32)
        if inner is not None:
            return is_public(str(inner))
    return found.is_global and not found.is_multicast


def usable(host: str, port: int, find: Resolve, *, private: bool) -> str:
    """One address of ``host`` to connect to, checked.

    All are checked, and the one returned is the one to use: asking for the name again could give
    another answer.

    Raises:
        Unfit: not known, or one of its addresses is private and that is not allowed.
    """
    addresses = find(host, port)
    if not addresses:
        raise Unfit("the host name has no address", "check the address")
    if not private and not all(map(is_public, addresses)):
        raise Unfit(
            "the address lies in a private network",
            "if that is meant, set private_addresses = true for this source",
        )
    return addresses[0]
