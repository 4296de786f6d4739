"""Feed, folder, tables, map, and push."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from pathlib import Path

import feedparser
import orjson
import pytest
from delivery_builders import T0, composed, message, occasion, recipient
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from pytest_httpserver import HTTPServer

from tocsin.delivery.atom import FeedEntry, entry_id, feed
from tocsin.delivery.carrier import CarrierOptions, parcel_of
from tocsin.delivery.folder import FEED_NAME, build, folder_feed
from tocsin.delivery.geojson import feature_collection
from tocsin.delivery.language import load_languages
from tocsin.delivery.push import PushCarrier
from tocsin.delivery.push import build as build_push
from tocsin.delivery.tables import COLUMNS, harmless, rows_of, write_csv, write_xlsx
from tocsin.errors import DeliveryFailed, DeliveryRefused
from tocsin.model import Clearance, DeskPage, Level, PlacePrecision

OPTIONS = CarrierOptions("The desk", "desk@example.org")
ENGLISH = load_languages()["en"]


def test_a_feed_is_read_by_an_independent_reader() -> None:
    entries = [FeedEntry(message(n), T0 + timedelta(minutes=n)) for n in (1, 3, 2)]
    made = feed("The desk", "urn:uuid:1", entries, most=2)
    read = feedparser.parse(made.body)
    assert not read.bozo
    assert read.feed.title == "The desk"
    assert read.feed.updated == "2024-05-01T09:03:00Z"
    assert [one.id for one in read.entries] == [entry_id(message(3)), entry_id(message(2))]
    assert read.entries[0].content[0].value == "text 3"
    assert {tag.term for tag in read.entries[0].tags} == {"alert", "issue"}
    assert made.last_modified == "Wed, 01 May 2024 09:03:00 GMT"


def test_the_same_entries_give_the_same_tag_and_others_another() -> None:
    one, two = FeedEntry(message(1), T0), FeedEntry(message(2, drill=True), T0)
    assert feed("d", "urn:x", [one, two]) == feed("d", "urn:x", [two, one])
    assert feed("d", "urn:x", [one]).etag != feed("d", "urn:x", [one, two]).etag
    assert "drill" in feed("d", "urn:x", [two]).body.decode()
    assert not feedparser.parse(feed("d", "urn:x", []).body).bozo


def test_a_folder_holds_each_message_once(tmp_path: Path) -> None:
    reader = recipient("r", address=str(tmp_path / "out"), kind="folder")
    carrier, folder = build(OPTIONS), tmp_path / "out"
    first = parcel_of(composed(1, reader), reader, T0)
    carrier.send(first)
    before = (folder / FEED_NAME).read_bytes()
    carrier.send(parcel_of(composed(1, reader), reader, T0 + timedelta(hours=1)))
    assert (folder / FEED_NAME).read_bytes() == before
    assert (folder / f"{first.key}.cap.xml").read_text(encoding="utf-8") == first.cap
    (entry,) = feedparser.parse(before).entries
    assert entry.title == first.subject
    assert entry.links[0].href == f"{first.key}.cap.xml"
    assert folder_feed(folder, "The desk", "r").body == before
    page = DeskPage("ana", "w", 1, Level.ALARM, 0, "s", "t")
    carrier.send(parcel_of(page, reader, T0))
    assert (folder / FEED_NAME).read_bytes() == before


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    carrier = build(OPTIONS)
    with pytest.raises(DeliveryFailed, match="cannot be written"):
        carrier.send(parcel_of(message(), recipient(address=str(tmp_path / "file")), T0))
    with pytest.raises(DeliveryRefused, match="whole path"):
        carrier.send(parcel_of(message(), recipient(address="here"), T0))


@given(st.text(max_size=30))
def test_no_cell_is_ever_a_formula(text: str) -> None:
    for start in ("", "=", "+", "-", "@", "\t=", " ="):
        shown = harmless(start + text)
        first = shown.lstrip()[:1]
        number = shown.lstrip("+-").replace(".", "", 1)
        assert first not in {"=", "@"}
        assert first not in {"+", "-"} or number.isdigit()


def test_numbers_stay_numbers() -> None:
    assert [harmless(n) for n in ("-12.5", "+3", "--3", "-x", "-1.2.3", "12")] == [
        "-12.5",
        "+3",
        "'--3",
        "'-x",
        "'-1.2.3",
        "12",
    ]


def test_tables_hold_what_the_recipient_is_cleared_for() -> None:
    reader = recipient("r")
    rows = rows_of([occasion(target='=HYPERLINK("x")')], reader, ENGLISH)
    read = list(csv.DictReader(io.StringIO(write_csv(rows).decode("utf-8-sig"))))
    assert read[0]["community"] == '\'=HYPERLINK("x")'
    assert (read[0]["place"], read[0]["latitude"]) == ("Aford", "43.0")
    assert (read[0]["likelihood"], read[0]["calibrated"]) == ("possible", "no")
    sheet = load_workbook(io.BytesIO(write_xlsx(rows))).active
    assert [cell.value for cell in sheet[1]] == list(COLUMNS)
    assert all(cell.data_type in ("s", "n") for cell in sheet[2])
    assert not any(str(cell.value).startswith("=") for cell in sheet[2])
    cleared = recipient("r", clearance=Clearance(place=PlacePrecision.VENUE))
    (row,) = rows_of([occasion(calibrated=True)], cleared, ENGLISH, drill=True)
    assert (row["place"], row["likelihood"], row["drill"]) == ("Aford, airport", "0.120", "yes")


def test_a_map_shows_no_more_than_the_district() -> None:
    made = orjson.loads(feature_collection([occasion()], recipient("r"), ENGLISH))
    (feature,) = made["features"]
    assert feature["geometry"] == {"type": "Point", "coordinates": [47.6, 43.0]}
    assert feature["properties"]["radius_km"] == "15"
    assert "latitude" not in feature["properties"]


@pytest.mark.usefixtures("loopback")
def test_a_page_is_pushed_by_apprise(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/push", method="POST").respond_with_data("")
    page = DeskPage("ana", "w", 1, Level.ALARM, 0, "Alarm", "Open the desk.")
    address = f"json://127.0.0.1:{httpserver.port}/push"
    parcel = parcel_of(page, recipient("ana", address=address), T0)
    assert build_push(OPTIONS).send(parcel) == "taken by 1 of 1 push services"
    assert httpserver.log[0][0].json["title"] == "Alarm"
    httpserver.clear()
    httpserver.expect_request("/push", method="POST").respond_with_data("", status=500)
    with pytest.raises(DeliveryFailed):
        build_push(OPTIONS).send(parcel)


def test_every_address_of_a_person_is_tried_and_one_is_enough() -> None:
    answers = {"a://x": False, "b://x": None, "c://x": True}
    asked: list[str] = []

    def notify(url: str, _title: str, _text: str) -> bool | None:
        asked.append(url)
        return answers[url]

    def push(address: str) -> str:
        return PushCarrier(notify).send(parcel_of(message(), recipient(address=address), T0))

    assert push(" a://x b://x  c://x ") == "taken by 1 of 3 push services"
    assert asked == ["a://x", "b://x", "c://x"]
    with pytest.raises(DeliveryFailed, match="no push service"):
        push("a://x b://x")
    for nothing in ("b://x", ""):
        with pytest.raises(DeliveryRefused, match="no address for push"):
            push(nothing)


def test_an_address_that_apprise_does_not_know() -> None:
    parcel = parcel_of(message(), recipient(address="nosuch://x"), T0)
    with pytest.raises(DeliveryRefused, match="apprise"):
        build_push(OPTIONS).send(parcel)
    with pytest.raises(DeliveryFailed):
        PushCarrier(lambda *_: False).send(parcel)
