"""The one step that pyproject.toml cannot say: the console's files for a browser are bundled."""

from __future__ import annotations

import runpy
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

WEB = Path(__file__).resolve().parent / "web" / "build.py"


class BuildWithWeb(build_py):
    """Bundles first; a source archive without web/ has the result already."""

    def run(self) -> None:
        """As setuptools does, after the bundle is there."""
        if WEB.is_file():
            runpy.run_path(str(WEB), run_name="__main__")
        super().run()


setup(cmdclass={"build_py": BuildWithWeb})
