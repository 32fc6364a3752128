"""The page to watch with: its law is everybody's, and the api serves it under a policy."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import httpx2
import pytest
from penstock_client.event import Event
from penstock_client.view import fold
from pydantic import JsonValue

from services.api.pages.page import ANSWER, WATCH, policy_of, whole
from tests.acceptance.event_source import NODE
from tests.eventually import PATIENCE_SECONDS
from tests.stack import RunningStack
from tests.unit.client.test_view import WireEvent, read_vectors, shown

SCRIPT = Path(__file__).parent / "watch_page.mjs"


def shown_by_the_page(histories: Sequence[Sequence[WireEvent]]) -> list[dict[str, JsonValue]]:
    """What the page's law makes of each list of events."""
    told = subprocess.run(
        [NODE, SCRIPT, WATCH.with_name("watch-law.js")],
        input=json.dumps(histories).encode(),
        capture_output=True,
        check=True,
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


PAGES = {"/watch": WATCH, "/answer": ANSWER}


def own_parts(path: Path) -> str:
    """A page with all that is laid in but what others wrote."""
    library = (WATCH.parent / "watch" / "markdown.js").read_text()
    return whole(path).replace(library, "")


@pytest.mark.parametrize("address", PAGES)
async def test_a_page_is_served_to_anyone_and_may_do_no_more_than_it_does(
    stack: RunningStack, address: str
) -> None:
    html = whole(PAGES[address])
    async with httpx2.AsyncClient(
        base_url=stack.stack["api_url"], timeout=PATIENCE_SECONDS, headers={"Accept": "text/html"}
    ) as http:
        answer = await http.get(address)
        plain = await http.get(address, headers={"Accept-Encoding": "identity"})
        known = await http.get(address, headers={"If-None-Match": answer.headers["etag"]})
    assert (answer.status_code, answer.text) == (200, html)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["content-encoding"] == "gzip"
    policy = answer.headers["content-security-policy"]
    assert policy == policy_of(html)
    assert "unsafe" not in policy
    assert "connect-src 'self'" in policy
    assert (plain.text, plain.headers.get("content-encoding")) == (html, None)
    assert (known.status_code, known.content) == (304, b"")


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_a_page_needs_nothing_from_elsewhere_and_writes_no_html(path: Path) -> None:
    html = own_parts(path)
    elsewhere = r"""(?:src|href)=["'](?!data:|\$\{escaped)(?:[a-z][a-z0-9+.-]*:|//|\$)"""
    assert not re.findall(elsewhere, html)
    assert not re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b", html)
    assert not re.findall(r"@import|url\(", html)


def test_the_page_makes_no_link_of_an_address_it_was_given() -> None:
    """Whoever writes the address could have the page vouch for a page of theirs."""
    html = own_parts(WATCH)
    told = re.findall(r"^function tell\(.*?^}", html, re.DOTALL | re.MULTILINE)
    assert len(told) == 1
    assert "href" not in told[0]
    linked = re.findall(r"href: ?(\w+)|\.href = ([^;]+)", html)
    given = {first or second for first, second in linked}
    assert given == {
        "`#step-${number}`",
        "`#step-${step.step}`",
        "`#step-${asking[0]}`",
        "`#step-${step}`",
        "url",
    }


def test_what_others_wrote_is_what_its_lock_says() -> None:
    """Made of packages by version and hash: see examples/watch/markdown/README.md."""
    folder = WATCH.parent / "watch" / "markdown"
    lock = json.loads((folder / "package-lock.json").read_text())["packages"]
    wanted = json.loads((folder / "package.json").read_text())["devDependencies"]
    assert {name: lock[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert all(each["integrity"] for name, each in lock.items() if name)
    assert not any("resolved" in each for each in lock.values())
    digest = sha256((folder.parent / "markdown.js").read_bytes()).hexdigest()
    assert digest in (folder / "README.md").read_text()


async def test_a_program_is_told_where_things_are(stack: RunningStack) -> None:
    async with httpx2.AsyncClient(
        base_url=stack.stack["api_url"], timeout=PATIENCE_SECONDS
    ) as http:
        for accept in ("*/*", "application/json"):
            answer = await http.get("/", headers={"Accept": accept})
            assert answer.headers["content-type"] == "application/json"
            assert answer.headers["vary"] == "accept"
            ways = {key: way for key, way in answer.json().items() if key != "name"}
            for way in ways.values():
                assert (await http.get(way)).status_code in (200, 401), way
