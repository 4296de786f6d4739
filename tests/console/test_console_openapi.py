"""The API asked for everything its description allows, and for much that it does not.

Every route is in it by itself; a stream is not, for it has no end. What a route answers must be
declared, be of the declared form, and never be a 5xx.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from console_support import Stand, User, ways
from console_support_town import FAKE, alarm, let_in
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import AcceptedNegativeData, FailureGroup
from starlette.exceptions import HTTPException

from tocsin.console.roles import Role

load_all_checks()
LEFT_OUT = {
    # Values that are of the right form and still refused: an unknown cursor, a reason that is
    # missing, an outcome that is none. They are 422, and declared.
    "positive_data_acceptance",
    # A time is measured by benchmarks/console.py, on a machine that does nothing else.
    "max_response_time",
}
ALL = [CHECKS.get_one(name) for name in CHECKS.get_all_names() if name not in LEFT_OUT]
MOST = {"admin": (6, 4), "releaser": (1, 1), "analyst": (1, 1), "viewer": (1, 0), "nobody": (1, 0)}
"""Examples of each operation that fit its description, and that do not."""
ONE_BY_ONE = {"POST /api/v1/posts"}
"""Operations that take a list and refuse each line by itself, in the answer."""
HARMLESS = re.compile(r"header: |query: violates `additionalProperties`")
"""The header of who asks is put in anew, and a name that is not asked for is passed over."""
BOUNDED = settings(
    database=None,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def streams() -> set[str]:
    """Paths whose answers do not end."""
    return {way.path for way in ways() if way.path.endswith("/stream")}


def operations(stand: Stand) -> Iterator[Any]:
    """Everything the description has, as schemathesis reads it."""
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", stand.app)
    for found in schema.get_all_operations():
        operation: Any = found
        operation = operation.ok()
        if operation.path not in streams():
            yield operation


def callers(stand: Stand) -> dict[str, User]:
    people = {role.word: stand.software(role) for role in Role}
    return {**people, "nobody": stand.nobody()}


def tried(operation: Any, user: User, known: list[str], mode: GenerationMode, most: int) -> None:
    """Ask, and compare with what is declared."""
    pick = st.sampled_from(["", *known])

    @settings(BOUNDED, max_examples=most)
    @given(case=operation.as_strategy(generation_mode=mode), name=pick)
    def ask(case: Any, name: str) -> None:
        if name and mode is GenerationMode.POSITIVE and "name" in (case.path_parameters or {}):
            case.path_parameters["name"] = name
        response = case.call(headers=dict(user.headers))
        try:
            case.validate_response(response, checks=ALL, headers=dict(user.headers))
        except FailureGroup as found:
            grave = [one for one in found.exceptions if not _is_harmless(operation, response, one)]
            if grave:
                raise AssertionError(grave) from None

    ask()


def _is_harmless(operation: Any, response: Any, found: Any) -> bool:
    """Whether something wrong was taken that may be taken."""
    if not isinstance(found, AcceptedNegativeData):
        return False
    if operation.label in ONE_BY_ONE or response.status_code == 414:  # refused, if not by that
        return True
    wrong = found.message.partition("Invalid component:")[2].strip().splitlines()
    return all(HARMLESS.search(line) for line in wrong)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
@pytest.mark.parametrize("who", list(MOST))
def test_the_api_is_as_it_is_described(town: Stand, who: str) -> None:
    random.seed(0)
    let_in(town)
    user, known = callers(town)[who], [alarm(town.desk.project), FAKE]
    wrong, count = [], 0
    for operation in operations(town):
        count += 1
        modes = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
        for mode, most in zip(modes, MOST[who], strict=True):
            if not most:
                continue
            try:
                tried(operation, user, known, mode, most)
            except Exception as found:
                wrong.append(f"{operation.label}: {found}")
    town.desk.refuse_if_locked()
    assert not wrong, "\n\n".join(wrong)
    assert count > 10


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_what_is_not_declared_would_be_seen(town: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    def odd(*_: Any) -> None:
        raise HTTPException(418)

    monkeypatch.setattr("tocsin.console.api.desk.now", odd)
    monkeypatch.setattr("tocsin.console.api.desk.coverage_now", lambda *_: ["no object"])
    user = town.software(Role.VIEWER)
    found = {one.label: one for one in operations(town)}
    for name in ("now", "coverage"):
        with pytest.raises(Exception, match=r"Undocumented|validation error"):
            tried(found[f"GET /api/v1/{name}"], user, [], GenerationMode.POSITIVE, 1)


def test_every_route_of_the_api_is_described(town: Stand) -> None:
    """Whatever is under /api is in its description, so that the test above asks it."""
    described = {
        f"{method.upper()} {path}"
        for path, methods in town.app.openapi()["paths"].items()
        for method in methods
    }
    assert {
        f"{way.method} {way.shape}" for way in ways() if way.path.startswith("/api/")
    } == described
