"""What is unpacked: every file as its manifest says, and nothing that leads elsewhere."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest
import zstandard

from tocsin.backup.packing import Member, Packing, of_bytes, packed
from tocsin.backup.refusals import Damaged
from tocsin.backup.unpacking import unpack
from tocsin.errors import EnvironmentFailed, UsageError

FILES = {"project/a.txt": b"a", "project/deep/" + "n" * 150: b"", "keys/k": bytes(3000)}


def _bytes(*members: Member, **head: Any) -> bytes:
    return b"".join(packed(head, members, Packing()))


def _unpacked(data: bytes) -> dict[str, bytes]:
    found: dict[str, bytes] = {}

    def take(name: str, parts: Iterator[bytes]) -> None:
        found[name] = b"".join(parts)

    unpack(io.BytesIO(data), lambda _: None, take)
    return found


def test_what_went_in_comes_out() -> None:
    data = _bytes(*(of_bytes(name, said) for name, said in FILES.items()))
    assert _unpacked(data) == FILES


def test_any_tar_reads_it() -> None:
    data = _bytes(*(of_bytes(name, said) for name, said in FILES.items()))
    plain = zstandard.ZstdDecompressor().decompressobj().decompress(data)
    with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
        assert tar.getnames() == ["backup.json", *FILES, "manifest.json"]


def test_a_file_that_shrinks_while_it_is_read_is_refused() -> None:
    with pytest.raises(EnvironmentFailed, match="changed while"):
        _bytes(Member("project/a", 10, (b"short",)))


def _tar(fill: Callable[[tarfile.TarFile], None], **manifest: Any) -> bytes:
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        _add(tar, "backup.json", orjson.dumps({"format": 1}))
        fill(tar)
        _add(tar, "manifest.json", orjson.dumps(manifest or {"files": {}}))
    return zstandard.ZstdCompressor().compress(plain.getvalue())


def _add(tar: tarfile.TarFile, name: str, data: bytes = b"x", **more: Any) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for field, value in more.items():
        setattr(info, field, value)
    tar.addfile(info, io.BytesIO(data))


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd",
        "../x",
        "project/../../x",
        "project//x",
        "project/./x",
        "project/",
        "project",
        "keys/../x",
        "keys/a/b",
        "keys/..",
        "keys/",
        "other/x",
        "project/C:\\x",
        "project/c:x",
        "project/a\nb",
        "x",
    ],
)
def test_names_that_lead_elsewhere_are_refused(name: str) -> None:
    with pytest.raises(Damaged, match="name that no backup has"):
        _unpacked(_tar(lambda tar: _add(tar, name)))


@pytest.mark.parametrize(
    "kind",
    [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE],
)
def test_links_and_devices_are_refused(kind: bytes) -> None:
    with pytest.raises(Damaged, match="else than files"):
        _unpacked(_tar(lambda tar: _add(tar, "project/x", b"", type=kind, linkname="/etc/passwd")))


def test_a_file_twice_is_refused() -> None:
    def twice(tar: tarfile.TarFile) -> None:
        _add(tar, "project/x")
        _add(tar, "project/x", b"y")

    with pytest.raises(Damaged, match="name that no backup has"):
        _unpacked(_tar(twice))


def test_what_the_manifest_does_not_say_is_refused() -> None:
    with pytest.raises(Damaged, match="manifest"):
        _unpacked(_tar(lambda tar: _add(tar, "project/x")))
    with pytest.raises(Damaged, match="manifest"):
        _unpacked(_tar(lambda _: None, files={"backup.json": {"size": 1, "sha256": "00"}}))
    with pytest.raises(Damaged, match="manifest"):
        _unpacked(_tar(lambda tar: _add(tar, "manifest.json", b"[]")))


def test_nothing_follows_the_end() -> None:
    good = _bytes(of_bytes("project/a", b"a"))
    with pytest.raises(Damaged):
        _unpacked(good + b"more")
    with pytest.raises(Damaged):
        _unpacked(good + good)
    for cut in (1, len(good) // 2, len(good) - 1):
        with pytest.raises(Damaged):
            _unpacked(good[:cut])


def test_a_later_format_and_a_foreign_file_are_told_apart() -> None:
    plain = zstandard.ZstdDecompressor().decompressobj().decompress(_bytes())
    later = plain.replace(b'"format":1', b'"format":2')
    with pytest.raises(UsageError, match="later version"):
        _unpacked(zstandard.ZstdCompressor().compress(later))
    foreign = io.BytesIO()
    with tarfile.open(fileobj=foreign, mode="w") as tar:
        _add(tar, "holiday.jpg")
    with pytest.raises(Damaged, match="no backup of tocsin"):
        _unpacked(zstandard.ZstdCompressor().compress(foreign.getvalue()))
    for data in (b"", b"no zstd at all", zstandard.ZstdCompressor().compress(b"no tar")):
        with pytest.raises(Damaged):
            _unpacked(data)
