"""Texts that mean harm are shown as text, on every page there is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import quote, urlencode, urljoin, urlsplit

import pytest
from console_support import Answer, Stand, User, Way, ways
from console_support_town import FAKE, FILLED_IN, HARMFUL, PROBE, SUM, alarm, let_in

from tocsin.console.guard import CSRF_FIELD
from tocsin.console.roles import Role

MOST_ALIKE = 5
"""Pages of one route that are looked at."""
TURNS = 6
"""Texts that each address is tried with."""
ENDS = re.compile(r"/(sign-out|language)$|\.(zip|cap|xml|csv|pdf|png|jpg)$")


class Page(HTMLParser):
    """What a browser would make of an answer, as far as it matters here."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.troubles: list[str] = []
        self.words: list[str] = []
        self._form: str | None = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag == PROBE or (tag == "script" and not (named.get("src") or "").startswith("/")):
            self.troubles.append(f"<{tag} {named}>")
        for name, value in attrs:
            text = (value or "").strip().lower()
            if name.startswith("on") or name == "style" or PROBE in name:
                self.troubles.append(f"<{tag} {name}={value}>")
            if name in ("href", "src", "action", "formaction", "data") and (
                text.startswith(("javascript:", "vbscript:"))
                or (text.startswith("data:") and text != "data:,")
            ):
                self.troubles.append(f"<{tag} {name}={value}>")
        if tag == "a" and named.get("href"):
            self.links.append(str(named["href"]))
        if tag == "form" and (named.get("method") or "").lower() == "post":
            self._form = named.get("action") or ""
        if tag == "input" and named.get("name") == CSRF_FIELD and named.get("value"):
            self._form = None

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            if self._form is not None and not self._form.startswith(
                ("/sign-in", "/welcome", "/tip")
            ):
                self.troubles.append(f"a form without its token: {self._form}")
            self._form = None

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def troubles_of(answer: Answer) -> list[str]:
    """What is wrong with an answer to somebody's GET."""
    found = [] if answer.status < 500 else [f"status {answer.status}: {answer.body[:300]!r}"]
    kind = answer.headers.get("content-type", "")
    text = answer.body.decode("utf-8", "replace")
    if "html" in kind or "svg" in kind:
        found += Page(text).troubles
    elif f"<{PROBE}>" in text and "json" not in kind and not kind.startswith("text/plain"):
        found.append(f"{kind}: raw")
    if FILLED_IN in text:
        found.append("a template was filled in")
    if "planted" in answer.headers.get("set-cookie", ""):
        found.append("a header was planted")
    if "config" in text and "SECRET_KEY" in text:
        found.append("the configuration was shown")
    return found


def crawl(user: User, starts: list[str]) -> Iterator[tuple[str, Answer]]:
    """Every page that can be reached by links, some of each kind."""
    waiting, seen, kinds = list(starts), set(starts), Counter[str]()
    while waiting:
        path = waiting.pop(0)
        answer = user.get(path)
        yield path, answer
        if "html" not in answer.headers.get("content-type", ""):
            continue
        for link in Page(answer.text).links:
            there = urljoin(f"http://desk.test{path}", link)
            parts = urlsplit(there)
            target = f"{parts.path}?{parts.query}" if parts.query else parts.path
            kind = re.sub(r"(?<=/)[^/]*[0-9%][^/]*", "*", parts.path) + str(bool(parts.query))
            if parts.netloc != "desk.test" or target in seen or ENDS.search(parts.path):
                continue
            kinds[kind] += 1
            if kinds[kind] <= MOST_ALIKE:
                seen.add(target)
                waiting.append(target)


def plain_pages() -> list[str]:
    """Every GET route that needs no value in its path."""
    return [way.path for way in ways() if way.method == "GET" and "{" not in way.path]


@pytest.mark.parametrize(("role", "language"), [(Role.VIEWER, "ru"), (Role.ADMIN, "en")])
def test_no_page_executes_or_breaks(town: Stand, role: Role, language: str) -> None:
    let_in(town)
    user = town.signed_in(role, HARMFUL[0] if role is Role.ADMIN else "")
    user = User(town, {**user.headers, "accept-language": language}, user.meant, user.csrf)
    starts = [*plain_pages(), f"/warnings/{FAKE}", f"/warnings/{alarm(town.desk.project)}"]
    wrong, seen = [], []
    for path, answer in crawl(user, starts):
        seen.append(path)
        wrong += [f"{path}: {trouble}" for trouble in troubles_of(answer)]
    assert not wrong, "\n".join(wrong)
    assert len(seen) >= len(starts)


def test_the_texts_are_there_to_be_shown(town: Stand) -> None:
    """Otherwise the test above shows nothing."""
    page = town.signed_in(Role.ANALYST).get(f"/warnings/{FAKE}").text
    words = "".join(Page(page).words)
    for text in (HARMFUL[0], HARMFUL[3], HARMFUL[8], f"{{{{ {SUM} }}}}", "DROP TABLE"):
        assert text in words
    assert "harm" in words
    assert page.count(PROBE) > 50


def _filled(way: Way, text: str) -> str:
    from urllib.parse import quote

    return way.filled(dict.fromkeys(way.route.param_convertors, quote(text, safe="")))


def test_no_address_breaks_a_page(town: Stand) -> None:
    """Whatever stands in a path or is asked for, there is a clear answer; texts take turns."""
    user = town.signed_in(Role.ADMIN)
    texts = [*HARMFUL, "%", "é" * 200, ".", "-1", "9" * 30, "a/b", "2024-02-30", "1e400", "0"]
    turns, wrong, asked = iter(texts * 1_000), [], set[str]()
    for way in ways():
        if way.method != "GET":
            continue
        names = [one.alias for one in way.route.dependant.query_params]
        for text in (next(turns) for _ in range(TURNS)):
            values = dict.fromkeys(way.route.param_convertors, quote(text, safe=""))
            paths = [way.filled(values)] if values else []
            if names:
                paths.append(f"{way.filled({})}?{urlencode(dict.fromkeys(names, text))}")
            for path in paths:
                asked.add(path)
                wrong += [f"{path}: {trouble}" for trouble in troubles_of(user.get(path))]
    assert not wrong, "\n".join(wrong)
    assert len(asked) > 20


@pytest.mark.parametrize("text", [HARMFUL[3], HARMFUL[14] + "\0", "9" * 400], ids=range(3))
def test_no_form_breaks_a_page(town: Stand, text: str) -> None:
    """The same text in every field of every form; what is taken is shown as text afterwards."""
    let_in(town)
    user = town.signed_in(Role.ADMIN)
    wrong = []
    for way in ways():
        if way.method != "POST" or way.path.startswith("/api/"):
            continue
        if "lock" in way.path or way.path == "/sign-out":
            continue
        names = fields_of(way)
        answer = user.post(way.filled({"name": FAKE}), dict.fromkeys(names, text))
        wrong += [f"{way.name}: {trouble}" for trouble in troubles_of(answer)]
        if answer.status < 400 and "location" in answer.headers:
            assert urlsplit(answer.headers["location"]).netloc == "", way.name
    page = user.get(f"/warnings/{FAKE}")
    wrong += troubles_of(page)
    assert not wrong, "\n".join(wrong)


def fields_of(way: Way) -> list[str]:
    """Names of a form's fields, those of a model too."""
    names: list[str] = []
    for one in way.route.dependant.body_params:
        model = getattr(one.field_info, "annotation", None)
        inner = getattr(model, "model_fields", None)
        names += [one.alias] if inner is None else list(inner)
    return names
