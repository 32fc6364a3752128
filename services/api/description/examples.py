"""One example of every body and every answer, as JSON, by the name of its model."""

from __future__ import annotations

from collections.abc import Mapping

from shared.flow import JSON

AT, LATER = "2030-01-31T12:00:00Z", "2030-01-31T12:00:07Z"
AGENT_ID = "01951f6e-7a10-7000-8000-000000000001"
PIPELINE_ID = "01951f6e-7a10-7000-8000-000000000002"
RUN_ID = "01951f6e-7a10-7000-8000-000000000003"
VERSION = "9b1f0e6d3c5a48f7b2e1d09c8a7b6f5e4d3c2b1a0f9e8d7c6b5a49382716f5e4"
EVENTS_URL = f"http://localhost:8080/api/v1/runs/{RUN_ID}/events?ticket=default.1927..."

FLOW: JSON = {
    "nodes": [
        {"id": "topic", "type": "input", "data": {}},
        {
            "id": "poet",
            "type": "agent",
            "data": {"label": "Poet", "instructions": "Write a haiku about the input."},
        },
    ],
    "edges": [{"source": "topic", "target": "poet"}],
}
AGENT: dict[str, JSON] = {
    "name": "Poet",
    "instructions": "Write a haiku about the input.",
    "model": "claude-haiku-5-5",
    "max_tokens": 300,
}
LISTED: dict[str, JSON] = {
    "id": PIPELINE_ID,
    "name": "Haiku",
    "version": VERSION,
    "revision": 1,
    "problems": [],
    "created_at": AT,
    "updated_at": AT,
}
USAGE: JSON = {"input_tokens": 31, "output_tokens": 19}
STEP: dict[str, JSON] = {
    "step": 1,
    "node": "poet",
    "kind": "agent",
    "label": "Poet",
    "status": "completed",
    "attempt": 1,
    "ready_at": AT,
    "started_at": AT,
    "finished_at": LATER,
    "model": "claude-haiku-5-5",
    "usage": USAGE,
    "error": None,
    "approval": None,
}
HAIKU = "Slow river, dark bend:\nthe heron lets the evening\npass between its legs."
STEP_WITH_OUTPUT: dict[str, JSON] = {**STEP, "output": HAIKU}
ATTEMPT: JSON = {
    "attempt": 1,
    "outcome": "completed",
    "pool": "default",
    "queue": "shared",
    "ready_at": AT,
    "started_at": AT,
    "finished_at": LATER,
    "executions": [
        {"execution": 1, "worker": "agent-worker-1", "started_at": AT, "released_at": None}
    ],
    "usage": USAGE,
    "model": "claude-haiku-5-5",
    "stop_reason": "end_turn",
    "truncated": False,
    "error": None,
    "aborted_after_ms": None,
    "receipt": None,
    "retry_delay_seconds": None,
    "size_bytes": 75,
    "branches": None,
    "approval": None,
}
CORE: dict[str, JSON] = {
    "run_id": RUN_ID,
    "status": "completed",
    "pipeline_id": PIPELINE_ID,
    "pipeline_version": VERSION,
    "pipeline_name": "Haiku",
    "flow": VERSION,
    "error": None,
    "usage": USAGE,
    "metadata": {"ticket": "A-17"},
    "forked_from": None,
    "created_at": AT,
    "started_at": AT,
    "cancel_requested_at": None,
    "finished_at": LATER,
}
DECISION: dict[str, JSON] = {"decision": "approve", "comment": "Lovely heron."}
EXECUTION_LISTED: JSON = {
    "execution_id": RUN_ID,
    "workspace_id": "default",
    "workflow_template_id": PIPELINE_ID,
    "name": "Haiku",
    "status": "completed",
    "error": None,
    "usage": USAGE,
    "created_at": AT,
    "completed_at": LATER,
}


def _page(item: JSON) -> JSON:
    return {"items": [item], "next_cursor": None}


