"""Tickets, problems, routing, reading: the edges of the api, without a network."""

import json
import re
from pathlib import Path

import pytest
from pydantic import TypeAdapter
from starlette.routing import Match, Route
from starlette.testclient import TestClient

from services.api.app import application
from services.api.calls import CALLS
from services.api.description.openapi import document
from services.api.http.bodies import read_json
from services.api.http.pages import START, Cursor, Rows, cursor_of, cursor_text
from services.api.http.parameters import canonical_id
from services.api.http.problems import ProblemAnswer, Unauthorized
from services.api.identity.doorkeeper import Doorkeeper
from services.api.identity.identity import SETTINGS, Identity
from services.api.identity.tickets import LIFETIME_SECONDS, Tickets
from services.api.pages import console
from shared.errors import Corrupt, NotFound, Unavailable

RUN = "0192f5d0-0000-7000-8000-000000000000"
OTHER = "0192f5d0-0000-7000-8000-000000000001"
APP = application(Doorkeeper("a-token-for-tests", "default", Tickets(b"k" * 32)))
ACME = Identity("acme", "a reader", "viewer", OTHER)


def test_a_ticket_opens_its_run_for_a_day() -> None:
    tickets = Tickets(b"k" * 32)
    ticket = tickets.issue(ACME, RUN, now=1_000)
    assert tickets.open(ticket, RUN, now=1_000 + LIFETIME_SECONDS) == ("acme", OTHER)
    for run, now in ((OTHER, 1_000), (RUN, 1_001 + LIFETIME_SECONDS)):
        with pytest.raises(Unauthorized):
            tickets.open(ticket, run, now=now)


@pytest.mark.parametrize("forged", ["", "..", "acme.x.y", "acme.9999999999.", "b.9999999999.aa"])
def test_a_forged_ticket_opens_nothing(forged: str) -> None:
    with pytest.raises(Unauthorized):
        Tickets(b"k" * 32).open(forged, RUN)


@pytest.mark.parametrize("spelled", ["0{}", "00{}", "+{}", " {}", "{} ", "{}.", "\u0660{}"])
def test_a_ticket_opens_its_run_in_one_spelling_only(spelled: str) -> None:
    tickets = Tickets(b"k" * 32)
    workspace, expiry, *rest = tickets.issue(ACME, RUN).split(".")
    with pytest.raises(Unauthorized):
        tickets.open(".".join((workspace, spelled.format(expiry), *rest)), RUN)


def test_a_ticket_of_a_version_that_named_no_maker_is_good_for_its_day() -> None:
    """As it was made, by that version's code."""
    old = "acme.87400.Ywj2YoDsP3zAl1FwfrUFbKxuAwVjT6nqzkGsKCympsg"
    assert Tickets(b"k" * 32).open(old, RUN, now=1_000) == ("acme", SETTINGS)


def test_a_ticket_of_another_key_or_workspace_opens_nothing() -> None:
    ticket = Tickets(b"a" * 32).issue(ACME, RUN)
    with pytest.raises(Unauthorized):
        Tickets(b"b" * 32).open(ticket, RUN)
    with pytest.raises(Unauthorized):
        Tickets(b"a" * 32).open(ticket.replace("acme", "evil"), RUN)
    with pytest.raises(Unauthorized):
        Tickets(b"a" * 32).open(ticket.replace(OTHER, SETTINGS), RUN)


def test_an_unexpected_error_tells_nothing_of_itself() -> None:
    for error in (RuntimeError("secret"), Corrupt("secret")):
        answer = ProblemAnswer(error)
        assert answer.status_code == 500
        assert b"secret" not in answer.body


def test_what_is_away_says_when_to_come_back() -> None:
    answer = ProblemAnswer(Unavailable("NATS does not answer"))
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "2"
    assert json.loads(bytes(answer.body))["code"] == "unavailable"


def test_every_call_is_found_and_described() -> None:
    for call in CALLS:
        path = re.sub(r"\{(\w+)(:path)?\}", lambda m: m[1] + ("/..." if m[2] else ""), call.path)
        scope = asked(call.method, path)
        found = [route for route in APP.router.routes if route.matches(scope)[0] is Match.FULL]
        assert found
        assert isinstance(found[0], Route)
        assert found[0].path == call.path
        params = found[0].matches(scope)[1]["path_params"]
        assert {value.removesuffix("/...") for value in params.values()} == set(params)
    described = document(CALLS)["paths"]
    assert isinstance(described, dict)
    assert set(described) == {call.path for call in CALLS if call.described}


@pytest.mark.parametrize("path", ["//", "/nothing", "/api", "/api/v1/runs/", "/api/v1/runs/a/b/c"])
def test_a_path_that_leads_nowhere_is_not_found(path: str) -> None:
    answer = TestClient(APP).get(f"http://testserver{path}", follow_redirects=False)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_wrong_method_is_told_the_right_ones() -> None:
    answer = TestClient(APP).patch("/api/v1/agents/x")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.json()["allow"] == answer.headers["allow"] == "DELETE, GET, PUT"


def asked(method: str, path: str) -> dict[str, object]:
    return {"type": "http", "method": method, "path": path, "root_path": ""}


def test_only_a_canonical_id_is_an_id() -> None:
    assert canonical_id(RUN, "run") == RUN
    for text in (RUN.upper(), RUN.replace("-", ""), "{" + RUN[1:-1] + "}", "*", ""):
        with pytest.raises(NotFound):
            canonical_id(text, "run")


def test_an_escaped_backslash_before_u0000_is_no_nul() -> None:
    form = TypeAdapter(dict[str, str])
    assert read_json(form, b'{"a": "\\\\u0000"}') == {"a": "\\u0000"}


def test_a_cursor_comes_back_as_it_went() -> None:
    cursor = Cursor(START.created_at.replace(year=2030), RUN)
    assert cursor_of(cursor_text(cursor)) == cursor
    assert Rows().cursor == START


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("text/html;q=0.2, application/json", "application/json"),
        ("", "application/json"),
        ("image/png", "application/json"),
    ],
)
def test_the_root_is_a_page_for_browsers_and_json_for_programs(
    accept: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "index.html").write_text("<html><head></head></html>")
    monkeypatch.setattr(console, "DIST", tmp_path)
    answer = TestClient(APP).get("/", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, kind)
    assert "accept" in answer.headers["vary"]


def test_a_ticket_is_good_under_every_secret_key_in_force() -> None:
    old, both = Tickets(b"o" * 32), Tickets(b"n" * 32, b"o" * 32)
    assert both.open(old.issue(ACME, RUN), RUN) == ("acme", OTHER)
    assert Tickets(b"n" * 32).open(both.issue(ACME, RUN), RUN) == ("acme", OTHER)
    with pytest.raises(Unauthorized):
        Tickets(b"n" * 32).open(old.issue(ACME, RUN), RUN)
