from __future__ import annotations

import base64
import shutil
import stat
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from archive_samples import put
from signed_samples import AT, Desk, build_desk, rows_of, write_anew

from tocsin.archive import Archive, ProblemKind, VerifyOptions, verify
from tocsin.archive.anchors import ANCHOR, Anchor, Method, Part, anchor_from, write_anchor
from tocsin.archive.format import canonical
from tocsin.archive.heads import TREE_HEAD, head_files, head_from, read_head, sign_head, write_head
from tocsin.archive.proofs import (
    heads_of,
    keys_of,
    prove_consistency,
    prove_inclusion,
    tree_of,
)
from tocsin.archive.signing_keys import (
    SIGNING_KEY,
    SigningKey,
    announce,
    announcement_from,
    public_path,
    read_public,
    signature_fits,
)
from tocsin.archive.tree_cache import keep, ledger_tree
from tocsin.errors import UsageError

WHEN = AT.isoformat()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return build_desk(tmp_path)


def found(desk: Desk) -> set[tuple[str, str | None]]:
    return {(problem.kind.value, problem.item) for problem in desk.verify().problems}


def test_a_key_is_for_this_account_alone_and_comes_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "desk.pem"
    made, again = SigningKey.create(path), SigningKey.load(path)
    assert made.public == again.public == read_public(public_path(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert repr(made) == f"SigningKey({made.id})"
    assert signature_fits(made.public, again.sign(b"x"), b"x")
    assert not signature_fits(made.public, again.sign(b"x"), b"y")
    assert not signature_fits(b"short", b"", b"")
    with pytest.raises(UsageError, match="is there already"):
        SigningKey.create(path)


def test_keys_that_are_none_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_text("nothing")
    path.chmod(0o600)
    with pytest.raises(UsageError, match="no Ed25519 key"):
        SigningKey.load(path)
    with pytest.raises(UsageError, match="no Ed25519 public key"):
        read_public(path)
    path.chmod(0o644)
    with pytest.raises(UsageError, match="chmod 600"):
        SigningKey.load(path)
    path.write_text("ab" * 32)
    assert read_public(path) == bytes.fromhex("ab" * 32)


def test_a_head_comes_back_from_its_file_and_its_entry(desk: Desk) -> None:
    with Archive.open(desk.archive) as archive:
        heads = heads_of(archive)
        (key,) = keys_of(archive)
        tree = tree_of(archive)
    assert [read_head(path) for path in head_files(desk.heads)] == heads
    assert all(head.fits(key.key) and tree.root(head.size) == head.root for head in heads)
    assert not replace(heads[0], size=heads[0].size + 1).fits(key.key)
    with pytest.raises(UsageError, match="no signed tree head"):
        read_head(desk.heads / "key.pub")


def test_every_entry_is_proved_to_lie_under_a_head(desk: Desk) -> None:
    with Archive.open(desk.archive) as archive:
        tree, heads, bodies = tree_of(archive), heads_of(archive), list(archive.bodies())
        assert list(archive.bodies(20)) == bodies[20:]
    first, last = heads[0], heads[-1]
    for seq in range(last.size):
        proof = prove_inclusion(tree, seq, last.size)
        assert proof.holds(bodies[seq], last.root)
        assert not proof.holds(bodies[seq] + b" ", last.root)
        assert orjson.loads(canonical(proof.form()))["seq"] == seq
    consistency = prove_consistency(tree, first.size, last.size)
    assert consistency.holds(first.root, last.root)
    assert not consistency.holds(last.root, first.root)
    assert set(consistency.form()) == {"old", "path", "size"}
    assert prove_inclusion(tree, 0).size == prove_consistency(tree, 1).size == tree.size


def test_a_key_that_was_handed_over_is_as_good_as_the_first(desk: Desk) -> None:
    old = SigningKey.load(desk.elsewhere / "key.pem")
    new = SigningKey.create(desk.elsewhere / "new.pem")
    with Archive.open(desk.archive, writable=True) as archive:
        archive.append_entry(SIGNING_KEY, announce(new, old, WHEN).form())
        archive.flush()
        tree = tree_of(archive)
        head = sign_head(new, tree.size, tree.root(), AT)
        archive.append_entry(TREE_HEAD, head.form())
    write_head(desk.heads, head)
    assert found(desk) == set()
    assert desk.verify().covered == head.size


def test_a_key_that_was_never_announced_is_named(desk: Desk) -> None:
    stranger = SigningKey.create(desk.elsewhere / "stranger.pem")
    with Archive.open(desk.archive, writable=True) as archive:
        tree = tree_of(archive)
        head = sign_head(stranger, tree.size, tree.root(), AT)
        archive.append_entry(TREE_HEAD, head.form())
    assert found(desk) == {("swapped key", f"head-{head.size}")}


def test_a_key_that_announces_itself_again_is_named(desk: Desk) -> None:
    stranger = SigningKey.create(desk.elsewhere / "stranger.pem")
    with Archive.open(desk.archive, writable=True) as archive:
        archive.append_entry(SIGNING_KEY, announce(stranger, None, WHEN).form())
    assert found(desk) == {("swapped key", f"signing key {stranger.id}")}


def test_nobody_can_hand_over_to_a_pinned_key_that_did_not_accept(tmp_path: Path) -> None:
    """Else a stranger could begin a ledger and name the pinned key as its successor."""
    stranger = SigningKey.create(tmp_path / "stranger.pem")
    pinned = SigningKey.create(tmp_path / "pinned.pem")
    forged = replace(announce(stranger, stranger, WHEN), key=pinned.public)
    forged = replace(forged, signature=stranger.sign(forged.signed()))
    with Archive.create(tmp_path / "archive") as archive:
        archive.append_entry(SIGNING_KEY, announce(stranger, None, WHEN).form())
        archive.append_entry(SIGNING_KEY, forged.form())
    options = VerifyOptions(keys=(public_path(tmp_path / "pinned.pem"),))
    problems = verify(tmp_path / "archive", options=options).problems
    assert [p.kind for p in problems] == [ProblemKind.SWAPPED_KEY] * 2
    assert {p.item for p in problems} == {f"signing key {pinned.id}"}


def test_a_head_file_that_was_changed_or_damaged_is_named(desk: Desk) -> None:
    first, second, *_ = head_files(desk.heads)
    fields = orjson.loads(first.read_bytes())
    first.write_bytes(orjson.dumps({**fields, "root": "00" * 32}))
    second.write_bytes(second.read_bytes()[:-9])
    assert found(desk) == {("changed", f"head-{first.stem}"), ("damaged", second.name)}


def test_entries_that_are_no_head_no_key_and_no_anchor_are_named(desk: Desk) -> None:
    with Archive.open(desk.archive, writable=True) as archive:
        for kind in (TREE_HEAD, SIGNING_KEY, ANCHOR):
            archive.append_entry(kind, {"size": 3})
    assert found(desk) == {
        ("changed", "tree head"),
        ("changed", "signing key"),
        ("changed", "anchor"),
    }
    for read in (head_from, announcement_from, anchor_from):
        with pytest.raises(ValueError, match=r"no|not"):
            read({"size": 3})


def test_a_head_that_was_taken_out_of_the_ledger_is_missed(desk: Desk) -> None:
    rows = rows_of(desk.archive)
    assert rows[-1].kind == TREE_HEAD
    write_anew(desk, lambda rows: rows[:-1])
    size = head_from(rows[-1].payload).size
    assert ("missing", f"head-{size}") in found(desk)


def test_a_head_after_what_is_missing_is_said_to_be_unchecked(desk: Desk) -> None:
    write_anew(desk, lambda rows: rows, heads=True)
    path = desk.archive / "ledger" / "00000001.log"
    data = bytearray(path.read_bytes())
    data[100] ^= 0xFF
    path.write_bytes(bytes(data))
    report = desk.verify()
    assert {p.kind for p in report.problems} >= {ProblemKind.DAMAGED}
    assert report.unchecked


def test_a_brought_file_that_is_none_is_refused_before_the_work(desk: Desk) -> None:
    (desk.elsewhere / "no.json").write_text("{}")
    with pytest.raises(UsageError, match="no signed tree head and no anchor"):
        verify(desk.archive, options=VerifyOptions(heads=(desk.elsewhere / "no.json",)))


def _anchor(part: Part, response: bytes = b"no response") -> Anchor:
    return Anchor(WHEN, "https://tsa.example.org", "ana", part.form(), Method.RFC3161, response)


def test_an_anchor_comes_back_from_its_entry_and_lies_in_three_files(tmp_path: Path) -> None:
    anchor = _anchor(Part(3, 9, bytes(32)))
    assert anchor_from(orjson.loads(canonical(anchor.form()))) == anchor
    whole = write_anchor(tmp_path, anchor)
    assert base64.b64decode(orjson.loads(whole.read_bytes())["response"]) == b"no response"
    assert {path.name for path in tmp_path.iterdir()} == {
        "part-3-9-tsa.example.org.json",
        "part-3-9-tsa.example.org.tsr",
        "part-3-9-tsa.example.org.tsr.anchor.json",
    }


def test_an_anchor_of_another_history_and_one_without_a_stamp_are_named(desk: Desk) -> None:
    path = write_anchor(desk.elsewhere / "anchors", _anchor(Part(3, 9, bytes(32))))
    for brought in (path, path.with_suffix("").with_suffix("").with_suffix("")):
        file = brought if brought.exists() else path.parent / "part-3-9-tsa.example.org.tsr"
        report = verify(desk.archive, options=VerifyOptions(heads=(file,)))
        kinds = {p.kind for p in report.problems}
        assert kinds == {ProblemKind.UNTRUSTED, ProblemKind.CHANGED}
        assert any(p.item == "town_news/2 v1 to town_news/7 v1 (6 items)" for p in report.problems)


def test_the_cache_is_used_as_far_as_it_fits_and_no_further(desk: Desk, tmp_path: Path) -> None:
    cache = tmp_path / "tree.json"
    with Archive.open(desk.archive, writable=True) as archive:
        tree = ledger_tree(archive, cache)
        keep(tree, archive, cache)
        assert tree.covered
        put(archive, [100], capture=1)
        archive.flush()
        again = ledger_tree(archive, cache)
        assert again.frontier.root() == tree_of(archive).root()
        assert (again.head, again.key, again.covered) == (tree.head, tree.key, False)
        fields = orjson.loads(cache.read_bytes())
        for wrong in ({"chain": "00"}, {"size": 9999}, {"peaks": "00"}, {"key": 3}):
            cache.write_bytes(orjson.dumps({**fields, **wrong}))
            assert ledger_tree(archive, cache).frontier.root() == again.frontier.root()
    with Archive.create(tmp_path / "empty") as empty:
        keep(ledger_tree(empty, cache), empty, cache)
        assert ledger_tree(empty, cache).covered is True
    shutil.rmtree(tmp_path / "empty")
