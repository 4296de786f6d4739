"""Through a real Flink: ``make test-cluster``, in an environment of its own."""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("pyflink") else ["test_*.py"]
