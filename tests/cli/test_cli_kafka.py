"""A topic of Kafka from its address to posts in the archive, as a person goes about it."""

from __future__ import annotations

from pathlib import Path

from cli_support import call, project_in

from kafka_support import broker, said


def test_from_nothing_to_the_first_topic(tmp_path: Path) -> None:
    desk = project_in(tmp_path)
    with broker() as town:
        town.put("posts", said(1), said(2), b"no post")
        url = town.url("posts")
        added = call("sources", "add", "kafka", "monitor", url, "--project", desk)
        assert (added.code, added.out.splitlines()[0]) == (0, f"added kafka monitor: {url}")
        tried = call("sources", "test", "monitor", "--project", desk)
        assert (tried.code, tried.out.partition(",")[0]) == (0, "monitor answers: 2 posts")
        assert "partition 0, offset 2" in tried.err
        watched = call("watch", desk, "--once")
        assert watched.code == 0, watched
        assert "monitor  taken: 2 new, 0 edited" in watched.out
        town.put("posts", said(3), said(2, text="Closed on the second day"))
        assert "taken: 1 new, 1 edited" in call("watch", desk, "--once").out
        (desk / "watch" / "monitor.json").unlink()  # a lost state costs a look, and doubles nothing
        assert "taken" not in call("watch", desk, "--once").out
    assert "ok  source monitor: kafka, well" in call("check", "--project", desk).out


def test_what_cannot_be_is_one_line(tmp_path: Path) -> None:
    desk = project_in(tmp_path)
    add = ("sources", "add", "kafka", "monitor")
    wrong = call(*add, "https://broker.example/posts", "--project", desk)
    assert (wrong.code, "kafka://host:9092/topic" in wrong.err) == (2, True)
    with (desk / "tocsin.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n[kafka]\nclient_file = "{desk}/kafka.properties"\n')
    assert call(*add, "kafka://broker.example:9092/posts", "--project", desk).code == 0
    (desk / "kafka.properties").write_text("security.protocol=SSL\n")
    tried = call("sources", "test", "monitor", "--project", desk)
    assert (tried.code, "must lie outside the project" in tried.err) == (2, True)
