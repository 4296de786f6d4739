"""One polite GET: bounded in bytes, time and redirects, never into a private network.

httpx is told the address that was checked, so that a name cannot mean another host between
check and connection; certificates are still checked against the name.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import httpx

from tocsin.errors import Unfit
from tocsin.sources.addresses import Resolve, resolve, usable

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PIECE = 65_536
_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """How much of a server's answer is taken, and how.

    Args:
        max_bytes: of the body, unpacked.
        timeout_s: without a byte arriving.
        total_s: for one answer, redirects included.
        private: private addresses are allowed.
        agent: how we introduce ourselves.
    """

    max_bytes: int = 8 << 20
    timeout_s: float = 20.0
    total_s: float = 60.0
    max_redirects: int = 5
    private: bool = False
    agent: str = "tocsin (feed reader)"


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer.

    Args:
        headers: with names in lower case.
        url: where it came from in the end.
        moved: every redirect on the way was permanent, so the address should be changed.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str
    moved: bool = False


class Fetcher:
    """Fetches documents; holds one client.

    Args:
        elapsed: seconds on a clock that only goes forward.
    """

    def __init__(
        self, limits: FetchLimits, elapsed: Callable[[], float], find: Resolve = resolve
    ) -> None:
        self._limits = limits
        self._elapsed = elapsed
        self._find = find
        # trust_env: an address checked here must not be looked up by a proxy again
        self._client = httpx.Client(
            timeout=limits.timeout_s, trust_env=False, follow_redirects=False, http2=False
        )

    def get(self, url: str, headers: Mapping[str, str]) -> Fetched:
        """The document at ``url``.

        Raises:
            Unfit: it cannot be had: no answer, too much, too slow, too many redirects, or a
                redirect to where we do not go. Says which.
        """
        end = self._elapsed() + self._limits.total_s
        permanent, here = True, url
        for hop in range(self._limits.max_redirects + 1):
            found = self._one(here, headers, end)
            if found.status not in _REDIRECTS:
                return Fetched(found.status, found.headers, found.body, here, permanent and hop > 0)
            permanent = permanent and found.status in (301, 308)
            here = _next_url(here, found.headers.get("location", ""))
        raise Unfit(
            f"more than {self._limits.max_redirects} redirects", "look where it leads in a browser"
        )

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def _one(self, url: str, headers: Mapping[str, str], end: float) -> Fetched:
        target = _web_url(url)
        port = target.port or _PORTS[target.scheme]
        address = usable(target.host, port, self._find, private=self._limits.private)
        request = self._client.build_request(
            "GET",
            target.copy_with(host=address),
            headers={
                "User-Agent": self._limits.agent,
                "Accept-Encoding": "gzip, deflate",
                **headers,
                "Host": target.netloc.decode("ascii"),
            },
            extensions={"sni_hostname": target.raw_host.decode("ascii")},
        )
        try:
            return self._answer(request, url, end)
        except httpx.TimeoutException as error:
            raise _too_slow() from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            problem = f"no answer ({type(error).__name__})"
            raise Unfit(problem, "check the address and the network") from error

    def _answer(self, request: httpx.Request, url: str, end: float) -> Fetched:
        response = self._client.send(request, stream=True)
        try:
            known = {name.lower(): value for name, value in response.headers.items()}
            body = b""
            if response.status_code == httpx.codes.OK:
                pieces = self._until(end, response.iter_raw(_PIECE))
                packing = known.get("content-encoding", "")
                body = unpacked(pieces, packing, self._limits.max_bytes)
            return Fetched(response.status_code, known, body, url)
        finally:
            response.close()

    def _until(self, end: float, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            yield piece
            if self._elapsed() > end:
                raise _too_slow()


def _too_slow() -> Unfit:
    return Unfit("the server did not answer in time", "it will be asked again")


def _web_url(url: str) -> httpx.URL:
    try:
        found = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise Unfit("this is no web address", "write it as https://…") from error
    if found.scheme not in _PORTS or not found.host:
        raise Unfit("this is no web address", "write it as https://…")
    if found.userinfo:
        raise Unfit("the address holds a password", "name the public address")
    return found


def _next_url(here: str, location: str) -> str:
    if not location:
        raise Unfit("a redirect that leads nowhere", "look at the address in a browser")
    before = httpx.URL(here)
    try:
        after = before.join(location)
    except httpx.InvalidURL as error:
        raise Unfit("a redirect that leads nowhere", "look at it in a browser") from error
    if before.scheme == "https" and after.scheme == "http":
        raise Unfit("a redirect from https to http", "name the address it should be read at")
    return str(after)


def unpacked(pieces: Iterable[bytes], packing: str, limit: int) -> bytes:
    """A body of at most ``limit`` bytes, unpacked piece by piece so that no bomb goes off.

    Raises:
        Unfit: larger, packed in a way we did not ask for, or not what it says.
    """
    packing = packing.strip().lower()
    if packing not in ("", "identity", "gzip", "x-gzip", "deflate"):
        raise Unfit(f"packed as {packing[:40]!r}, which was not asked for", "tell its operator")
    if packing in ("", "identity"):
        return _joined(pieces, limit)
    return _joined(_inflated(pieces, limit), limit)


def _joined(pieces: Iterable[bytes], limit: int) -> bytes:
    found = bytearray()
    for piece in pieces:
        found += piece
        if len(found) > limit:
            raise Unfit(f"larger than {limit:,} bytes", "raise max_megabytes if that is right")
    return bytes(found)


def _inflated(pieces: Iterable[bytes], limit: int) -> Iterator[bytes]:
    unpack = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        for piece in pieces:
            rest = piece
            while rest:
                yield unpack.decompress(rest, _PIECE)
                rest = unpack.unconsumed_tail
        yield unpack.decompress(unpack.unconsumed_tail, limit + 1)
    except zlib.error as error:
        raise Unfit("the packed answer is broken", "it will be asked again") from error
    if not unpack.eof:
        raise Unfit("the answer breaks off", "it will be asked again")
