"""Starting a run and following it, or joining one that is under way."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from penstock_client import Accepted, ContractError, Event, Penstock, Run, RunView
from penstock_client.runs import RunFields

from cli.arguments import read_flow, read_input, read_variables
from cli.definitions import which_pipeline
from cli.display import Blocks, Display, Fetch, JsonLines, steps_in_words, title
from cli.outcome import OF_RUN, CommandError, ExitCode
from cli.printing import put, say
from cli.program import program
from cli.session import Session
from cli.used import cached_in_words, tokens_together
from cli.which import which_run
from cli.workers import ask_for_workers, watch_waits


@dataclass(frozen=True, kw_only=True)
class Request:
    """A run as it stands on the command line: of a flow file, or of a pipeline."""

    flow: Path | None
    pipeline: str | None
    alias: str | None
    input: str
    variables: list[str]
    as_json: bool
    follow: bool


async def start(session: Session, request: Request) -> ExitCode:
    """Starts the run; followed to its end unless the request says otherwise."""
    if (request.flow is None) == (request.pipeline is None):
        came = "neither" if request.flow is None else "both"
        raise CommandError(f"expected a FLOW.json or --pipeline, came {came}.")
    if request.alias is not None and request.pipeline is None:
        raise CommandError("expected --alias with --pipeline, got it with a FLOW.json.")
    flow = None if request.flow is None else read_flow(request.flow)
    variables = read_variables(request.variables)
    text = read_input(request.input)
    async with session.client() as client:
        fields: RunFields = {"input": text, "variables": variables}
        if flow is not None:
            fields["flow"] = flow
        if request.pipeline is not None:
            fields["pipeline_id"] = (await which_pipeline(client, request.pipeline)).id
        if request.alias is not None:
            fields["alias"] = request.alias
        run = await client.runs.create(**fields)
        session.say_if_simulated()
        if not request.follow:
            return await _told(client, run, as_json=request.as_json)
        session.farewell += _farewell(run.run_id)
        say(f"run {run.run_id}")
        if sys.stderr.isatty():
            say(f"in a browser: {_page(run.events_url)}")
        names = _names(await client.runs.get(run.run_id))
        return await _followed(client, run.run_id, names, as_json=request.as_json)


async def watch(session: Session, given: str | None, *, last: bool, as_json: bool) -> ExitCode:
    """Follows a run from its beginning to its end, whether it is under way or long over."""
    async with session.client() as client:
        run = await client.runs.get(await which_run(client, given, last=last))
        session.say_if_simulated()
        session.farewell += _farewell(run.run_id)
        return await _followed(client, run.run_id, _names(run), as_json=as_json)


def _names(run: Run) -> dict[str, str]:
    return {step.node: step.label for step in run.steps if step.label}


async def print_feed(session: Session, *, after: int | None, types: tuple[str, ...]) -> ExitCode:
    """Prints what happens to all runs of the workspace, until it is interrupted."""
    lines = JsonLines()
    async with session.client() as client, aclosing(client.feed(after=after, types=types)) as feed:
        async for event in feed:
            await lines.show(event, RunView())
    return ExitCode.DONE


async def _followed(
    client: Penstock, run_id: str, names: Mapping[str, str], *, as_json: bool
) -> ExitCode:
    async def fetch(step: int) -> str:
        return await client.runs.output(run_id, step)

    clock = _Clock()
    view = RunView()
    async with _display(names, fetch, as_json=as_json) as display:
        steps = _events(client, run_id) if as_json else client.runs.watch(run_id)
        async with _waits_told(client, run_id, display), aclosing(steps) as events:
            async for event, view in events:
                clock.note(event)
                await display.show(event, view)
        await display.close(view)
    if not view.is_ended:
        raise ContractError(f"the events of {run_id} ended before the run", code="events_ended")
    _sum_up(view, names, clock.seconds())
    return OF_RUN[view.status]


async def _events(client: Penstock, run_id: str) -> AsyncGenerator[tuple[Event, RunView]]:
    view = RunView()
    async with aclosing(client.follow(run_id)) as events:
        async for event in events:
            view = view.after(event)
            yield event, view


@asynccontextmanager
async def _waits_told(client: Penstock, run_id: str, display: Display) -> AsyncIterator[None]:
    """Has the display say what the run waits for, as long as the block lasts."""
    watching = asyncio.create_task(watch_waits(client, run_id, display.note))
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.wait({watching})


@asynccontextmanager
async def _display(
    names: Mapping[str, str], fetch: Fetch, *, as_json: bool
) -> AsyncIterator[Display]:
    if as_json or not sys.stdout.isatty():
        yield JsonLines() if as_json else Blocks(names, fetch)
        return
    from cli.terminal import Terminal

    terminal = Terminal(names, fetch)
    try:
        yield terminal
    finally:
        terminal.leave()


async def _told(client: Penstock, run: Accepted, *, as_json: bool) -> ExitCode:
    put(run.model_dump_json() if as_json else run.run_id)
    if not as_json:
        say(f"Follow it with: {program()} watch {run.run_id}")
        if word := await ask_for_workers(client):
            say(word)
    return ExitCode.DONE


def _page(events_url: str) -> str:
    """Where a browser shows the run; not for logs, since it holds the run's ticket."""
    url = urlsplit(events_url)
    return f"{url.scheme}://{url.netloc}/watch#events={url.path}?{url.query}"


def _farewell(run_id: str) -> list[str]:
    return [
        f"The run goes on. See it again: {program()} watch {run_id}",
        f"                 Stop it:      {program()} cancel {run_id}",
    ]


class _Clock:
    """How long a run took by the times in its facts."""

    def __init__(self) -> None:
        self._first = self._last = ""

    def note(self, event: Event) -> None:
        at = event.data.get("at")
        if isinstance(at, str) and at:
            self._first = self._first or at
            self._last = at

    def seconds(self) -> float | None:
        try:
            first, last = map(datetime.fromisoformat, (self._first, self._last))
        except ValueError:
            return None
        return max(0.0, (last - first).total_seconds())


def _sum_up(view: RunView, names: Mapping[str, str], seconds: float | None) -> None:
    steps = view.ordered_steps()
    for step in steps:
        if step.status == "failed" and step.error:
            reason = f"{step.error.get('code')}: {step.error.get('message')}"
            say(f"{title(step, names)} failed ({reason})")
    if view.error:
        say(f"{view.error.get('code')}: {view.error.get('message')}")
    parts = [view.status, steps_in_words(view)]
    if seconds is not None:
        parts.append(f"{seconds:.1f} s")
    if tokens := sum(tokens_together(step.usage) for step in steps):
        parts.append(f"{tokens:,} tokens")
    parts += cached_in_words([step.usage for step in steps])
    say(", ".join(parts))
