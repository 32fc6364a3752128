"""What is asked of a million runs: lists, the audit and usage, with other values each time."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TypeAlias

from tests.acceptance.many_runs import DAYS, PIPELINES, RUNS, THEMES, pipeline_id, pipeline_name

Query: TypeAlias = Mapping[str, str]
Ask: TypeAlias = Callable[[Random], Query]


def _ago(days: float) -> str:
    return f"{datetime.now(UTC) - timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"


def _window(chance: Random, name: str) -> Query:
    since = chance.uniform(1, DAYS)
    return {f"{name}_after": _ago(since), f"{name}_before": _ago(since - 1)}


def _customer(chance: Random) -> str:
    return f"c{int(5_000 * chance.random() ** 2)}"


QUESTIONS: Mapping[str, Ask] = {
    "list": lambda _: {},
    "list, oldest first": lambda _: {"order": "oldest"},
    "status": lambda chance: {"status": chance.choice(("failed", "completed", "running"))},
    "status waiting": lambda _: {"status": "waiting"},
    "waiting approvals, oldest first": lambda _: {"status": "waiting", "order": "oldest"},
    "status, several": lambda _: {"status": "failed,running,waiting"},
    "pipeline": lambda chance: {"pipeline_id": pipeline_id(int(PIPELINES * chance.random() ** 3))},
    "tag": lambda chance: {"tags": chance.choice(("prod", "test", "incident", "none"))},
    "tags": lambda chance: {"tags": f"prod,team-{int(50 * chance.random() ** 2)}"},
    "metadata, one run": lambda chance: {
        "metadata": json.dumps({"ticket": f"A-{chance.randrange(RUNS)}"})
    },
    "metadata, many runs": lambda chance: {"metadata": json.dumps({"customer": _customer(chance)})},
    "created within a day": lambda chance: _window(chance, "created"),
    "ended within a day": lambda chance: _window(chance, "ended"),
    "who": lambda chance: {"requested_by": f"token-{chance.randrange(21)}"},
    "search, a common word": lambda chance: {"search": chance.choice(THEMES)},
    "search, the beginning of a word": lambda chance: {"search": chance.choice(THEMES)[:4]},
    "search, one run": lambda chance: {"search": f"A-{chance.randrange(RUNS)}"},
    "search, several words": lambda chance: {
        "search": f"{chance.choice(THEMES)} {_customer(chance)}"
    },
    "status, tag and who": lambda chance: {
        "status": "failed",
        "tags": f"team-{chance.randrange(50)}",
        "requested_by": f"token-{chance.randrange(20)}",
    },
    "waiting for me": lambda _: {"waiting_for_me": "true"},
    "waiting for me, oldest first": lambda _: {"waiting_for_me": "true", "order": "oldest"},
    "waiting for me, of a tag": lambda chance: {
        "waiting_for_me": "true",
        "tags": f"team-{chance.randrange(50)}",
    },
    "waiting, of a pipeline": lambda chance: {
        "status": "waiting",
        "pipeline_id": pipeline_id(int(PIPELINES * chance.random() ** 3)),
    },
}

AUDIT_QUESTIONS: Mapping[str, Ask] = {
    "audit": lambda _: {},
    "audit, from any time": lambda chance: {"until": _ago(chance.uniform(0, 28))},
    "audit, runs asked for": lambda _: {"action": "run.requested"},
    "audit, a kind nothing is of": lambda _: {"action": "token.revoked"},
}
PIPELINE_QUESTIONS: Mapping[str, Ask] = {
    "pipelines": lambda _: {},
    "pipelines, 200 a page": lambda _: {"limit": "200"},
    "pipelines, a word of the name": lambda chance: {"search": chance.choice(THEMES)},
    "pipelines, one name": lambda chance: {"search": pipeline_name(chance.randrange(PIPELINES))},
    "pipelines, of a tag": lambda chance: {"tags": chance.choice(("prod", "team-7", "none"))},
    "pipelines, deleted": lambda _: {"deleted": "true"},
}
# A day and 30 of them, by whole hours and not, by each that usage is told apart by.
SPANS: Mapping[str, float] = {"a day": 1, "30 days": 30}
GROUPINGS = (
    *("day", "pipeline", "agent", "model"),
    *("day,model", "agent,model", "day,agent,model"),
)


def _usage_questions() -> Mapping[str, Ask]:
    asked = {
        f"usage by {by}, {span}{', from any minute' if minute else ''}": _usage(by, days, minute)
        for span, days in SPANS.items()
        for by in GROUPINGS
        for minute in (False, True)
    }
    return asked | {
        "usage, as it is asked for": lambda _: {},
        "usage by day,pipeline, a day": _usage("day,pipeline", 1, minute=False),
        "usage by day,pipeline, 30 days": _usage("day,pipeline", 30, minute=False),
        "usage by all, a day": _usage("day,pipeline,agent,model", 1, minute=False),
    }


def all_questions() -> Mapping[str, Mapping[str, Ask]]:
    """All questions, by the path that is asked."""
    return {
        "/api/v1/runs": QUESTIONS,
        "/api/v1/pipelines": PIPELINE_QUESTIONS,
        "/api/v1/audit": AUDIT_QUESTIONS,
        "/api/v1/usage": _usage_questions(),
    }


def _usage(by: str, days: float, minute: bool) -> Ask:
    def ask(chance: Random) -> Query:
        since = chance.uniform(days, DAYS)
        form = "%Y-%m-%dT%H:%M:%SZ" if minute else "%Y-%m-%dT%H:00:00Z"
        now = datetime.now(UTC)
        times = (now - timedelta(days=each) for each in (since, since - days))
        since_at, until_at = (f"{at:{form}}" for at in times)
        return {"group_by": by, "since": since_at, "until": until_at}

    return ask
