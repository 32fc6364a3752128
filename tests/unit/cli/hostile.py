"""A server that answers every call that a command makes with hostile texts."""

from __future__ import annotations

import json
from collections.abc import Mapping

from services.api.admin.models import System
from services.api.admin.parked_models import EndAnswer, ParkedList, ReleaseAnswer
from services.api.definitions.models import PipelineShape
from services.api.exchange.models import Exported, Imported
from services.api.jobs.models import JobShape
from services.api.keys.models import ProviderKeyShape, Rotation, SecretShape
from services.api.people.limit_models import LimitsAndUse, WorkspaceLimits
from services.api.people.member_models import InviteShape, MadeInvite, MemberShape
from services.api.people.models import MadeToken, TokenShape, WorkspaceShape
from services.api.people.user_models import IdentityShape, MadeUser, UserShape
from services.api.runs.usage_report import UsageReport
from services.api.tools.errands import ToolOutcome
from services.api.tools.models import ToolShape
from services.api.versions.models import (
    AliasList,
    AliasShape,
    FlowDiff,
    VersionPage,
    VersionShape,
)
from tests.unit.cli.script import BEGINNING, RESULT, RUN, Script, end, fact, output, words
from tests.unit.client.scripted_penstock import answer, event_stream

MARK = "\x1b[35;7m"
HOSTILE = f"{MARK}\x1b]0;x\x07\x9b31m\u202e\u2066\u2028\u200f\x7f\x08\x00\rA[bold red]B[/] :smile:"
NAME = f"a\n{HOSTILE}"
DRAWN: Mapping[str, object] = {
    "nodes": [
        {"id": NAME, "type": "agent", "data": {"instructions": "x", "label": HOSTILE}},
        {"id": f"b{NAME}", "type": "template", "data": {"template": "{{variables.x}}"}},
    ],
    "edges": [],
}
BROKEN = {**DRAWN, "edges": [{"source": NAME, "target": f"{NAME}?"}]}
ERROR = {"code": f"code{HOSTILE}", "message": NAME}
STEP: Mapping[str, object] = {
    "step": 0, "node": NAME, "label": NAME, "kind": f"agent{HOSTILE}", "status": "failed",
    "error": ERROR, "attempt": 1,
}  # fmt: skip
ASKED: Mapping[str, object] = {
    **STEP, "step": 1, "kind": "approval", "status": "waiting", "error": None,
    "approval": {"prompt": NAME, "expires_at": HOSTILE, "approvers": [NAME]},
}  # fmt: skip
CALL = {"tool": NAME, "call_id": NAME, "input": json.dumps({NAME: NAME})}
EVENTS = [
    *BEGINNING,
    fact(7, "step.failed", 1, node=NAME, error=ERROR),
    fact(8, "step.retry_scheduled", 1, node=NAME, delay_seconds=HOSTILE),
    fact(9, "step.waiting", 1, node=NAME, prompt=NAME),
    fact(10, "step.thinking", 0, node=NAME, offset=0, text=NAME),
    fact(11, "tool.called", 0, node=NAME, turn=1, index=0, **CALL),
    fact(12, "tool.returned", 0, node=NAME, turn=1, index=0, outcome="ok", output=NAME, **CALL),
    fact(13, "tool.called", 0, node=NAME, turn=1, index=1, **CALL),
    fact(14, "tool.returned", 0, node=NAME, turn=1, index=1, outcome="error", error=ERROR, **CALL),
    words(15, 0, 0, f"Yes, {NAME}\r\n\tyou may", node=NAME),
    output(16, 0, f"Yes, {NAME}\r\n\tyou may"),
    fact(17, "step.decided", 1, node=NAME, decision="reject", decided_by=NAME, comment=NAME),
    fact(18, "step.ready", 1, node=NAME, kind="agent", attempt=2, model=NAME, **{"try": 1}),
    fact(20, "run.failed", result=RESULT, error={**ERROR, "step": 0, "node": NAME}),
    end(20, "failed"),
]


def poisoned(value: object) -> object:
    """The value with something hostile in every text and every key that is no field's name."""
    if isinstance(value, str):
        return value + NAME
    if isinstance(value, dict):
        return {key: poisoned(found) for key, found in value.items()}
    return [poisoned(each) for each in value] if isinstance(value, list) else value


