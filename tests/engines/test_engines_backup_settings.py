"""Settings of a restored project: what has moved is followed, all else stays as people wrote it."""

from __future__ import annotations

import tomllib
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tocsin.engines.restore_settings import moves, rewritten
from tocsin.settings import quoted

TEXT = """# by hand: "/old/desk" stays a comment's business
[project]
name = "desk"          # a remark
key_file = "~/keys/desk.key"
[reading]
pack_folders = [
  '/old/desk/packs',   # ours
  "/elsewhere/packs",
]
[store]
url = "postgresql://desk:secret@db/desk"
[answers]
purpose = "warn the community of /old/desks"
"""
MOVE = moves("/old/desk", Path("/new/place"), {"~/keys/desk.key": "/safe/desk.key"})


def test_what_moved_is_followed_and_the_rest_stays() -> None:
    text, by_hand = rewritten(TEXT, MOVE)
    found = tomllib.loads(text)
    assert by_hand == ()
    assert found["project"] == {"name": "desk", "key_file": "/safe/desk.key"}
    assert found["reading"]["pack_folders"] == ["/new/place/packs", "/elsewhere/packs"]
    assert found["store"]["url"] == ""
    assert found["answers"] == {"purpose": "warn the community of /old/desks"}
    for remark in ("# a remark", "# ours", "# by hand"):
        assert remark in text


def test_what_cannot_be_followed_is_left_to_a_person() -> None:
    text = 'a = "/old/desk\\u002fpacks"\nb = "/old/desk/x"\n'
    kept, by_hand = rewritten(text, MOVE)
    assert kept == text
    assert by_hand == ("/old/desk/packs", "/old/desk/x")
    server = "[store]\nurl = '''postgresql://db'''\n"
    assert rewritten(server, MOVE) == (server, ("postgresql://db",))


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20))
def test_any_name_is_quoted_so_that_it_is_read_again(name: str) -> None:
    said = f"/old/desk/{name}"
    text, by_hand = rewritten(f"x = {quoted(said)}\n", MOVE)
    assert by_hand == ()
    assert tomllib.loads(text) == {"x": f"/new/place/{name}"}
