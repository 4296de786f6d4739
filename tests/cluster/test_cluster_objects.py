"""What a cluster's machines share, on an object storage that speaks S3."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flink_support import ingested_demo
from moto.server import ThreadedMotoServer

from tocsin.archive import verify
from tocsin.engines.flink.pages import WorkFolder, posts_of
from tocsin.engines.objects import ArchiveCopy
from tocsin.engines.project import Project
from tocsin.model import Post
from tocsin.settings import Settings

_FIRST = datetime(2023, 10, 29, tzinfo=UTC)


@pytest.fixture
def bucket(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    request.getfixturevalue("loopback")
    import boto3  # comes with moto
    import s3fs

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    s3fs.S3FileSystem.clear_instance_cache()
    boto3.client("s3").create_bucket(Bucket="desk")
    yield "s3://desk/work"
    s3fs.S3FileSystem.clear_instance_cache()
    server.stop()


def test_pages_and_states_lie_on_an_object_storage(bucket: str) -> None:
    moments = [_FIRST + timedelta(minutes=n) for n in range(7)]
    posts = [Post("table", "c", str(n), at, at, "words") for n, at in enumerate(moments)]
    folder = WorkFolder(bucket)
    pages = folder.write_pages(posts, size=3)
    again = WorkFolder(bucket)
    read = [post for number in range(pages.count) for post in posts_of(again.page(number))]
    assert read == posts
    names = [folder.write_state("rumours-0", taken, b"%d" % taken) for taken in range(12)]
    assert again.state(names[-1]) == b"11"
    with pytest.raises(Exception, match="gone while the job runs"):
        again.state(names[0])
    folder.remove()
    with pytest.raises(Exception, match="gone while the job runs"):
        WorkFolder(bucket).page(0)


def test_an_archive_is_pushed_and_pulled(bucket: str, tmp_path: Path) -> None:
    desk = ingested_demo(tmp_path / "desk")
    project = Project(desk, Settings.load(desk))
    copy = ArchiveCopy(bucket)
    first = copy.push(project)
    assert first.sent == len({path.read_bytes() for path in (desk / "archive").rglob("*.*")})
    assert copy.push(project).sent == 0
    assert ArchiveCopy(bucket).pull(tmp_path / "other") == first.files
    assert verify(tmp_path / "other" / "archive").ok
