"""The page to watch with: its law is everybody's, and the api serves it under a policy."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import httpx2
from penstock_client.event import Event
from penstock_client.view import fold
from pydantic import JsonValue

from services.api.service.watch_page import LAW, page, policy_of
from tests.acceptance.event_source import NODE
from tests.eventually import PATIENCE_SECONDS
from tests.stack import RunningStack
from tests.unit.client.test_view import WireEvent, read_vectors, shown

SCRIPT = Path(__file__).parent / "watch_page.mjs"


def shown_by_the_page(histories: Sequence[Sequence[WireEvent]]) -> list[dict[str, JsonValue]]:
    """What the page's law makes of each list of events."""
    told = subprocess.run(
        [NODE, SCRIPT, LAW], input=json.dumps(histories).encode(), capture_output=True, check=True
    )
    views: list[dict[str, JsonValue]] = json.loads(told.stdout)
    return views


def test_the_page_shows_what_every_vector_expects() -> None:
    vectors = read_vectors()
    for vector, seen in zip(
        vectors, shown_by_the_page([vector["events"] for vector in vectors]), strict=True
    ):
        if vector["expected"]["needs_reread"]:
            assert seen["needs_reread"] is True, vector["name"]
        else:
            assert seen == vector["expected"], vector["name"]


def test_the_page_and_the_python_client_agree_after_every_event() -> None:
    histories = [
        vector["events"][:count]
        for vector in read_vectors()
        for count in range(len(vector["events"]) + 1)
    ]
    assert len(histories) > 200
    for history, seen in zip(histories, shown_by_the_page(histories), strict=True):
        assert seen == shown(fold(Event(e["id"], e["type"], e["data"]) for e in history))


async def test_the_page_is_served_to_anyone_and_may_do_no_more_than_it_does(
    stack: RunningStack,
) -> None:
    async with httpx2.AsyncClient(
        base_url=stack.stack["api_url"], timeout=PATIENCE_SECONDS
    ) as http:
        answer = await http.get("/watch")
    assert (answer.status_code, answer.text) == (200, page())
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["referrer-policy"] == "no-referrer"
    policy = answer.headers["content-security-policy"]
    assert policy == policy_of(page())
    assert "unsafe" not in policy
    assert "connect-src 'self'" in policy


def test_the_page_needs_nothing_from_elsewhere_and_writes_no_html() -> None:
    html = page()
    assert not re.findall(r"""(?:src|href)=["'](?!data:)[^"']""", html)
    assert not re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b", html)
    assert not re.findall(r"@import|url\(", html)


def test_the_page_makes_no_link_of_an_address_it_was_given() -> None:
    """Whoever writes the address could have the page vouch for a page of theirs."""
    html = page()
    told = re.findall(r"^function tell\(.*?^}", html, re.DOTALL | re.MULTILINE)
    assert len(told) == 1
    assert "href" not in told[0]
    linked = re.findall(r"href: ?(\w+)|\.href = `?([^;`]+)", html)
    assert [first or second for first, second in linked] == ["#step-${number}", "url"]
