"""What shows that a promise of the pipeline tools before this one holds, with a cookie."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import httpx2
from penstock_client.sse import Parser

from tests.eventually import eventually
from tests.integration.town import ANNS_KEY, ANNS_MODEL, Town

NOBODY = "0192f5d0-0000-7000-8000-000000000000"
STATUS = "/api/v1/execution/status"


def agent(node: str, instructions: str, **data: Any) -> dict[str, Any]:
    return {
        "id": node,
        "type": "agent",
        "data": {"label": node.title(), "instructions": instructions, **data},
    }


def flow_of(*nodes: dict[str, Any], edges: str = "") -> dict[str, Any]:
    """`edges` like "a>b b>c"."""
    pairs = [each.split(">") for each in edges.split()]
    return {"nodes": nodes, "edges": [{"source": a, "target": b} for a, b in pairs]}


def refusal(answer: httpx2.Response) -> tuple[int, str]:
    """The status and the words."""
    is_json = answer.headers["content-type"] == "application/json"
    return answer.status_code, answer.json()["error"] if is_json else answer.text


def fingerprint(key: str) -> str:
    return sha256(key.encode()).hexdigest()[:12]


async def triggers(town: Town) -> None:
    run = await town.ann.starts(flow_of(agent("a", "[[sim: text=one rate=0]]")), input="tea")
    told = await town.ann.ended(run)
    assert (told["status"], told["input"], told["outputs"]) == ("completed", "tea", {"a": "one"})


async def needs_session(town: Town) -> None:
    pipeline = await town.ann.pipeline(flow_of(agent("a", "x")))
    answer = await town.stranger.post(f"/api/pipeline/{pipeline}/run", data={"input": "x"})
    assert refusal(answer) == (401, "Unauthorized")


async def needs_id(town: Town) -> None:
    answer = await town.ann.page.post("/api/pipeline//run", data={"input": "x"})
    assert refusal(answer) == (400, "Pipeline ID required")


async def is_owned(town: Town) -> None:
    anns = await town.ann.pipeline(flow_of(agent("a", "x")))
    for pipeline in (anns, NOBODY):
        answer = await town.bob.page.post(f"/api/pipeline/{pipeline}/run", data={"input": "x"})
        assert refusal(answer) == (404, "Pipeline not found")
        assert (await town.bob.page.get(f"/api/v1/pipelines/{pipeline}")).status_code == 404


async def takes_variables(town: Town) -> None:
    flow = flow_of(agent("a", "Be {{tone}}. [[sim: text=x rate=0]]"))
    await town.ann.ended(await town.ann.starts(flow, variables='{"tone": "dry-as-dust"}'))
    assert len(await town.world.calls("Be dry-as-dust.")) == 1


async def calls_by_own_key(town: Town) -> None:
    await town.ann.ended(await town.ann.starts(flow_of(agent("a", "whose-key [[sim: text=x]]"))))
    (call,) = await town.world.calls("whose-key")
    assert call["key_fingerprint"] == fingerprint(ANNS_KEY)
    assert call["model"] == ANNS_MODEL


async def fails_without_key(town: Town) -> None:
    told = await town.bob.ended(await town.bob.starts(flow_of(agent("a", "no-key-here"))))
    assert told["status"] == "failed"
    assert told["error"]["message"].startswith("API key not configured")
    assert await town.world.calls("no-key-here") == []


async def runs_in_order(town: Town) -> None:
    say = "[[sim: text={0} rate=0]]"
    nodes = [agent(node, say.format(node)) for node in ("last", "first", "middle")]
    flow = flow_of(*nodes, edges="middle>last first>middle")
    updates = await town.ann.follows(await town.ann.starts(flow))
    begun = [each["agentName"] for each in updates if each["type"] == "step_start"]
    assert begun == ["First", "Middle", "Last"]


async def passes_output_on(town: Town) -> None:
    flow = flow_of(
        agent("a", '[[sim: text="handed-on" rate=0]]'),
        agent("b", "told-next [[sim: text=x rate=0]]"),
        edges="a>b",
    )
    run = await town.ann.starts(flow)
    await town.ann.ended(run)
    (second,) = await town.world.calls("told-next")
    assert [said["content"] for said in second["messages"]] == ["handed-on"]


async def streams(town: Town) -> None:
    flow = flow_of(agent("a", '[[sim: text="one two" rate=0]]'))
    updates = await town.ann.follows(await town.ann.starts(flow))
    without_status = [each for each in updates if each["type"] != "status"]
    types = [each["type"] for each in without_status]
    assert list(dict.fromkeys(types)) == [
        *("step_start", "text_delta", "step_complete", "pipeline_complete")
    ]
    start, *deltas, complete, end = without_status
    assert (start["stepIndex"], start["agentName"]) == (0, "A")
    assert "".join(each["text"] for each in deltas) == "one two"
    assert (complete["stepIndex"], complete["output"]) == (0, "one two")
    assert end["finalOutput"] == "one two"


async def streams_at_once(town: Town) -> None:
    """The first words are read while the model still speaks."""
    run = await town.ann.starts(flow_of(agent("a", "[[sim: forever rate=50/s]]")))
    parser = Parser()
    async with town.ann.page.stream("GET", f"/api/pipeline/run/{run}/stream") as answer:
        async for piece in answer.aiter_bytes():
            if any("text_delta" in frame.data for frame in parser.feed(piece)):
                break
    told = (await town.ann.page.get(f"/api/v1/runs/{run}")).json()
    assert told["status"] == "running"
    await town.ann.page.post(f"/api/v1/runs/{run}/cancel")
    assert (await town.ann.ended(run))["status"] == "cancelled"


async def tells_tools(town: Town) -> None:
    said = "[[sim: search=rivers rate=0]]"
    run = await town.ann.starts(flow_of(agent("a", said, tools=["web_search"])), input="tea")
    used = [each for each in await town.ann.follows(run) if each["type"].startswith("tool")]
    assert [(each["type"], each["tool"]) for each in used] == [
        ("tool_use", "web_search"),
        ("tool_result", "web_search"),
    ]


async def stream_needs_session(town: Town) -> None:
    run = await town.ann.starts(flow_of(agent("a", "[[sim: text=x rate=0]]")))
    answer = await town.stranger.get(f"/api/pipeline/run/{run}/stream")
    assert refusal(answer) == (401, "Unauthorized")


async def stream_needs_id(town: Town) -> None:
    answer = await town.ann.page.get("/api/pipeline/run//stream")
    assert refusal(answer) == (400, "Run ID required")


async def stream_is_owned(town: Town) -> None:
    anns = await town.ann.starts(flow_of(agent("a", "[[sim: text=x rate=0]]")))
    for run in (anns, NOBODY):
        answer = await town.bob.page.get(f"/api/pipeline/run/{run}/stream")
        assert refusal(answer) == (404, "Run not found")


async def tells_status_first(town: Town) -> None:
    run = await town.ann.starts(flow_of(agent("a", "[[sim: text=x rate=0]]")))
    await town.ann.ended(run)
    first, *_ = await town.ann.follows(run)
    assert (first["type"], first["status"]) == ("status", "completed")


async def loses_no_partial_answer(town: Town) -> None:
    """A stream cut anywhere goes on from the last id; outputs that are whole can be fetched."""
    flow = flow_of(agent("a", '[[sim: text="one two three" rate=0 chunk=1]]'))
    run = await town.ann.starts(flow)
    whole = await town.ann.follows(run)
    texts = [each for each in whole if each["type"] == "text_delta"]
    rest = await town.ann.follows(run, **{"Last-Event-ID": texts[0]["id"]})
    seen = [texts[0], *(each for each in rest if each["type"] == "text_delta")]
    assert "".join(each["text"] for each in seen) == "one two three"
    assert (await town.ann.ended(run))["outputs"] == {"a": "one two three"}


async def stops_who_navigates_away(town: Town) -> None:
    """The model's stream is cut once the last reader of such a run has left."""
    flow = flow_of(agent("a", "navigated-away [[sim: forever rate=50/s]]"))
    body = {"flow": flow, "on_disconnect": "cancel"}
    run = (await town.ann.page.post("/api/v1/runs", json=body)).json()["run_id"]
    async with town.ann.page.stream("GET", f"/api/pipeline/run/{run}/stream") as answer:
        await anext(answer.aiter_bytes())
    assert (await town.ann.ended(run))["status"] == "cancelled"

    async def is_cut() -> bool:
        calls = await town.world.calls("navigated-away")
        return all(call["outcome"] == "client_gone" for call in calls)

    await eventually(is_cut)


