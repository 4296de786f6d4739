"""Hashes of pictures: the same picture stays near, anything broken is no hash and no error."""

from __future__ import annotations

import hashlib
import io
import random
import struct
import sys
import zlib
from pathlib import Path
from typing import Any

import orjson
import pytest
from cli_support import call, project_in
from telegram_export_writer import chat, message, save

from tocsin.archive import Archive
from tocsin.engines.local import posts_in_time
from tocsin.model import Evidence, Identity, Media, RawItem
from tocsin.sources import ReadOptions, TelegramDesktop, pictures
from tocsin.sources.pictures import picture_hash
from tocsin.store import Store
from tocsin.text import post_from_content

pytest.importorskip("pdqhash")
Image = pytest.importorskip("PIL.Image")
ImageDraw = pytest.importorskip("PIL.ImageDraw")

NEAR = 31


def poster(seed: int, size: tuple[int, int] = (480, 640)) -> Any:
    """A few shapes, and blocks that stand like lines of words."""
    chance, (width, height) = random.Random(seed), size
    made = Image.new("RGB", size, tuple(chance.randrange(120, 256) for _ in range(3)))
    draw = ImageDraw.Draw(made)
    for _ in range(8):
        x, y = chance.randrange(width), chance.randrange(height)
        a, b = chance.randrange(width // 8, width // 3), chance.randrange(height // 8, height // 3)
        shape = draw.ellipse if chance.random() < 0.5 else draw.rectangle
        shape((x - a, y - b, x + a, y + b), fill=tuple(chance.randrange(256) for _ in range(3)))
    for line in range(10):
        x = width // 10
        while x < width * 0.85:
            long, y = chance.randrange(10, 60), height // 10 + line * height // 14
            draw.rectangle((x, y, x + long, y + height // 50), fill=(10, 10, 10))
            x += long + 10
    return made


def encoded(picture: Any, form: str = "JPEG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


def hash_of(folder: Path, data: bytes) -> tuple[str, int] | None:
    path = folder / "one.jpg"
    path.write_bytes(data)
    return picture_hash(path)


def bits_apart(left: tuple[str, int] | None, right: tuple[str, int] | None) -> int:
    assert left
    assert right
    return (int(left[0], 16) ^ int(right[0], 16)).bit_count()


@pytest.mark.parametrize("seed", range(4))
def test_the_same_picture_saved_again_is_near(tmp_path: Path, seed: int) -> None:
    picture = poster(seed)
    first = hash_of(tmp_path, encoded(picture, quality=90))
    assert first is not None
    assert len(first[0]) == 64
    assert 50 <= first[1] <= 100
    smaller = picture.resize((picture.width * 6 // 10, picture.height * 6 // 10))
    trimmed = picture.crop((2, 2, picture.width - 2, picture.height - 2))
    for again in (
        encoded(smaller, quality=40),
        encoded(smaller, quality=40, progressive=True),
        encoded(trimmed, quality=70),
        encoded(picture, "PNG"),
        encoded(picture, "WEBP", quality=60),
        encoded(picture.resize((1920, 2560)), quality=80),
    ):
        assert bits_apart(first, hash_of(tmp_path, again)) <= NEAR


def test_other_pictures_are_far(tmp_path: Path) -> None:
    hashes = [hash_of(tmp_path, encoded(poster(seed))) for seed in range(8)]
    pairs = [bits_apart(a, b) for n, a in enumerate(hashes) for b in hashes[:n]]
    assert min(pairs) > NEAR


def test_a_picture_is_hashed_as_it_is_seen(tmp_path: Path) -> None:
    picture = poster(1)
    first = hash_of(tmp_path, encoded(picture))
    turned = Image.Exif()
    turned[0x0112] = 6  # shown turned by 90° clockwise
    lying = encoded(picture.transpose(Image.Transpose.ROTATE_90), exif=turned)
    assert bits_apart(first, hash_of(tmp_path, lying)) <= NEAR
    clear = picture.convert("RGBA")
    clear.paste((0, 0, 0, 0), (0, 0, picture.width, picture.height // 4))
    white = picture.copy()
    white.paste("white", (0, 0, picture.width, picture.height // 4))
    white_hash = hash_of(tmp_path, encoded(white, "PNG"))
    assert bits_apart(white_hash, hash_of(tmp_path, encoded(clear, "PNG"))) <= NEAR


def test_the_first_frame_counts(tmp_path: Path) -> None:
    first, second = poster(1), poster(2)
    moving = encoded(first, "GIF", save_all=True, append_images=[second, second])
    assert bits_apart(hash_of(tmp_path, encoded(first)), hash_of(tmp_path, moving)) <= NEAR


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "I;16"])
def test_any_mode_gives_a_hash_or_none(tmp_path: Path, mode: str) -> None:
    form = "JPEG" if mode == "CMYK" else "PNG"
    source = poster(1).convert("L") if mode == "I;16" else poster(1)
    data = encoded(source.convert(mode), form)
    found = hash_of(tmp_path, data)
    assert found is None or bits_apart(found, hash_of(tmp_path, encoded(poster(1)))) < 64


def gradient() -> Any:
    return Image.linear_gradient("L").resize((300, 300))


@pytest.mark.parametrize(
    "plain", [Image.new("RGB", (300, 300), "white"), gradient(), Image.new("L", (3, 900))]
)
def test_a_plain_picture_has_no_hash(tmp_path: Path, plain: Any) -> None:
    assert hash_of(tmp_path, encoded(plain, "PNG")) is None


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def bomb(side: int) -> bytes:
    """A few bytes that say they are a square of ``side`` pixels."""
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + body


JPEG = encoded(poster(1))
BROKEN = {
    "zero bytes": b"",
    "a text": b"This is a text and no picture.\n" * 40,
    "cut off": JPEG[: len(JPEG) // 2],
    "cut off in its header": JPEG[:20],
    "cut off PNG": encoded(poster(1), "PNG")[:3000],
    "another format": encoded(poster(1), "BMP"),
    "bomb": bomb(20_000),
    "a little over the limit": bomb(7_072),
    "a page that is a program": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    "damaged": JPEG[:200] + b"\xff" * 400 + JPEG[600:],
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.filterwarnings("error")
def test_what_is_no_good_picture_has_no_hash_and_the_post_is_kept(
    tmp_path: Path, name: str
) -> None:
    data = BROKEN[name]
    post = posted(tmp_path, data)
    assert post.content["text"] == "look"
    digest = hashlib.sha256(data).hexdigest()
    assert post.content["media"] == [{"kind": "photo", "digest": digest}]


def posted(folder: Path, data: bytes, **more: Any) -> RawItem:
    (folder / "one.jpg").write_bytes(data)
    fields = more or {"photo": "one.jpg"}
    path = save(folder, chat([message(1, "look", **fields)]))
    (post,) = TelegramDesktop().read(path, ReadOptions())
    assert isinstance(post, RawItem)
    return post


def test_a_picture_made_to_take_for_ever_is_not_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layered = encoded(poster(1), progressive=True)
    last = layered[layered.rindex(b"\xff\xda") : -2]
    few, many = (layered[:-2] + last * n + layered[-2:] for n in (20, 40))
    assert hash_of(tmp_path, few) is not None
    assert hash_of(tmp_path, many) is None
    monkeypatch.setattr(pictures, "MAX_SCANS", 60)
    assert hash_of(tmp_path, many) is not None


def test_a_picture_of_too_many_pixels_is_not_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "MAX_PIXELS", 480 * 640 - 1)
    assert hash_of(tmp_path, JPEG) is None
    monkeypatch.setattr(pictures, "MAX_PIXELS", 480 * 640)
    assert hash_of(tmp_path, JPEG) is not None


def test_a_film_behind_a_picture_does_not_count_as_scans(tmp_path: Path) -> None:
    assert hash_of(tmp_path, JPEG + b"\xff\xda\x00\x02" * 200) == hash_of(tmp_path, JPEG)


def test_a_file_over_the_limit_is_not_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "MAX_BYTES", len(JPEG) - 1)
    assert hash_of(tmp_path, JPEG) is None
    monkeypatch.setattr(pictures, "MAX_BYTES", len(JPEG))
    assert hash_of(tmp_path, JPEG) is not None


def test_a_file_that_is_gone_has_no_hash(tmp_path: Path) -> None:
    assert picture_hash(tmp_path / "gone.jpg") is None


@pytest.mark.parametrize("package", ["pdqhash", "PIL"])
def test_without_the_packages_there_is_no_hash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    assert list(posted(tmp_path, JPEG).content["media"][0]) == ["kind", "digest"]


@pytest.mark.parametrize(
    ("fields", "hashed"),
    [
        ({"photo": "one.jpg"}, True),
        ({"file": "one.jpg", "mime_type": "image/jpeg"}, True),
        ({"file": "one.jpg", "mime_type": "application/pdf"}, False),
        ({"file": "one.jpg", "mime_type": "image/webp", "media_type": "sticker"}, False),
        ({"file": "one.jpg", "mime_type": "video/mp4", "media_type": "animation"}, False),
    ],
)
def test_photos_and_images_sent_as_files_alone(
    tmp_path: Path, fields: dict[str, str], hashed: bool
) -> None:
    (kept,) = posted(tmp_path, JPEG, **fields).content["media"]
    assert ("picture" in kept) is hashed
    assert ("picture_quality" in kept) is hashed


HASH = "5a" * 32


@pytest.mark.parametrize(
    ("archived", "media"),
    [
        ({"kind": "photo"}, Media("photo")),
        ({"kind": "photo", "digest": "ab"}, Media("photo", "ab")),
        (
            {"kind": "photo", "picture": HASH, "picture_quality": 90},
            Media("photo", picture=HASH, picture_quality=90),
        ),
        ({"kind": "photo", "picture": HASH}, Media("photo", picture=HASH)),
        ({"kind": "photo", "picture": HASH[1:], "picture_quality": 90}, Media("photo")),
        ({"kind": "photo", "picture": 7}, Media("photo")),
    ],
)
def test_content_with_and_without_hashes_is_read(archived: dict[str, Any], media: Media) -> None:
    content = {"posted_at": "2023-10-11T09:00:00+00:00", "media": [archived]}
    post = post_from_content(Identity("telegram_desktop", "town", "1", 1), content)
    assert post.media == (media,)


def evidence(project: Path) -> list[dict[str, Any]]:
    with Archive.open(project / "archive") as archive:
        items = [one for one in archive.items() if isinstance(one, Evidence)]
    return [orjson.loads(one.content) for one in items]


def test_an_ingest_keeps_the_hash_in_evidence_and_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export, project = tmp_path / "export", project_in(tmp_path)
    (export / "photos").mkdir(parents=True)
    (export / "photos" / "1.jpg").write_bytes(JPEG)
    (export / "photos" / "2.jpg").write_bytes(encoded(poster(1).resize((300, 400)), quality=40))
    (export / "photos" / "3.jpg").write_bytes(b"")
    names = {n: f"photos/{n}.jpg" for n in (1, 2, 3)}
    path = save(export, chat([message(n, photo=name) for n, name in names.items()]))

    assert call("ingest", path, "--project", project).code == 0
    kept = [content["media"][0] for content in evidence(project)]
    assert [set(one) for one in kept[:2]] == [{"kind", "digest", "picture", "picture_quality"}] * 2
    assert set(kept[2]) == {"kind", "digest"}
    first, second = ((one["picture"], one["picture_quality"]) for one in kept[:2])
    assert kept[0]["digest"] != kept[1]["digest"]
    assert bits_apart(first, second) <= NEAR
    with Store.at(project / "store.db") as store:
        posts = list(posts_in_time(store, (0, 100)))
    assert [post.media[0].picture for post in posts] == [first[0], second[0], None]

    # the same export on a machine without the packages says nothing new
    monkeypatch.setitem(sys.modules, "pdqhash", None)
    again = call("ingest", path, "--project", project, "--json")
    assert again.code == 0, again
    assert len(evidence(project)) == 3
    assert call("verify", "--project", project).code == 0
