"""The pages of a Telegram Desktop HTML export: a folder, one page, or a zip of the folder."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tocsin.errors import EnvironmentFailed, RecordRefused
from tocsin.sources.files import is_zip
from tocsin.sources.json_events import Broken, Readable
from tocsin.sources.refusals import refuse_file

MAX_RATIO = 200
"""A page of an export packs to a tenth or twentieth; ten kilobytes of nothing to one thousandth."""
MAX_PAGE_BYTES = 1 << 32
MAX_ALL_BYTES = 1 << 34
MAX_DIRECTORY_BYTES = 1 << 25
"""Of the list of a zip's members, which is held in memory."""

_SMALL = 1 << 20
_PAGE = re.compile(r"messages(\d{0,6})\.html", re.ASCII)
_ZIP_END = b"PK\x05\x06"
_ZIP_END_BYTES = 22
_MAX_COMMENT = 65_535
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError)
_UNPACK = "unpack it and name the folder, if you trust where it came from"


@dataclass(frozen=True, slots=True)
class Page:
    """One page.

    Args:
        where: the export as the person named it.
        name: of the page inside it; "" where the export is this page.
    """

    where: Path
    name: str

    @property
    def file(self) -> str:
        """What messages call it."""
        return str(self.where / self.name) if self.name else str(self.where)

    @contextmanager
    def opened(self) -> Iterator[Readable]:
        """Its bytes.

        Raises:
            Broken: while reading, the zip turns out to be damaged.
            EnvironmentFailed: the system will not let us read it.
        """
        if is_packed(self.where):
            try:
                with zipfile.ZipFile(self.where) as archive, archive.open(self.name) as stream:
                    yield _Unpacked(stream)
            except (*_DAMAGE, NotImplementedError, RuntimeError) as error:
                raise Broken("is damaged inside the zip") from error
            return
        try:
            with (self.where / self.name if self.name else self.where).open("rb") as file:
                yield file
        except OSError as error:
            raise EnvironmentFailed(f"{self.file}: cannot be read: {error.strerror}") from error


class _Unpacked:
    """A member of a zip whose damage is a break in the page, whatever zipfile calls it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._member = stream

    def read(self, size: int, /) -> bytes:
        """The next bytes.

        Raises:
            Broken: the member is damaged.
        """
        try:
            return self._member.read(size)
        except _DAMAGE as error:
            raise Broken("is damaged inside the zip from here on") from error


def is_packed(path: Path) -> bool:
    """Whether the export is a zip."""
    return path.is_file() and is_zip(path)


def pages_of(path: Path) -> list[Page]:
    """The pages of an export in their order: messages.html, messages2.html, …

    Raises:
        RecordRefused: there are none, or a zip is damaged, or larger inside than it may be.
    """
    if path.is_dir():
        if (path / "export_results.html").exists():
            raise refuse_file(
                path,
                "a whole account, with its private chats",
                "name the folder of one public channel in it, or export that channel alone",
            )
        return _ordered(path, [one.name for one in path.iterdir() if one.is_file()])
    return _packed_pages(path) if is_packed(path) else [Page(path, "")]


def _ordered(path: Path, names: list[str]) -> list[Page]:
    numbered = {}
    for name in names:
        match = _PAGE.fullmatch(name.rpartition("/")[2])
        if match:
            numbered[int(match[1] or 1), name] = Page(path, name)
    if not numbered:
        raise refuse_file(path, "there is no messages.html in it", "name the export's folder")
    return [numbered[key] for key in sorted(numbered)]


def _packed_pages(path: Path) -> list[Page]:
    try:
        _check_directory(path)
        with zipfile.ZipFile(path) as archive:
            members = [one for one in archive.infolist() if _is_page(one.filename)]
    except (*_DAMAGE, NotImplementedError) as error:
        advice = "export or copy it again"
        raise refuse_file(path, "the zip is damaged or cut off", advice) from error
    _check_members(path, members)
    return _ordered(path, [one.filename for one in members])


def _is_page(name: str) -> bool:
    # a name with a line break would break the one line of a refusal
    return name.isprintable() and _PAGE.fullmatch(name.rpartition("/")[2]) is not None


def _check_directory(path: Path) -> None:
    """Look at the list of members before it is read: it is held in memory whole."""
    with path.open("rb") as stream:
        size = stream.seek(0, io.SEEK_END)
        stream.seek(max(0, size - _ZIP_END_BYTES - _MAX_COMMENT))
        tail = stream.read()
    at = tail.rfind(_ZIP_END)
    if at < 0 or int.from_bytes(tail[at + 12 : at + 16], "little") > MAX_DIRECTORY_BYTES:
        raise refuse_file(path, "the zip is damaged, or holds too many files", _UNPACK)


def _check_members(path: Path, members: list[zipfile.ZipInfo]) -> None:
    if len({one.filename.rpartition("/")[0] for one in members}) > 1:
        raise refuse_file(path, "the zip holds several exports", "unpack it, name one folder")
    if any(one.flag_bits & 1 for one in members):
        raise refuse_file(path, "the zip has a password", "unpack it and name the folder")
    if any(one.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for one in members):
        raise refuse_file(path, "the zip is packed in an unusual way", _UNPACK)
    for one in members:
        ratio = one.file_size / max(1, one.compress_size)
        if one.file_size > MAX_PAGE_BYTES or (one.file_size > _SMALL and ratio > MAX_RATIO):
            raise _bomb(path)
    if sum(one.file_size for one in members) > MAX_ALL_BYTES:
        raise _bomb(path)


def _bomb(path: Path) -> RecordRefused:
    return refuse_file(path, "the zip is far larger inside than an export is", _UNPACK)
