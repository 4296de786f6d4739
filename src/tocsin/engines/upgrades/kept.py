"""The settings and own files that decided, kept so that they can come back.

``DIR/versions`` holds each by its digest: the deciding settings as JSON, packs, places and
calendars as they were. A kept file whose content is not its name is not used.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from tocsin.archive.disk import put_file
from tocsin.engines.upgrades.parts import Versions, own_files
from tocsin.settings import SETTINGS, Settings

FOLDER = "versions"


def keep(project: Path, settings: Settings) -> None:
    """Keep the deciding settings and the desk's own files; what is kept already costs nothing."""
    own = [path.read_bytes() for path in own_files(settings).values() if path.is_file()]
    for content in (settings.deciding().encode(), *own):
        put_file(project / FOLDER / sha256(content).hexdigest(), content)


def kept(project: Path, digest: str | None) -> bytes | None:
    """What is kept under a digest; None: nothing, or something else."""
    path = project / FOLDER / (digest or "none")
    content = path.read_bytes() if path.is_file() else None
    return content if content is not None and sha256(content).hexdigest() == digest else None


def kept_settings(project: Path, versions: Versions) -> dict[str, Any] | None:
    """The deciding settings of these versions by name; None: they are not kept."""
    content = kept(project, versions.get("settings"))
    return None if content is None else dict(orjson.loads(content))


def as_it_was(project: Path, versions: Versions, folder: Path, now: Settings) -> Settings | None:
    """Settings that decide as these versions did, with their own files laid out in ``folder``.

    None: something of them is not kept. What does not decide is as it is now.
    """
    values = kept_settings(project, versions)
    known = {setting.name for setting in SETTINGS if setting.decides}
    if values is None or values.keys() != known:
        return None
    laid = _lay_out(project, versions, folder)
    if laid is None:
        return None
    named = [Path(name).name for name in values["reading.pack_folders"]]
    for name in named:
        (folder / "pack" / name).mkdir(parents=True, exist_ok=True)
    own = {
        "reading.pack_folders": [str(folder / "pack" / name) for name in named],
        "reading.places": laid["places"],
        "risk.calendar": laid["calendar"],
    }
    return now.changed({**values, **own}, "kept settings")


def _lay_out(project: Path, versions: Versions, folder: Path) -> dict[str, list[str]] | None:
    """Copies of kept own files; places and calendars in the order they were named in."""
    laid: dict[str, list[str]] = {"pack": [], "places": [], "calendar": []}
    for name in sorted(own_names(project, versions), key=_in_order):
        content = kept(project, versions[name])
        if content is None:
            return None
        kind, _, rest = name.partition(":")
        path = folder / kind / rest.replace(":", "-")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        laid[kind].append(str(path))
    return laid


def own_names(project: Path, versions: Versions) -> list[str]:
    """Names of the desk's own files among versions: other packs come with what is installed."""
    settings = kept_settings(project, versions) or {}
    folders = {Path(name).name for name in settings.get("reading.pack_folders", ())}
    return [
        name
        for name in versions
        if name.startswith(("places:", "calendar:"))
        or (name.startswith("pack:") and name[5:].rpartition("/")[0] in folders)
    ]


def _in_order(name: str) -> tuple[str, int, str]:
    kind, _, rest = name.partition(":")
    number = rest.partition(":")[0]
    return (kind, int(number) if number.isdigit() else 0, rest)