EXAMPLES: Mapping[str, JSON] = {
    "AgentBody": AGENT,
    "AgentShape": {**AGENT, "id": AGENT_ID, "created_at": AT, "updated_at": AT},
    "AgentPage": _page({**AGENT, "id": AGENT_ID, "created_at": AT, "updated_at": AT}),
    "PipelineBody": {"name": "Haiku", "flow": FLOW},
    "PipelineShape": {**LISTED, "flow": FLOW},
    "PipelinePage": _page(LISTED),
    "VersionPage": _page({"version": VERSION, "created_at": AT}),
    "ValidateBody": {"flow": FLOW},
    "Validation": {"problems": [], "order": ["topic", "poet"], "version": VERSION},
    "RunBody": {"flow": FLOW, "input": "a river", "metadata": {"ticket": "A-17"}},
    "Accepted": {"run_id": RUN_ID, "status": "pending", "events_url": EVENTS_URL},
    "RunShape": {
        **CORE,
        "input": "a river",
        "output": HAIKU,
        "outputs": {"poet": HAIKU},
        "variables": {},
        "limits": {"deadline_seconds": None, "max_total_tokens": None},
        "on_disconnect": "continue",
        "start_at": None,
        "events_url": EVENTS_URL,
        "steps": [STEP],
    },
    "RunPage": _page({**CORE, "input_preview": "a river", "input_size_bytes": 7}),
    "StepPage": _page(STEP_WITH_OUTPUT),
    "StepDetail": {
        **STEP_WITH_OUTPUT,
        "inputs": {
            "required": [{"step": 0, "node": "topic"}],
            "resolved": [{"step": 0, "node": "topic"}],
            "received": [{"step": 0, "node": "topic", "attempt": 1}],
        },
        "attempts": [ATTEMPT],
    },
    "EventPage": {
        "items": [
            {"id": 41, "event": "run.started", "data": {"type": "run.started", "run": RUN_ID}}
        ],
        "next_after": 41,
        "ended": False,
    },
    "CancelBody": {"reason": "asked for by mistake"},
    "Cancelling": {"run_id": RUN_ID, "status": "cancelling"},
    "Cancelled": {
        "run_id": RUN_ID,
        "status": "cancelled",
        "receipts": [
            {
                "step": 1,
                "node": "poet",
                "attempt": 1,
                "execution": 1,
                "model": "claude-haiku-5-5",
                "receipt": {
                    "aborted_after_ms": 3.8,
                    "text": "Slow river, dark",
                    "text_size_bytes": 16,
                    "usage": {"input_tokens": 31, "output_tokens": 1},
                },
                "at_least": True,
            }
        ],
    },
    "DecisionBody": DECISION,
    "Decided": {
        **DECISION,
        "run_id": RUN_ID,
        "step": 2,
        "node": "publish?",
        "decided_by": "settings",
        "decided_at": LATER,
    },
    "AllRunPage": _page(
        {**CORE, "input_preview": "a river", "input_size_bytes": 7, "workspace": "default"}
    ),
    "System": {
        "queues": [
            {
                "pool": "default",
                "queue": "shared",
                "waiting": 3,
                "in_progress": 64,
                "oldest_seconds": 0.8,
            }
        ],
        "workers": [{"worker": "agent-worker-1", "pools": {"default": {"slots": 64, "used": 64}}}],
        "partitions": [
            {
                "partition": 0,
                "owner": "scheduler",
                "waiting": 0,
                "in_progress": 2,
                "position": 81_204,
                "behind_facts": 12,
                "behind_seconds": 0.04,
            }
        ],
        "projector": {"behind_facts": 12, "behind_seconds": 0.04},
        "readers": {"readers": 5, "watched_runs": 2, "watched_workspaces": 1},
        "log": {
            "entries": 40_112,
            "last_sequence": 81_216,
            "size_bytes": 21_733_120,
            "limit_bytes": 8_589_934_592,
            "created_at": AT,
        },
        "runs": {"living": 70, "by_status": {"running": 69, "waiting": 1}},
        "versions": {"penstock": "0.1.0", "nats": "2.15.1", "postgres": "18.4"},
    },
    "IdentityShape": {"workspace": "default", "name": "settings", "role": "admin"},
    "OpenApi": {"openapi": "3.1.0", "info": {"title": "Penstock", "version": "1"}, "paths": {}},
    "Alive": {"status": "alive"},
    "Readiness": {"status": "ready", "reasons": {}},
    "PipelineRunBody": {"input": "a river", "variables": {}},
    "Begun": {"runId": RUN_ID},
    "ExecutionBody": {"pipeline_id": PIPELINE_ID, "inputs": "a river"},
    "ExecutionBegun": {"execution_id": RUN_ID, "status": "pending"},
    "StopBody": {"execution_id": RUN_ID},
    "ExecutionStatus": {
        "execution_id": RUN_ID,
        "workflow_template_id": PIPELINE_ID,
        "status": "completed",
        "error": None,
        "created_at": AT,
        "updated_at": LATER,
        "completed_at": LATER,
        "steps": [
            {
                "step": 1,
                "step_template_id": "poet",
                "status": "completed",
                "required_inputs": 1,
                "received_inputs": [{"from_step": 0, "step_template_id": "topic"}],
                "outputs": HAIKU,
                "attempt_count": 1,
                "error": None,
                "created_at": AT,
                "completed_at": LATER,
            }
        ],
    },
    "ExecutionPage": {"executions": [EXECUTION_LISTED], "next_cursor": None},
}
