"""The box, its lists, and locking them away."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest
from desk_builders import NIGHT, recipient
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.desk.box import close_box, open_box, seal, unseal, write_whole
from tocsin.desk.forms import form_of, word_of
from tocsin.desk.keys import LockFile, opened_file, prepare, sealed_file
from tocsin.desk.lists import DeskBox, DeskLists, lists_bytes, lists_from, with_line, without_line
from tocsin.errors import EnvironmentFailed, Unfit, UsageError
from tocsin.model import (
    Area,
    CallCard,
    Contact,
    Duty,
    Level,
    ProtectedSite,
    Recipient,
    Rota,
    RotaChange,
    ShiftNote,
    StaffMember,
)
from tocsin.model.names import same_person

KEY = b"k" * 32
FULL = DeskLists(
    recipients=(recipient(areas=(Area("A", 1.0, 2.0, 3.0),), least=Level.ALARM, secret="s"),),
    staff=(StaffMember("ana", ("ntfy://x",), (), "Europe/Moscow", time(22), time(7), ("ru",)),),
    sites=(ProtectedSite("school", "Group A", "Aford", 43.0, 47.5, "north"),),
    cards=(CallCard("Group A", "*", (Contact("elder", "+7"),), (Contact("x", note="leaks"),)),),
    notes=(ShiftNote(NIGHT, "ana", "quiet", handover=True),),
    rota=Rota((Duty((0,), time(8), time(20), ("ana",)),), (RotaChange(NIGHT, NIGHT, ("b",)),)),
)


@settings(max_examples=15)
@given(st.binary(max_size=2000), st.one_of(st.none(), st.text(max_size=4)))
def test_a_box_opens_with_its_key_and_passphrase_alone(
    plain: bytes, passphrase: str | None
) -> None:
    box = close_box(plain, KEY, passphrase)
    assert open_box(box, KEY, passphrase, "b") == plain
    with pytest.raises(UsageError, match="do not fit"):
        open_box(box, b"x" * 32, passphrase, "b")
    if passphrase is not None:
        with pytest.raises(UsageError, match="do not fit"):
            open_box(box, KEY, passphrase + "?", "b")


@given(st.data())
def test_any_changed_byte_is_noticed(data: st.DataObject) -> None:
    box = bytearray(close_box(b"who is told", KEY))
    box[data.draw(st.integers(0, len(box) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(UsageError):
        open_box(bytes(box), KEY, None, "b")


def test_boxes_say_what_is_wrong() -> None:
    with pytest.raises(UsageError, match="not a box"):
        open_box(b"nothing", KEY, None, "b")
    with pytest.raises(UsageError, match="needs its passphrase"):
        open_box(close_box(b"", KEY, "p"), KEY, None, "b")
    later = bytearray(close_box(b"", KEY))
    later[4] = 9
    with pytest.raises(UsageError, match="later version"):
        open_box(bytes(later), KEY, None, "b")


def test_the_same_text_never_makes_the_same_box() -> None:
    assert len({close_box(b"same", KEY) for _ in range(20)}) == 20


def test_what_is_sealed_opens_with_the_passphrase_alone() -> None:
    lock = LockFile.from_bytes(prepare("four words of nothing").to_bytes(), "f")
    box = sealed_file("/k", KEY, lock.public)
    assert KEY not in box
    assert opened_file(box, lock, "four words of nothing", "f") == ("/k", KEY)
    with pytest.raises(UsageError, match="do not fit"):
        opened_file(box, lock, "four words of nothinG", "f")
    with pytest.raises(UsageError, match="sealed by tocsin lock"):
        open_box(box, KEY, None, "b")
    with pytest.raises(UsageError, match="not sealed"):
        unseal(close_box(b"", KEY), KEY, "b")
    with pytest.raises(UsageError, match="needs 12"):
        prepare("short")
    with pytest.raises(UsageError, match="restore"):
        LockFile.from_bytes(b"{}", "f")
    assert seal(b"a", lock.public) != seal(b"a", lock.public)


def test_lists_come_back_as_they_were(tmp_path: Path) -> None:
    assert lists_from(lists_bytes(FULL), "b") == FULL
    box = DeskBox(tmp_path / "desk.box", KEY, "with a passphrase")
    assert box.read() == DeskLists()
    box.change(lambda _: FULL)
    assert box.read() == FULL
    stored = (tmp_path / "desk.box").read_bytes()
    for secret in (b"ana", b"school", b"folder", b"elder", b"leaks", b"quiet"):
        assert secret not in stored
    assert (tmp_path / "desk.box").stat().st_mode & 0o077 == 0


def test_a_write_that_fails_leaves_the_old_lists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = DeskBox(tmp_path / "desk.box", KEY)
    box.change(lambda _: FULL)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(EnvironmentFailed, match="the old one stands"):
        box.change(lambda _: DeskLists())
    assert box.read() == FULL
    with pytest.raises(EnvironmentFailed):
        write_whole(tmp_path / "none" / "file", b"")


def test_what_is_no_list_is_refused(tmp_path: Path) -> None:
    for data, says in ((b"{}", "later version"), (b"[", "restore"), (b"[]", "restore")):
        with pytest.raises(UsageError, match=says):
            lists_from(data, "b")
    with pytest.raises(UsageError, match="unknown field"):
        lists_from(b'{"version": 1, "friends": []}', "b")
    (tmp_path / "desk.box").mkdir()
    with pytest.raises(EnvironmentFailed, match="check the disk"):
        DeskBox(tmp_path / "desk.box", KEY).read()


def test_a_line_under_the_same_key_replaces_the_old_one() -> None:
    lists = with_line(FULL, "recipients", recipient("R1", kind="mail"))
    assert [one.kind for one in lists.recipients] == ["mail"]
    lists = with_line(lists, "recipients", recipient("r2"))
    assert [one.id for one in without_line(lists, "recipients", ("R1",)).recipients] == ["r2"]
    with pytest.raises(UsageError, match="no 'r9'"):
        without_line(lists, "recipients", ("r9",))


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"id": "a", "name": "b", "kind": "mail"}, "address is missing"),
        ({**form_of(recipient()), "phone": "1"}, "unknown field 'phone'"),
        ({**form_of(recipient()), "least": "panic"}, "least is 'panic'"),
        ({**form_of(recipient()), "name": 5}, "name is 5"),
        ({**form_of(recipient()), "areas": 5}, "areas is not a list"),
        ({**form_of(recipient()), "areas": [5]}, "not an object"),
        ([], "not an object"),
    ],
)
def test_a_wrong_line_is_named(form: object, says: str) -> None:
    with pytest.raises(Unfit, match=says):
        word_of(Recipient, form)


def test_levels_and_numbers_are_read_as_people_write_them() -> None:
    form = {**form_of(recipient()), "least": "alarm", "languages": "ru en"}
    read = word_of(Recipient, form)
    assert (read.least, read.languages) == (Level.ALARM, ("ru", "en"))
    assert word_of(Area, {"name": "a", "latitude": 1, "longitude": 2, "radius_km": 3}).latitude == 1
    with pytest.raises(Unfit, match="quiet_from is 'late'") as error:
        word_of(StaffMember, {"handle": "a", "quiet_from": "late"})
    assert "20:00" in error.value.advice


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ana", " Ana "),
        ("ana", "аnа"),  # Cyrillic letters
        ("Ana B.", "ana  b"),
        ("ana", "a\u200bna"),
        ("ana", "ána"),
        ("olli", "0LL1"),
        ("ana", "ａｎａ"),
        ("", " "),
    ],
)
def test_one_person_under_two_spellings(one: str, other: str) -> None:
    assert same_person(one, other)


def test_two_people_stay_two() -> None:
    names = ["ana", "anna", "ben", "eva", "analyst1", "analyst2", "Анна", "Вера", "Пётр"]
    assert not [(a, b) for a in names for b in names if a < b and same_person(a, b)]
