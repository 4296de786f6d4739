"""The stand-alone verifier: its cryptography against the standards, its run without tocsin."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
from bundle_samples import Ledger, make_ledger, sealed_files, write_bundle
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.archive.tree import Tree, leaf_hash
from tocsin.bundle import verify
from tocsin.bundle.build import verifier
from tocsin.bundle.levels import Disclosure

SOURCE = Path(verify.__file__)

# RFC 8032 section 7.1: public key, message, signature.
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701c"
            "f9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0"
            "f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f76098"
            "4dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
    (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        (
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3"
            "feebbd454d4423643ce80e2a9ac94fa54ca49f"
        ),
        (
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c664"
            "31e0303dca179c138ac17ad9bef1177331a704"
        ),
    ),
]


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    return make_ledger(tmp_path_factory.mktemp("ledger"))


@pytest.mark.parametrize(("public", "message", "signature"), VECTORS)
def test_the_vectors_of_rfc_8032(public: str, message: str, signature: str) -> None:
    key, said, mark = map(bytes.fromhex, (public, message, signature))
    assert verify.signed_by(key, mark, said)
    assert not verify.signed_by(key, mark, said + b"x")
    assert not verify.signed_by(key, mark[:-1] + bytes([mark[-1] ^ 1]), said)
    high = int.from_bytes(mark[32:], "little") + verify.ORDER
    assert not verify.signed_by(key, mark[:32] + high.to_bytes(32, "little"), said)
    assert not verify.signed_by(key, mark + b"x", said)


@pytest.mark.parametrize("data", [b"\x02" + bytes(31), b"\xff" * 32, b"\x01" + bytes(30) + b"\x80"])
def test_what_is_no_point_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="no point"):
        verify.point(data)


def fits(public: bytes, mark: bytes, message: bytes) -> bool:
    """No point of the curve is no signature: whoever asks counts it as a failure."""
    try:
        return verify.signed_by(public, mark, message)
    except ValueError:
        return False


@settings(max_examples=15)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200), st.integers(0, 511))
def test_it_agrees_with_the_library_we_sign_with(seed: bytes, message: bytes, bit: int) -> None:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    mark, public = key.sign(message), key.public_key().public_bytes_raw()
    assert verify.signed_by(public, mark, message)
    wrong = bytearray(mark)
    wrong[bit // 8] ^= 1 << bit % 8
    assert not fits(public, bytes(wrong), message)


@given(st.integers(1, 70), st.data())
def test_its_proofs_are_those_of_the_archive(size: int, data: st.DataObject) -> None:
    leaves = [leaf_hash(bytes([number])) for number in range(size)]
    tree = Tree(leaves)
    at, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    path = list(tree.inclusion(at))
    root = tree.root()
    assert verify.climb(leaves[at], at, size - 1, path)[1] == root
    other = data.draw(st.integers(0, size - 1))
    fits = verify.climb(leaves[other], at, size - 1, path)[1] == root
    assert fits == (other == at)
    assert verify.climb(leaves[at], at, size - 1, [*path, root])[1] != root
    steps, new = list(tree.consistency(old)), (size, root)
    assert verify.consistent((old, tree.root(old)), new, steps)
    assert not verify.consistent((old, bytes(32)), new, steps)
    assert not verify.consistent((old, tree.root(old)), (size, bytes(32)), steps)
    assert not verify.consistent((old, tree.root(old)), new, [*steps, root])
    assert not verify.consistent((0, root), new, [])


def test_it_is_one_short_file_of_the_standard_library() -> None:
    source = SOURCE.read_text(encoding="utf-8")
    assert source.count("\n") <= 200
    tree = ast.parse(source, feature_version=(3, 9))
    names = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    names |= {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    assert {str(name).partition(".")[0] for name in names} <= sys.stdlib_module_names
    assert verifier() == SOURCE.read_bytes()


def run(folder: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Without site packages, environment and tocsin, from an empty folder."""
    command = [sys.executable, "-I", "-S", str(folder / "verify.py"), *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, env={}, check=False)


@pytest.mark.parametrize("level", list(Disclosure))
def test_a_bundle_verifies_in_a_clean_place(
    ledger: Ledger, tmp_path: Path, level: Disclosure
) -> None:
    folder, empty = write_bundle(sealed_files(ledger, level), tmp_path / "b"), tmp_path / "empty"
    empty.mkdir()
    done = run(folder, cwd=empty)
    assert (done.returncode, done.stderr) == (0, ""), done
    whole = "11 whole, 0 by digest, 1 erased" if level.whole else "0 whole, 12 by digest, 0 erased"
    assert f"items: {whole}" in done.stdout
    assert "head-15-calendar.example.org.ots: OpenTimestamps, not verified without" in done.stdout
    assert "OK: unchanged since capture" in done.stdout
    sums = ["sha256sum", "-c", "--quiet", "manifest.sha256"]
    if shutil.which("sha256sum"):
        assert subprocess.run(sums, cwd=folder, check=False).returncode == 0


def test_the_key_is_held_to_the_one_that_was_published(ledger: Ledger, tmp_path: Path) -> None:
    folder = write_bundle(sealed_files(ledger), tmp_path / "b")
    for key in (ledger.key.id, ledger.key.public.hex()):
        assert "you named it" in run(folder, "--key", key, cwd=tmp_path).stdout
    first = next((folder / "ledger").glob("*0.json"))
    earlier = orjson.loads(orjson.loads(first.read_bytes())["entry"])["payload"]["key"]
    assert run(folder, "--key", earlier, cwd=tmp_path).returncode == 0  # it handed over
    foreign = run(folder, str(folder), "--key", "ab" * 32, cwd=tmp_path)
    assert foreign.returncode == 1
    assert "FAIL tree_head.json" in foreign.stdout


def test_a_folder_that_is_no_bundle_fails(tmp_path: Path) -> None:
    (tmp_path / "verify.py").write_bytes(verifier())
    done = run(tmp_path, cwd=tmp_path)
    assert done.returncode == 1
    assert "FAIL manifest.sha256" in done.stdout
    assert "Traceback" not in done.stderr
