"""A project that signs, and what lies in its exports."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path

from engine_support import new_project

from tocsin.archive.signing_keys import SigningKey
from tocsin.bundle.levels import Disclosure
from tocsin.engines.export import Exported, ExportOrder, export
from tocsin.engines.heads import announce_first
from tocsin.engines.project import Project
from tocsin.store.search import Bounds

AT = datetime(2024, 3, 6, tzinfo=UTC)


def signing_project(folder: Path) -> Project:
    """A new project with a signing key beside it, announced."""
    key = folder.parent / f"{folder.name}-signing.pem"
    project = new_project(folder, project__signing_key_file=str(key))
    with project.writing() as (archive, _):
        announce_first(archive, SigningKey.create(key), AT)
    return project


def export_as(
    project: Project, level: Disclosure, out: Path, asked: str | None, bounds: Bounds | None = None
) -> Exported:
    return export(project, ExportOrder(asked, bounds or Bounds(), level, out, "ana"), AT)


def members(data: bytes) -> dict[str, bytes]:
    """The files of a zip, decompressed."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