async def tries_again(town: Town) -> None:
    """Twice, as if nothing was said of it; the five seconds between are the default too."""
    say = "tried-again [[sim: status=500 times=2]] [[sim: text=ok rate=0]]"
    retry = {"initial_seconds": 0.1, "jitter": 0}
    told = await town.ann.ended(await town.ann.starts(flow_of(agent("a", say, retry=retry))))
    assert (told["status"], told["steps"][0]["attempt"]) == ("completed", 3)
    assert len(await town.world.calls("tried-again")) == 3


async def executes(town: Town) -> None:
    pipeline = await town.ann.pipeline(flow_of(agent("a", "[[sim: text=one rate=0]]")))
    body = {"workflow_template_id": pipeline, "inputs": {"input": "tea"}}
    answer = await town.ann.page.post("/api/v1/execution/start", json=body)
    execution = answer.json()["execution_id"]
    await town.ann.ended(execution)
    told = (await town.ann.page.get(STATUS, params={"execution_id": execution})).json()
    assert (told["status"], told["inputs"]) == ("completed", {"input": "tea"})
    assert told["outputs"] == {"a": "one"}
    (step,) = told["steps"]
    assert (step["status"], step["attempt_count"], step["error"]) == ("completed", 1, None)


async def stops(town: Town) -> None:
    run = await town.ann.starts(flow_of(agent("a", "[[sim: forever rate=10/s]]")))
    answer = await town.ann.page.post("/api/v1/execution/stop", json={"execution_id": run})
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelling")
    assert (await town.ann.ended(run))["status"] == "cancelled"


