"""How a followed run is shown where nobody watches a terminal: as lines, the same every time."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from penstock_client import Event, RunView, StepView

from cli.printing import put, put_text, say
from cli.program import program
from cli.tool_calls import whole_line

_LONGEST_LINE = 500

Fetch = Callable[[int], Awaitable[str]]


class Display(Protocol):
    """Is told every event with the view after it, and the end."""

    async def show(self, event: Event, view: RunView) -> None:
        """Shows what `event` brought."""

    def note(self, line: str) -> None:
        """Shows a word to the person that is no part of the run."""

    async def close(self, view: RunView) -> None:
        """Shows what is left, once no more events come."""


class JsonLines:
    """One event a line: `{"id", "type", "data"}`."""

    async def show(self, event: Event, view: RunView) -> None:
        entry = {"id": event.id, "type": event.type, "data": event.data}
        put(json.dumps(entry, ensure_ascii=False, separators=(",", ":")))

    def note(self, line: str) -> None:
        say(line)

    async def close(self, view: RunView) -> None:
        pass


class Blocks:
    """One block per agent, whole, in the order of the flow's steps, then the result's other parts.

    A block is printed once its step is settled and those before it are; so the text of a run
    does not depend on how its agents raced, and never holds words of a failed attempt.
    """

    def __init__(self, names: Mapping[str, str], fetch: Fetch) -> None:
        self._names = names
        self._fetch = fetch
        self._next = 0
        self._printed: set[int] = set()

    async def show(self, event: Event, view: RunView) -> None:
        for line in question_lines(event, view, self._names):
            say(line)
        for line in (
            *call_lines(event, view, self._names),
            *fallback_lines(event, view, self._names),
        ):
            say(line)
        while (step := view.steps.get(self._next)) and step.is_settled:
            await self._settled(step)
            self._next += 1

    def note(self, line: str) -> None:
        say(line)

    async def close(self, view: RunView) -> None:
        for step in view.ordered_steps():
            if step.step >= self._next:
                await self._settled(step)
        for number in result_steps(view):
            if number not in self._printed and number in view.steps:
                await self._print(view.steps[number])

    async def _settled(self, step: StepView) -> None:
        if step.kind == "agent":
            await self._print(step)

    async def _print(self, step: StepView) -> None:
        if not (step.text or step.blob):
            return
        self._printed.add(step.step)
        text = await whole_text(step, self._fetch)
        put(f"## {title(step, self._names)}")
        put_text(f"\n{text.rstrip()}\n")


def title(step: StepView, names: Mapping[str, str]) -> str:
    """What people call the step, on one line."""
    return " ".join(names.get(step.node, step.node).split())


def steps_in_words(view: RunView) -> str:
    """How many steps are done, not stopped, of how many the run has."""
    done = sum(step.is_settled and step.status != "cancelled" for step in view.steps.values())
    total = view.number_of_steps
    word = "step" if total == 1 else "steps"
    return f"{total} {word}" if done == total else f"{done} of {total} {word}"


def question_lines(event: Event, view: RunView, names: Mapping[str, str]) -> list[str]:
    """What a person is told when a step asks one, and when that is decided."""
    number = event.data.get("step")
    step = view.steps.get(number) if isinstance(number, int) else None
    if step is None:
        return []
    name = title(step, names)
    match event.type:
        case "step.waiting":
            return [
                _question(name, event.data),
                f"  {program()} approve {view.run} {step.step}",
                f"  {program()} reject {view.run} {step.step}",
            ]
        case "step.decided" if step.decided == event.data:
            comment = _line(event.data.get("comment"))
            by = _line(event.data.get("decided_by")) or "somebody"
            said = f": {comment}" if comment else ""
            return [f"{name}: {event.data.get('decision')} by {by}{said}"]
        case "step.due" if step.decided == event.data:
            return [f"{name}: nobody decided in time"]
    return []


def fallback_lines(event: Event, view: RunView, names: Mapping[str, str]) -> list[str]:
    """What is told when another model is asked in the place of one that failed."""
    number = event.data.get("step")
    step = view.steps.get(number) if isinstance(number, int) else None
    if step is None or event.type != "step.ready" or not step.stands_in_for:
        return []
    if step.failures and step.failures[-1].model == step.model:
        return []  # the same is asked again
    return [f"{title(step, names)} asks {_line(step.model)} in its place"]


def call_lines(event: Event, view: RunView, names: Mapping[str, str]) -> list[str]:
    """What is told of a call of a tool, once it is known what came of it."""
    number = event.data.get("step")
    step = view.steps.get(number) if isinstance(number, int) else None
    if step is None or event.type != "tool.returned":
        return []
    place = event.data.get("turn"), event.data.get("index")
    calls = [call for call in step.calls if call.place == place]
    return [f"{title(step, names)} called {whole_line(call)}" for call in calls]


def _question(name: str, data: Mapping[str, object]) -> str:
    prompt, seconds = _line(data.get("prompt")), data.get("timeout_seconds")
    within = f" within {seconds} s" if seconds else ""
    return f"{name} waits for a person{within}" + (f": {prompt}" if prompt else "")


def _line(text: object) -> str:
    words = " ".join(text.split()) if isinstance(text, str) else ""
    return words if len(words) <= _LONGEST_LINE else words[:_LONGEST_LINE] + "…"


async def whole_text(step: StepView, fetch: Fetch) -> str:
    """The step's text, fetched if it was too large for an event."""
    return await fetch(step.step) if step.blob else step.text


def result_steps(view: RunView) -> list[int]:
    """The numbers of the steps whose outputs are the run's result, in order."""
    parts = view.result if isinstance(view.result, list) else []
    numbers = [part.get("step") for part in parts if isinstance(part, dict)]
    return [number for number in numbers if isinstance(number, int)]
