"""Posts of a run as files in time order, and states of stages, on any file system fsspec knows.

Every machine of a cluster must be able to read them: a folder on one machine, an object store
(``s3://bucket/folder``) or a shared disk on many. A page is the unit in which posts are read again
after a failure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from struct import Struct

import fsspec

from tocsin.engines.flink.records import POSTS, millis
from tocsin.errors import EnvironmentFailed
from tocsin.model import Post

_FIRST = Struct(">q")
_STATES_KEPT = 8
"""Of one stage. Flink keeps its newest checkpoint; it names a state that is at most so many old."""


@dataclass(frozen=True, slots=True)
class Pages:
    """What was written.

    Args:
        count: pages, numbered from 0.
        posts: in all of them.
        last: the last post; None: there is none.
    """

    count: int
    posts: int
    last: Post | None


class WorkFolder:
    """Where a job keeps what all of its machines must read.

    Args:
        url: a path, or an address fsspec knows (``s3://…``).
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._files, self._root = fsspec.core.url_to_fs(self.url)

    def write_pages(self, posts: Iterable[Post], size: int) -> Pages:
        """Write posts, which come in the order of ``Post.order``, in pages of ``size``."""
        stream, count, total, last = iter(posts), 0, 0, None
        while page := list(islice(stream, size)):
            first = _FIRST.pack(millis(page[0].known_at))
            self._put(_page(count), first + POSTS.pack(page))
            count, total, last = count + 1, total + len(page), page[-1]
        return Pages(count, total, last)

    def page(self, number: int) -> bytes:
        """One page as it was written."""
        return self._get(_page(number))

    def write_state(self, stage: str, taken: int, state: bytes) -> str:
        """Keep a stage's state; returns its name. Its eighth oldest goes.

        Args:
            taken: records that the stage had taken: the same state always gets the same name.
        """
        name = f"{stage}/{taken:012d}.state"
        self._put(name, state)
        kept = sorted(self._files.ls(f"{self._root}/{stage}", detail=False))
        for path in kept[:-_STATES_KEPT]:
            self._files.rm_file(path)
        return name

    def state(self, name: str) -> bytes:
        """A state by its name.

        Raises:
            EnvironmentFailed: it is gone.
        """
        return self._get(name)

    def remove(self) -> None:
        """Everything."""
        if self._files.exists(self._root):
            self._files.rm(self._root, recursive=True)

    def _put(self, name: str, data: bytes) -> None:
        path = f"{self._root}/{name}"
        self._files.makedirs(path.rpartition("/")[0], exist_ok=True)
        with self._files.open(f"{path}.new", "wb") as file:
            file.write(data)
        self._files.mv(f"{path}.new", path)  # whole, or not there

    def _get(self, name: str) -> bytes:
        try:
            with self._files.open(f"{self._root}/{name}", "rb") as file:
                data: bytes = file.read()
        except FileNotFoundError:
            raise EnvironmentFailed(
                f"{self.url}/{name}: gone while the job runs; run again, it begins anew"
            ) from None
        return data


def first_moment(page: bytes) -> int:
    """When the first post of a page was known, in milliseconds since 1970."""
    moment: int = _FIRST.unpack_from(page)[0]
    return moment


def posts_of(page: bytes) -> list[Post]:
    """The posts of a page."""
    return POSTS.unpack(page[_FIRST.size :])


def _page(number: int) -> str:
    return f"pages/{number:09d}.zst"