def with_hostile_answers(script: Script) -> None:
    """Every call that a command makes is answered with hostile texts."""
    (script.directory / "flow.json").write_text(json.dumps(DRAWN))
    (script.directory / "broken.json").write_text(json.dumps(BROKEN))
    script.play(EVENTS)
    script.show(
        status=f"failed{HOSTILE}", created_at=NAME, output=f"{NAME}\n\tdone", error=ERROR,
        steps=[STEP, ASKED],
    )  # fmt: skip
    on, base = script.stack.on, f"/api/v1/runs/{RUN}"
    waits = {"kind": NAME, "text": NAME, "until": NAME}
    on("GET", f"{base}/waiting-for", answer({"waiting_for": waits}))
    run = {
        "run_id": NAME, "status": NAME, "created_at": NAME, "pipeline_name": NAME,
        "waiting_for": waits,
    }  # fmt: skip
    on("GET", "/api/v1/runs", answer({"items": [run], "next_cursor": None}))
    made = {"id": NAME, "name": NAME, "updated_at": NAME, "model": NAME, "instructions": NAME}
    on("GET", "/api/v1/agents", answer({"items": [made], "next_cursor": None}))
    problem = {"code": NAME, "message": NAME}
    answer_of_definitions(script)
    drawn = {"id": NAME, "name": NAME, "problems": [problem]}
    on("GET", "/api/v1/pipelines", answer({"items": [drawn], "next_cursor": None}))
    receipt = {"step": 0, "node": NAME, "attempt": 1, "execution": None, "receipt": {}}
    on("DELETE", base, answer({"run_id": NAME, "status": NAME}))
    on("POST", f"{base}/cancel", answer({"status": NAME, "receipts": [receipt]}))
    plan = {"kept": [{"step": 0, "node": NAME}], "rerun": [{"step": 1, "node": NAME}]}
    forked = {"run_id": RUN, "status": NAME, "forked_from": {"run": NAME}, **plan}
    on("POST", f"{base}/fork", answer(forked))
    on("POST", f"{base}/retry", answer(forked))
    on("GET", f"{base}/steps", answer({"items": [ASKED], "next_cursor": None}))
    decided = {"step": 1, "node": NAME, "decision": "approve", "decided_at": NAME}
    on("POST", f"{base}/steps/1/decision", answer(decided))
    on("GET", "/api/v1/events", event_stream([*EVENTS[:7]]))
    with_hostile_system(script)
    with_hostile_keys(script)
    with_hostile_tools(script)
    with_hostile_limits(script)
    with_hostile_people(script)


def with_hostile_system(script: Script) -> None:
    """The same of calls about the installation, and about tokens."""
    on = script.stack.on
    on("GET", "/api/v1/usage", answer(poisoned(UsageReport.EXAMPLE)))
    on("GET", "/api/v1/admin/system", answer(poisoned(System.EXAMPLE)))
    on(
        "GET",
        "/api/v1/tokens",
        answer({"items": [poisoned(TokenShape.EXAMPLE)], "next_cursor": None}),
    )
    on("POST", "/api/v1/tokens", answer(poisoned(MadeToken.EXAMPLE)))
    on("GET", "/api/v1/admin/parked", answer(poisoned(ParkedList.EXAMPLE)))
    on("POST", f"/api/v1/admin/parked/{RUN}/release", answer(poisoned(ReleaseAnswer.EXAMPLE)))
    on("POST", f"/api/v1/admin/parked/{RUN}/end", answer(poisoned(EndAnswer.EXAMPLE)))
    job = poisoned(JobShape.EXAMPLE)
    assert isinstance(job, dict)
    job["finished_at"] = "2030-01-01T00:00:00Z"
    on("GET", "/api/v1/jobs", answer({"items": [job], "next_cursor": None}))
    on("GET", f"/api/v1/jobs/{RUN}", answer(job))
    for path in (f"jobs/{RUN}/cancel", "runs/retry", "runs/cancel"):
        on("POST", f"/api/v1/{path}", answer(job, 202))


def with_hostile_limits(script: Script) -> None:
    """The same for limits of workspaces."""
    on, told = script.stack.on, poisoned(LimitsAndUse.EXAMPLE)
    on("GET", "/api/v1/limits", answer({"items": [told], "next_cursor": None}))
    on("GET", "/api/v1/workspaces/acme/limits", answer(told))
    on("PUT", "/api/v1/workspaces/acme/limits", answer(WorkspaceLimits.EXAMPLE))


