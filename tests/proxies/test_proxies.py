"""Penstock behind Caddy and nginx: nothing of what the api promises is lost on the way."""

from __future__ import annotations

import os
import re
import signal
from contextlib import aclosing
from typing import Any
from urllib.parse import urljoin
from urllib.request import urlopen

import httpx2
import pytest

from cli.up.port import LOOPBACK
from tests.certificates import Authority
from tests.eventually import PATIENCE_SECONDS, eventually
from tests.proxies.conftest import VARIANTS, Served
from tests.proxies.events import Reader
from tests.proxies.programs import Kind, Proxy
from tests.servers import own_folder

MIB = 1 << 20
SPEAKS = "[[sim: words=400 rate=80/s]]"
FALLS_SILENT = '[[sim: text="first words and then nothing more" stall after=2]]'
READERS = re.compile(r"^penstock_event_readers(?:\{.*\})? (\S+)", re.MULTILINE)
PARTS = re.compile(r'<(?:script|link|a)\b[^>]* (?:src|href)="(?!data:|#|https?:|[\'$])([^"]+)"')


def agent(instructions: str, **data: Any) -> dict[str, Any]:
    node = {"id": "agent", "type": "agent", "data": {"instructions": instructions, **data}}
    return {"nodes": [node], "edges": []}


async def started(http: httpx2.AsyncClient, flow: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A new run, as the answer to POST tells of it."""
    answer = await http.post("/api/v1/runs", json={"flow": flow, "input": "Rivers", **more})
    assert answer.status_code == 202, answer.text
    told: dict[str, Any] = answer.json()
    return told


def readers_of(monitor_url: str) -> int:
    """How many streams an api serves now."""
    with urlopen(f"{monitor_url}/metrics", timeout=PATIENCE_SECONDS) as answer:
        found = READERS.search(answer.read().decode())
    return int(float(found[1])) if found else 0


@pytest.mark.parametrize(("kind", "prefix"), VARIANTS)
def test_its_own_program_takes_the_configuration(kind: Kind, prefix: str) -> None:
    with own_folder() as folder:
        proxy = Proxy(kind, folder, Authority(folder, "authority"), prefix)
        checked = proxy.check(["127.0.0.1:1", "127.0.0.1:2"])
    assert checked.returncode == 0, checked.stderr


async def test_words_come_through_before_the_answer_is_whole(
    http: httpx2.AsyncClient, served: Served
) -> None:
    run = await started(http, agent(FALLS_SILENT))
    async with aclosing(Reader(http, run["events_url"]).events()) as events:
        async for kind, _ in events:
            if kind == "step.delta":
                break
    # The model says nothing more, so nothing pushes these words out of a buffer.
    answer = await http.get(f"/api/v1/runs/{run['run_id']}")
    assert answer.json()["status"] == "running"
    await http.post(f"/api/v1/runs/{run['run_id']}/cancel", params={"wait": 10})


async def test_no_word_is_lost_when_an_api_is_killed_and_no_log_has_the_ticket(
    http: httpx2.AsyncClient, served: Served
) -> None:
    run = await started(http, agent(SPEAKS))
    spoken = []
    async with served.client(token=None) as stranger:
        reader = Reader(stranger, run["events_url"])
        async for kind, data in reader.events():
            if kind == "step.delta":
                spoken.append(data["text"])
            if len(spoken) == 5 and not reader.cuts:
                [serving] = [api for api in served.apis if readers_of(api.monitor_url)]
                os.kill(serving.process.pid, signal.SIGKILL)
    assert reader.cuts > 0
    output = (await http.get(f"/api/v1/runs/{run['run_id']}")).json()["output"]
    assert "".join(spoken) == output
    assert len(output.split()) > 300
    said = served.proxy.said
    assert run["run_id"] in said
    assert run["events_url"].partition("?ticket=")[2] not in said


async def test_twenty_mebibytes_go_in_and_out(http: httpx2.AsyncClient) -> None:
    template = {"id": "whole", "type": "template", "data": {"template": "{{input}}"}}
    given = "A river of words. " * (20 * MIB // 18)
    run = await started(http, {"nodes": [template], "edges": []}, input=given)

    async def has_ended() -> bool:
        answer = await http.get(f"/api/v1/runs/{run['run_id']}")
        return bool(answer.json()["status"] == "completed")

    await eventually(has_ended)
    answer = await http.get(f"/api/v1/runs/{run['run_id']}/steps/0/output")
    assert answer.text == given


async def test_a_link_to_a_question_leads_through_the_proxy(
    http: httpx2.AsyncClient, served: Served
) -> None:
    question = {"id": "may it?", "type": "approval", "data": {"prompt": "May it?"}}
    run = await started(http, {"nodes": [question], "edges": []})
    here = f"{served.proxy.url}/api/v1/runs/{run['run_id']}"
    assert run["events_url"].startswith(f"{here}/events?ticket=")

    async def made() -> httpx2.Response | None:
        answer = await http.post(f"{here}/steps/0/link")
        return answer if answer.status_code == 201 else None

    link = (await eventually(made)).json()["url"]
    assert link.startswith(f"{served.proxy.url}/answer#link=")
    async with served.client(token=None) as phone:
        page = await phone.get(link)
        assert "script" in page.text
        secret = link.partition("#link=")[2]
        asked = {"link": secret, "decision": "approve"}
        decided = await phone.post("/api/v1/links/decision", json=asked)
    assert decided.status_code == 200, decided.text


async def test_every_page_finds_its_parts(http: httpx2.AsyncClient, served: Served) -> None:
    for path in ("/", "/watch", "/answer", "/docs"):
        url = f"{served.proxy.url}{path}"
        page = await http.get(url, headers={"Accept": "text/html"})
        for part in PARTS.findall(page.text):
            answer = await http.get(urljoin(url, part))
            assert answer.status_code == 200, f"{path}: {part}"


async def test_a_run_whose_last_reader_leaves_is_cancelled(
    http: httpx2.AsyncClient, served: Served
) -> None:
    run = await started(http, agent(FALLS_SILENT), on_disconnect="cancel")
    async with aclosing(Reader(http, run["events_url"]).events()) as events:
        async for kind, _ in events:
            if kind == "step.delta":
                break

    async def is_cancelled() -> bool:
        answer = await http.get(f"/api/v1/runs/{run['run_id']}")
        return bool(answer.json()["status"] == "cancelled")

    await eventually(is_cancelled)


async def test_metrics_are_not_for_the_world(http: httpx2.AsyncClient, served: Served) -> None:
    alive = next(api for api in served.apis if api.process.poll() is None)
    inside = f"http://{LOOPBACK}:{alive.api_port}/metrics"
    assert (await http.get(inside)).status_code == 200
    assert (await http.get("/metrics")).status_code == 404
