"""Large texts, many texts and strange texts: the same bytes wherever they are read.

In by the api, through worker and model, out by the api, the event stream, the clients and
Postgres.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from itertools import pairwise

import asyncpg
from penstock_client import Event, Penstock, RunView
from penstock_client.results import Blob

from shared.ledger.pool import opened
from tests.acceptance.event_source import heard_from
from tests.eventually import eventually
from tests.stack import RunningStack

LARGE_BYTES = 20_000_000
LINE = "🦦 שלום مرحبا {:08d} é\r\n"
PROVIDERS_BYTES = 32 << 20
MANY = 1_100
STRANGE = (
    "👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 cafe\u0301 é \u202eעברית\u202c مرحبا بالعالم 日本語 𝔘𝔫𝔦 \U0010ffff\ufffe\n"
    "\ufeff\r\n\r\t\u2028\u2029\u0085\u00a0\x01\x1f\x7f \\u0000 \\ud800 \"quotes\" 'single' \\ / "
    "</script> &amp; {{input}} {{nodes.x.output}} data: x\n\nid: 1\nevent: end\n: "
)


Drawn = dict[str, object]


async def test_twenty_megabytes_are_the_same_bytes_wherever_they_are_read(
    stack: RunningStack,
) -> None:
    text = "".join(map(LINE.format, range(LARGE_BYTES // len(LINE.format(0).encode()) + 1)))
    body = text.encode()
    drawn = chain(echo("model", "chunk=50000"), node("after", "template", template="{{input}}"))
    async with stack.client() as client, stack.http() as http:
        accepted = await client.runs.create(flow=drawn, input=text)
        said, urls = await _streamed(client, accepted.run_id)
        assert said == text
        run = await client.runs.get(accepted.run_id)
        hashed = {"blob": sha256(body).hexdigest(), "size_bytes": len(body)}
        for kept in (run.input, run.output):
            assert isinstance(kept, Blob)
            assert kept.model_dump(exclude={"url"}) == hashed
            urls.append(kept.url)
        for url in urls:
            assert (await http.get(f"{stack.stack['api_url']}{url}")).content == body
        for step in (0, 1):
            assert await client.runs.output(run.run_id, step) == text
        bounds = {"Range": "bytes=7000001-7999999"}
        part = await http.get(f"runs/{run.run_id}/steps/1/output", headers=bounds)
        assert (part.status_code, part.content) == (206, body[7_000_001:8_000_000])
    async with opened(stack.stack["database_url"]) as database:
        assert await eventually(lambda: _body(database, str(hashed["blob"]))) == body


async def test_an_input_too_large_for_the_provider_fails_for_good(stack: RunningStack) -> None:
    async with stack.client() as client, stack.http() as http:
        text = "x" * (PROVIDERS_BYTES + 1)
        accepted = await client.runs.create(flow=chain(echo("model")), input=text, wait=60)
        [attempt] = (await http.get(f"runs/{accepted.run_id}/steps/0")).json()["attempts"]
    assert (accepted.status, attempt["error"]["code"]) == ("failed", "request_too_large")


async def test_a_text_that_grows_with_every_step_ends_where_it_is_too_large(
    stack: RunningStack,
) -> None:
    tenfold = [
        node(f"times {10**power}", "template", template="{{input}}" * 10) for power in range(4)
    ]
    async with stack.client() as client, stack.http() as http:
        accepted = await client.runs.create(flow=chain(*tenfold), input="🦦" * 50_000, wait=60)
        run = await client.runs.get(accepted.run_id)
        steps = (await http.get(f"runs/{accepted.run_id}/steps")).json()["items"]
    assert [step["status"] for step in steps] == ["completed", "completed", "failed", "cancelled"]
    assert run.status == "failed"
    assert run.error is not None
    assert (run.error["code"], run.error["node"]) == ("too_large", "times 100")


async def test_eleven_hundred_texts_meet_in_one_merge_in_their_order(stack: RunningStack) -> None:
    texts = {f"برج-{number}": f"{number} 🦦 مرحبا" for number in range(MANY)}
    merges = [node("text", "merge"), node("json", "merge", strategy="json"), echo("model")]
    nodes = [*(node(i, "template", template=t) for i, t in texts.items()), *merges]
    edges = [{"source": i, "target": m["id"]} for i in texts for m in merges]
    async with stack.client() as client, stack.http() as http:
        accepted = await client.runs.create(flow={"nodes": nodes, "edges": edges}, wait=60)
        assert accepted.status == "completed"
        run = (await client.runs.get(accepted.run_id)).outputs
        view = await _viewed(client, accepted.run_id)
        detail = (await http.get(f"runs/{accepted.run_id}/steps/{MANY}")).json()
    joined = "\n\n".join(texts.values())
    assert (run["text"], run["model"]) == (joined, joined)
    assert json.loads(str(run["json"])) == texts
    assert {step.node: step.text for step in view.ordered_steps()} == {**texts, **run}
    assert [given["node"] for given in detail["inputs"]["received"]] == list(texts)
    [call] = await stack.calls(joined)
    assert call["messages"] == [{"role": "user", "content": joined}]
    async with opened(stack.stack["database_url"]) as database:
        assert await eventually(lambda: _source_counts(database, accepted.run_id)) == [MANY] * 3


async def test_emoji_right_to_left_and_control_characters_come_back_as_they_went(
    stack: RunningStack,
) -> None:
    name = STRANGE[:100]
    drawn = chain(
        node("in 👩‍🚀", "input"),
        node("قالب", "template", template="{{input}}{{variables.strange}}"),
        echo("\u202eמודל"),
        node("json\u2028", "merge", strategy="json"),
    )
    async with stack.client() as client, stack.http() as http:
        pipeline = await client.pipelines.create(name=name, flow=drawn)
        accepted = await client.runs.create(
            pipeline_id=pipeline.id,
            input=STRANGE,
            variables={"strange": STRANGE},
            metadata={STRANGE: [STRANGE]},
            wait=30,
        )
        run = await client.runs.get(accepted.run_id)
        view = await _viewed(client, accepted.run_id)
        raw = await http.get(f"runs/{accepted.run_id}/steps/2/output")
    twice = STRANGE * 2
    as_json = json.dumps({"\u202eמודל": twice}, ensure_ascii=False)
    assert (run.pipeline_name, run.input, run.output) == (name, STRANGE, as_json)
    assert run.metadata == {STRANGE: [STRANGE]}
    assert [step.node for step in run.steps] == [step["id"] for step in _nodes(drawn)]
    assert [step.text for step in view.ordered_steps()[1:]] == [twice, twice, as_json]
    assert raw.content == twice.encode()
    [call] = await stack.calls(twice)
    assert call["messages"] == [{"role": "user", "content": twice}]
    heard = await _heard(f"{accepted.events_url}&after=0")
    assert heard["run.requested"][0]["input"] == STRANGE
    assert "".join(str(delta["text"]) for delta in heard["step.delta"]) == twice
    assert [fact["output"] for fact in heard["step.completed"][1:]] == [twice, twice, as_json]
    async with opened(stack.stack["database_url"]) as database:
        kept = await eventually(lambda: _kept_outputs(database, accepted.run_id))
    assert kept == [twice, twice, as_json]


def chain(*nodes: Drawn) -> Drawn:
    """These nodes one after the other."""
    edges = [{"source": a["id"], "target": b["id"]} for a, b in pairwise(nodes)]
    return {"nodes": list(nodes), "edges": edges}


def node(name: str, kind: str, **data: object) -> Drawn:
    return {"id": name, "type": kind, "data": data}


def echo(name: str, options: str = "") -> Drawn:
    """An agent that says its input again."""
    return node(name, "agent", instructions=f"[[sim: echo rate=0 {options}]]")


def _nodes(drawn: Mapping[str, object]) -> list[Drawn]:
    nodes = drawn["nodes"]
    assert isinstance(nodes, list)
    return nodes


async def _streamed(client: Penstock, run: str) -> tuple[str, list[str]]:
    """What the deltas of a run say, read along, and where its outputs are to be read."""
    said: list[str] = []
    urls: list[str] = []
    async for event in client.runs.events(run, after=0):
        if event.type == "step.delta":
            assert event.data["offset"] == sum(map(len, said))
            said.append(str(event.data["text"]))
        elif event.type == "step.completed":
            urls.append(_url(event))
    assert len(said) > 100
    return "".join(said), urls


def _url(event: Event) -> str:
    output = event.data["output"]
    assert isinstance(output, dict)
    return str(output["url"])


async def _viewed(client: Penstock, run: str) -> RunView:
    """The run as its events tell it."""
    view = RunView()
    async for _, seen in client.runs.watch(run):
        view = seen
    return view


async def _heard(url: str) -> dict[str, list[dict[str, object]]]:
    """The facts an EventSource heard, by type."""
    [heard] = await heard_from([url])
    facts: dict[str, list[dict[str, object]]] = {}
    for _, kind, data in heard["frames"]:
        facts.setdefault(kind, []).append(json.loads(data))
    return facts


async def _body(database: asyncpg.Connection, sha256: str) -> bytes | None:
    """A large body in Postgres, once it is there."""
    query = "select body from blobs where sha256 = $1"
    body: bytes | None = await database.fetchval(query, sha256)
    return body


async def _source_counts(database: asyncpg.Connection, run: str) -> list[int]:
    """How many inputs the steps of a run have in Postgres, of those that have any."""
    query = "select count(*) from step_inputs where run_id = $1 group by step order by step"
    return [row["count"] for row in await database.fetch(query, run)]


async def _kept_outputs(database: asyncpg.Connection, run: str) -> list[str] | None:
    """The outputs of a run's steps in Postgres, once the run has ended there."""
    query = "select type, data from facts where run_id = $1 order by seq"
    rows = await database.fetch(query, run)
    if not rows or rows[-1]["type"] != "run.completed":
        return None
    facts = [json.loads(row["data"]) for row in rows if row["type"] == "step.completed"]
    return [fact["output"] for fact in facts if fact.get("output") is not None]
