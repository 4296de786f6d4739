"""``tocsin explain``."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_support import call, project_in

CALL = "Everyone to the hostel at eight tonight, we drive the refugees out of town"


def test_a_typed_text_is_shown_with_its_reasons() -> None:
    done = call("explain", "--text", CALL, "--lang", "en")
    assert done.code == 0, done
    assert "alarm 0." in done.out
    assert "target refugees" in done.out
    assert "what adds to the alarm" in done.out
    assert "gathering" in done.out
    told = " ".join(done.out.split())  # lines are broken at the width of the window
    assert re.search(r"time 2\S+ to 2\S+ \((?:past, )?by the hour, p [01]\.\d\d\)", told)


def test_as_json_the_weights_add_up_to_the_alarm() -> None:
    done = call("explain", "--text", CALL, "--lang", "en", "--json")
    found = json.loads(done.out)
    logit = found["bias"] + sum(weight["adds"] for weight in found["weights"])
    assert 1 / (1 + 2.718281828 ** (-logit)) == pytest.approx(found["alarm"], abs=0.02)
    assert 0.0 < found["time_p"] < 1.0
    assert {"rules_alarm", "spans", "acts", "frame"} <= found.keys()
    for start, end, *_ in found["spans"]:
        assert 0 <= start < end <= len(CALL)


def test_a_text_from_standard_input() -> None:
    done = call("explain", "--text", "-", "--lang", "ru", stdin="Погода ясная".encode())
    assert done.code == 0, done
    assert "alarm 0.0" in done.out


def test_an_unread_text_says_so() -> None:
    done = call("explain", "--text", "မင်္ဂလာပါ", "--lang", "my")
    assert done.code == 0, done
    assert "not harmless" in done.out


def test_a_post_of_a_project_by_its_evidence_id(
    tmp_path: Path, write_posts: Callable[..., Path]
) -> None:
    project = project_in(tmp_path)
    post = {"id": "7", "channel": "town", "posted_at": "2024-03-04T06:00:00Z", "text": CALL}
    assert call("ingest", write_posts([post]), "--project", project).code == 0
    done = call("explain", "town/7", "--project", project)
    assert done.code == 0, done
    assert "refugees" in done.out


@pytest.mark.parametrize(("ref", "says"), [("town/9", "no post town/9"), ("town", "--text")])
def test_what_is_not_there_is_said(tmp_path: Path, ref: str, says: str) -> None:
    done = call("explain", ref, "--project", project_in(tmp_path))
    assert done.code == 2
    assert says in done.err
    assert done.err.count("\n") == 1
