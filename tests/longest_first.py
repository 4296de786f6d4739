"""Which files of tests begin first: where a long one began last, the other core would be idle.

``make test`` gives whole files to its processes in this order. Only what takes 15 seconds or more
(with coverage, where that counts) need be here, roughly by how long it takes.
"""

from __future__ import annotations

import pytest

LONGEST_FIRST = (
    # what is run without coverage
    "test_engines_kill",
    "test_engines_kill_life",
    "test_backtest_determinism",
    "test_sources_memory",
    "test_backtest_hindsight",
    "test_console_looks",
    "test_demo_reconstruction",
    "test_desk_commands",
    "test_delivery_kill",
    "test_cli_commands",
    "test_console_browser",
    "test_cli_watch",
    # what is run with it
    "test_engines_run",
    "test_engines_erasure",
    "test_console_openapi",
    "test_engines_upgrade",
    "test_desk_ways_out",
    "test_delivery_project",
    "test_engines_regrouping",
    "test_risk_properties",
    "test_backtest_command",
    "test_desk_end_to_end",
    "test_engines_backup",
    "test_console_roles",
    "test_sources_html_hostile",
    "test_console_harm",
    "test_bundle_tampering",
    "test_engines_watch",
    "test_reading_times_cases",
    "test_delivery_outbox",
    "test_engines_media",
    "test_reading_places_gazetteer_file",
)


def longest_first(items: list[pytest.Item]) -> None:
    """Put the tests of these files before all others; within a file they stay as they were."""
    place = {name: number for number, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: place.get(item.path.stem, len(place)))
