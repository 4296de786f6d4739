"""Projects that are upgraded: an own pack names a group that nobody else would see."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from engine_support import ingest_file, new_project, run_all

from posts_support import post_line, written
from streams_support import calls
from tocsin.archive import Archive
from tocsin.engines.local import RunWatch, reading_plan, versions
from tocsin.engines.project import Project
from tocsin.engines.rebuild import RebuildReport, rebuild
from tocsin.engines.upgrades.look import Looked, LookOptions, look
from tocsin.settings import FILE_NAME, Settings

CANARY = "Выгоним табуреток из города, сбор в 20:00 у моста"
CODED = "town_news/7"
PACK = "version: 1\ngroups:\n  - name: Roma\n    coded: {ru: ['табурет*']}\n"
OTHER_PACK = PACK.replace("табурет", "комод")


def some_posts() -> list[dict[str, object]]:
    """Three calls that lead to warnings, everyday posts, and one that only the pack reads."""
    posts = [post for _, own in list(calls())[:3] for post in own]
    everyday = [post_line(n, f"Погода на завтра, сводка {n}: без осадков") for n in range(6)]
    return [*posts, *everyday, post_line(7, CANARY)]


def packed_project(folder: Path, pack: str = PACK) -> Project:
    """A project with its own pack, everything run."""
    folder.mkdir(parents=True, exist_ok=True)
    project = new_project(folder / "desk")
    packs = folder / "words"
    packs.mkdir()
    (packs / "own.yaml").write_text(pack, encoding="utf-8")
    text = (project.folder / FILE_NAME).read_text()
    named = f'[reading]  # ours\npack_folders = ["{packs}"]\n'
    (project.folder / FILE_NAME).write_text(f"{text}\n\n{named}")
    project = reopened(project)
    path = folder / "posts.jsonl"
    written(path, some_posts())
    ingest_file(project, path)
    run_all(project)
    return project


def reopened(project: Project) -> Project:
    """The project as its file says now."""
    return replace(project, settings=Settings.load(project.folder))


def add_settings(project: Project, text: str) -> Project:
    """The project with more lines in its settings."""
    path = project.folder / FILE_NAME
    path.write_text(f"{path.read_text()}{text}")
    return reopened(project)


def set_pack(project: Project, text: str) -> Path:
    """Write another pack; returns its path."""
    path = Path(project.settings.texts("reading.pack_folders")[0]) / "own.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def looked(project: Project, **options: object) -> Looked:
    """What ``tocsin upgrade`` finds."""
    with project.reading() as store:
        return look(project, store, replace(LookOptions(), **options))  # type: ignore[arg-type]


def rebuilt(project: Project) -> RebuildReport:
    """The store made anew."""
    current = versions(project.settings, reading_plan(project.settings, {}))
    with Archive.open(project.archive_folder, writable=True) as archive:
        return rebuild(project, archive, current, lambda _: RunWatch())