def with_hostile_keys(script: Script) -> None:
    """The same for keys and secrets."""
    on = script.stack.on
    for path, shape in (("provider-keys", ProviderKeyShape), ("secrets", SecretShape)):
        told = poisoned(shape.EXAMPLE)
        on("GET", f"/api/v1/{path}", answer({"items": [told], "next_cursor": None}))
        on("PUT", f"/api/v1/{path}/x", answer(told))
    on("POST", "/api/v1/admin/keys/rotate", answer(poisoned(Rotation.EXAMPLE)))


def answer_of_definitions(script: Script) -> None:
    """What is asked of one pipeline is answered with hostile texts."""
    on, base = script.stack.on, f"/api/v1/pipelines/{RUN}"
    whole = poisoned(PipelineShape.EXAMPLE)
    on("GET", base, answer(whole))
    on("DELETE", base, answer(None, 204))
    on("GET", f"{base}/versions", answer(poisoned(VersionPage.EXAMPLE)))
    on("GET", f"{base}/aliases", answer(poisoned(AliasList.EXAMPLE)))
    on("PUT", f"{base}/aliases/prod", answer(poisoned(AliasShape.EXAMPLE)))
    on("DELETE", f"{base}/aliases/prod", answer(None, 204))
    on("PUT", f"{base}/versions/1", answer(poisoned(VersionShape.EXAMPLE)))
    on("GET", f"{base}/versions/1/diff", answer(poisoned(FlowDiff.EXAMPLE)))
    on("POST", f"{base}/versions/1/restore", answer(whole))
    on("POST", f"/api/v1/pipelines/{NAME}/restore", answer(whole))
    on("GET", f"{base}/export", answer(poisoned(Exported.EXAMPLE)))
    on("POST", f"{base}/duplicate", answer(whole))
    on("POST", "/api/v1/pipelines/import", answer(poisoned(Imported.EXAMPLE)))


def with_hostile_tools(script: Script) -> None:
    """The same for tools."""
    on, told = script.stack.on, poisoned(ToolShape.EXAMPLE)
    on("GET", "/api/v1/tools", answer({"items": [told], "next_cursor": None}))
    on("POST", "/api/v1/tools", answer(told))
    for method, status in (("GET", 200), ("PUT", 200), ("DELETE", 204)):
        on(method, f"/api/v1/tools/{RUN}", answer(told, status))
    on("POST", f"/api/v1/tools/{RUN}/restore", answer(told))
    on("POST", f"/api/v1/tools/{RUN}/call", answer(poisoned(ToolOutcome.EXAMPLE)))


def with_hostile_people(script: Script) -> None:
    """The same, of calls about users, workspaces and members."""
    on = script.stack.on
    who = poisoned(IdentityShape.EXAMPLE)
    assert isinstance(who, dict)
    who["workspace"] = "w"
    on("GET", "/api/v1/me", answer(who))
    on("POST", "/api/v1/session", answer(who))
    on(
        "GET",
        "/api/v1/users",
        answer({"items": [poisoned(UserShape.EXAMPLE)], "next_cursor": None}),
    )
    on("POST", "/api/v1/users", answer(poisoned(MadeUser.EXAMPLE)))
    on("POST", "/api/v1/invites", answer(poisoned(MadeInvite.EXAMPLE)))
    invites = {"items": [poisoned(InviteShape.EXAMPLE)], "next_cursor": None}
    on("GET", "/api/v1/invites", answer(invites))
    on("POST", "/api/v1/workspaces", answer(poisoned(WorkspaceShape.EXAMPLE)))
    spaces = {"items": [poisoned(WorkspaceShape.EXAMPLE)], "next_cursor": None}
    on("GET", "/api/v1/workspaces", answer(spaces))
    member = poisoned(MemberShape.EXAMPLE)
    members = {"items": [member], "next_cursor": None}
    on("GET", "/api/v1/workspaces/w/members", answer(members))
    on("POST", "/api/v1/workspaces/w/members", answer(member))


def with_hostile_refusals(script: Script) -> None:
    """Every call is refused in hostile words."""
    with_hostile_answers(script)
    problem = {"code": NAME, "message": NAME, "nodes": [NAME]}
    refusal = answer({"code": NAME, "detail": NAME, "problems": [problem]}, 422)
    for method, path in list(script.stack.handlers):
        script.stack.on(method, path, refusal)
