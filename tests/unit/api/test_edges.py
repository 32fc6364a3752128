"""Tickets, problems, routing, reading: the edges of the api, without a network."""

import json

import pytest
from pydantic import TypeAdapter

from services.api.description.openapi import document
from services.api.http.call import Router
from services.api.http.json_body import read_json
from services.api.http.pages import START, Cursor, cursor_of, cursor_text
from services.api.http.problems import MethodNotAllowed, Unauthorized, problem_answer
from services.api.http.requests import canonical_id
from services.api.http.tickets import LIFETIME_SECONDS, Tickets
from services.api.routes import ROUTES
from shared.errors import Corrupt, NotFound, Unavailable

RUN = "0192f5d0-0000-7000-8000-000000000000"
OTHER = "0192f5d0-0000-7000-8000-000000000001"


def test_a_ticket_opens_its_run_for_a_day() -> None:
    tickets = Tickets(b"k" * 32)
    ticket = tickets.issue("acme", RUN, now=1_000)
    assert tickets.open(ticket, RUN, now=1_000 + LIFETIME_SECONDS) == "acme"
    for run, now in ((OTHER, 1_000), (RUN, 1_001 + LIFETIME_SECONDS)):
        with pytest.raises(Unauthorized):
            tickets.open(ticket, run, now=now)


@pytest.mark.parametrize("forged", ["", "..", "acme.x.y", "acme.9999999999.", "b.9999999999.aa"])
def test_a_forged_ticket_opens_nothing(forged: str) -> None:
    with pytest.raises(Unauthorized):
        Tickets(b"k" * 32).open(forged, RUN)


def test_a_ticket_of_another_key_or_workspace_opens_nothing() -> None:
    ticket = Tickets(b"a" * 32).issue("acme", RUN)
    with pytest.raises(Unauthorized):
        Tickets(b"b" * 32).open(ticket, RUN)
    with pytest.raises(Unauthorized):
        Tickets(b"a" * 32).open(ticket.replace("acme", "evil"), RUN)


def test_an_unexpected_error_tells_nothing_of_itself() -> None:
    for error in (RuntimeError("secret"), Corrupt("secret")):
        answer = problem_answer(error)
        assert answer.status == 500
        assert b"secret" not in answer.body


def test_what_is_away_says_when_to_come_back() -> None:
    answer = problem_answer(Unavailable("NATS does not answer"))
    assert answer.status == 503
    assert (b"retry-after", b"2") in answer.headers
    assert json.loads(answer.body)["code"] == "unavailable"


def test_every_route_is_found_and_described() -> None:
    router = Router(ROUTES)
    for route in ROUTES:
        found, params = router.find(route.method, route.path.replace("{", "").replace("}", ""))
        assert found is route
        assert set(params.values()) == set(params)
    described = document(ROUTES)["paths"]
    assert isinstance(described, dict)
    assert set(described) == {route.path for route in ROUTES if route.described}


@pytest.mark.parametrize("path", ["", "/", "//", "/api", "/api/v1/runs/", "/api/v1/runs/a/b/c"])
def test_a_path_that_leads_nowhere_is_not_found(path: str) -> None:
    with pytest.raises(NotFound):
        Router(ROUTES).find("GET", path)


def test_a_wrong_method_is_told_the_right_ones() -> None:
    with pytest.raises(MethodNotAllowed) as caught:
        Router(ROUTES).find("PATCH", "/api/v1/agents/x")
    assert caught.value.members["allow"] == "DELETE, GET, PUT"


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
    assert cursor_of(None) == START
