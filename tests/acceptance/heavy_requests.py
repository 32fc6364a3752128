"""The worst that one request may ask of an api: bodies that are dear to read, answers to write."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from bench.connection import Api

MIB = 1 << 20
RUNS, VALIDATE = "/api/v1/runs", "/api/v1/flows/validate"
TIMES = 3
LONGEST_SECONDS = 120.0
STEPS = 13_019
PASSING = {
    "nodes": [{"id": "in", "type": "input"}, {"id": "out", "type": "output"}],
    "edges": [{"source": "in", "target": "out"}],
}


def _flow(nodes: list[object]) -> bytes:
    return json.dumps({"flow": {"nodes": nodes, "edges": []}}, ensure_ascii=False).encode()


def _conditions(expression: str, count: int = 1) -> bytes:
    data = {"branches": [{"handle": "yes", "expression": expression}]}
    return _flow([{"id": f"n{n}", "type": "condition", "data": data} for n in range(count)])


def _template(text: str) -> bytes:
    return _flow([{"id": "a", "type": "template", "data": {"template": text}}])


def _items(item: str, count: int) -> bytes:
    return b'{"flow": {"nodes": [%s], "edges": []}}' % ",".join([item] * count).encode()


def _metadata(count: int) -> bytes:
    many = {f"k{number}": "" for number in range(count)}
    return json.dumps({"flow": PASSING, "metadata": many}).encode()


def _input(piece: bytes) -> bytes:
    flow = json.dumps(PASSING).encode()
    return b'{"flow": %s, "input": "%s"}' % (flow, piece * (60 * MIB // len(piece)))


def _chain() -> bytes:
    nodes: list[object] = [
        {"id": f"n{n}", "type": "template", "data": {"template": "x"}} for n in range(STEPS)
    ]
    return _flow(nodes)


# By name, since what is sent to another process is small and what is made there is not.
BODIES: Mapping[str, tuple[str, Callable[[], bytes]]] = {
    "CEL of 230 KB of emoji": (VALIDATE, partial(_conditions, '"' + "😀" * 57_500 + '" == "x"')),
    "CEL of 1 MB of parentheses": (VALIDATE, partial(_conditions, "(" * 500_000 + ")" * 500_000)),
    "8 MiB of {}": (VALIDATE, partial(_items, "{}", 8 * MIB // 3)),
    "590,000 tiny texts": (VALIDATE, partial(_items, '""', 590_000)),
    "deep nesting": (VALIDATE, partial(_items, "[" * 300_000, 1)),
    "20,000 conditions": (VALIDATE, partial(_conditions, 'input == "x"', 20_000)),
    "a template of a million {{": (VALIDATE, partial(_template, "{{" * 1_000_000)),
    "metadata of 60,000 keys": (RUNS, partial(_metadata, 60_000)),
    "an input of 60 MiB of escapes": (RUNS, partial(_input, rb"\n")),
    "an input of 60 MiB of emoji": (RUNS, partial(_input, "😀".encode())),
    "an input of 60 MiB of escaped emoji": (RUNS, partial(_input, rb"\ud83d\ude00")),
}


async def sent(name: str, api: Api) -> Counter[str]:
    """The body of this name, a few times, one after another."""
    path, make = BODIES[name]
    request = api.post(path, make())
    connection = await api.connect()
    came: Counter[str] = Counter()
    for _ in range(TIMES):
        answer = await connection.ask(request, within_seconds=LONGEST_SECONDS)
        came[str(answer.status)] += 1
    connection.close()
    return came


async def large_output(api: Api) -> Counter[str]:
    """A result of 60 MiB, whole and by range."""
    connection = await api.connect()
    body = _input(b"x")
    begun = await connection.ask(api.post(f"{RUNS}?wait=30", body), within_seconds=LONGEST_SECONDS)
    path = f"{RUNS}/{json.loads(begun.body)['run_id']}/output"
    came: Counter[str] = Counter()
    for _ in range(TIMES):
        answer = await connection.ask(api.get(path), within_seconds=LONGEST_SECONDS)
        came[f"{answer.status}, {len(answer.body) // MIB} MiB"] += 1
        ranged = api.get(path)[:-2] + b"Range: bytes=1000000-50000000\r\n\r\n"
        answer = await connection.ask(ranged, within_seconds=LONGEST_SECONDS)
        came[f"{answer.status}, {len(answer.body) // MIB} MiB"] += 1
    connection.close()
    return came


async def many_steps(api: Api) -> Counter[str]:
    """A run of thousands of steps, started and read."""
    connection = await api.connect()
    begun = await connection.ask(api.post(RUNS, _chain()), within_seconds=LONGEST_SECONDS)
    path = f"{RUNS}/{json.loads(begun.body)['run_id']}"
    came: Counter[str] = Counter()
    for _ in range(TIMES):
        answer = await connection.ask(api.get(path), within_seconds=LONGEST_SECONDS)
        came[f"{answer.status}, {len(json.loads(answer.body)['steps'])} steps"] += 1
    connection.close()
    return came


HEAVY: Mapping[str, Callable[[Api], Awaitable[Counter[str]]]] = {
    **{name: partial(sent, name) for name in BODIES},
    "an output of 60 MiB, read": large_output,
    f"a run of {STEPS:,} steps, read": many_steps,
}