async def executions_are_owned(town: Town) -> None:
    run = await town.ann.starts(flow_of(agent("a", "[[sim: forever rate=10/s]]")))
    told = await town.bob.page.get(STATUS, params={"execution_id": run})
    stopped = await town.bob.page.post("/api/v1/execution/stop", json={"execution_id": run})
    assert (told.status_code, stopped.status_code) == (404, 404)
    hers = (await town.ann.page.get(STATUS, params={"execution_id": run})).json()
    me = (await town.ann.page.get("/api/v1/me")).json()
    assert (hers["user_id"], hers["workspace_id"]) == (me["user"]["id"], me["workspace"])
    assert (await town.ann.page.get(f"/api/v1/runs/{run}")).json()["status"] != "cancelled"
    await town.ann.page.post(f"/api/v1/runs/{run}/cancel")


async def waits_for_inputs(town: Town) -> None:
    flow = flow_of(
        agent("quick", "[[sim: text=x rate=0]]"),
        agent("slow", "[[sim: forever rate=10/s]]"),
        {"id": "both", "type": "merge", "data": {}},
        edges="quick>both slow>both",
    )
    run = await town.ann.starts(flow)

    async def waiting() -> dict[str, Any] | None:
        told = (await town.ann.page.get(STATUS, params={"execution_id": run})).json()
        both: dict[str, Any] = told["steps"][2]
        return both if both["received_inputs"] else None

    both = await eventually(waiting)
    assert (both["status"], both["required_inputs"]) == ("waiting_inputs", 2)
    assert [each["step_template_id"] for each in both["received_inputs"]] == ["quick"]
    await town.ann.page.post(f"/api/v1/runs/{run}/cancel")


async def admins_see_all(town: Town) -> None:
    run = await town.ann.starts(flow_of(agent("a", "[[sim: forever rate=10/s]]")))

    async def listed() -> bool:
        page = (await town.chief.get("/admin/executions?limit=50")).json()
        return run in [each["execution_id"] for each in page["executions"]]

    await eventually(listed)
    assert (await town.chief.post(f"/admin/executions/{run}/cancel")).status_code == 200
    assert (await town.ann.ended(run))["status"] == "cancelled"


async def nobody_else_is_admin(town: Town) -> None:
    run = NOBODY
    for answer in (
        await town.ann.page.get("/admin/executions"),
        await town.ann.page.post(f"/admin/executions/{run}/cancel"),
    ):
        assert answer.status_code == 403


async def is_open(path: str, town: Town) -> None:
    assert (await town.stranger.get(path)).status_code == 200
