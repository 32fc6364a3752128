"""Going back in a run that is over: a fork of it, a retry, or only what one would be."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from penstock_client import Forked, ForkPlan, NodeRef
from penstock_client.runs import Changes

from cli.arguments import read_input, read_variables
from cli.outcome import CommandError, ExitCode
from cli.printing import one_line, put, say
from cli.program import program
from cli.run import watch
from cli.session import Session
from cli.which import which_run

_MOST_NAMED = 8


@dataclass(frozen=True, kw_only=True)
class ForkRequest:
    """A fork as it stands on the command line; `settings` are `NODE.key=value` each."""

    given: str | None
    last: bool
    nodes: list[str]
    input: str | None
    variables: list[str]
    settings: list[str]
    version: str
    until: list[str]
    dry_run: bool
    as_json: bool
    follow: bool


async def fork(session: Session, request: ForkRequest) -> ExitCode:
    """Starts the fork and follows it, or only tells what it would be. Raises: CommandError."""
    changes = _changes(request)
    steps = [_step(each) for each in request.nodes]
    async with session.client() as client:
        run = await which_run(client, request.given, last=request.last)
        if request.dry_run:
            plan = await client.runs.plan_fork(run, steps, **changes)
            return _put_plan(plan, as_json=request.as_json)
        forked = await client.runs.fork(run, steps, **changes)
    return await _told(session, forked, as_json=request.as_json, follow=request.follow)


async def retry(
    session: Session, given: str | None, *, last: bool, as_json: bool, follow: bool
) -> ExitCode:
    """Runs again what did not complete, and follows it."""
    async with session.client() as client:
        forked = await client.runs.retry(await which_run(client, given, last=last))
    return await _told(session, forked, as_json=as_json, follow=follow)


async def _told(session: Session, forked: Forked, *, as_json: bool, follow: bool) -> ExitCode:
    if not follow:
        put(forked.model_dump_json() if as_json else forked.run_id)
        if not as_json:
            say(f"{_summary(forked)}. Follow it with: {program()} watch {forked.run_id}")
        return ExitCode.DONE
    say(f"run {forked.run_id}, forked from {one_line(forked.forked_from.run)}")
    say(_summary(forked))
    return await watch(session, forked.run_id, last=False, as_json=as_json)


def _put_plan(plan: ForkPlan, *, as_json: bool) -> ExitCode:
    if as_json:
        put(plan.model_dump_json())
        return ExitCode.DONE
    fates = [(each, "kept") for each in plan.kept] + [(each, "runs again") for each in plan.rerun]
    fates.sort(key=lambda fate: fate[0].step)
    width = max((len(str(each.step)) for each, _ in fates), default=1)
    fate_width = len("runs again")
    for each, fate in fates:
        put(f"{each.step:>{width}}  {fate:<{fate_width}}  {one_line(each.node)}")
    say(f"{_summary(plan)}. Nothing was started.")
    return ExitCode.DONE


def _summary(plan: ForkPlan) -> str:
    kept, rerun = len(plan.kept), len(plan.rerun)
    again = f"{rerun} {'runs' if rerun == 1 else 'run'} again"
    named = f" ({_names(plan.rerun)})" if plan.rerun else ""
    return f"{kept} {'step is' if kept == 1 else 'steps are'} kept, {again}{named}"


def _names(steps: Sequence[NodeRef]) -> str:
    shown = ", ".join(one_line(each.node) for each in steps[:_MOST_NAMED])
    more = len(steps) - _MOST_NAMED
    return f"{shown} and {more} more" if more > 0 else shown


def _changes(request: ForkRequest) -> Changes:
    changes = Changes(version=request.version)
    if request.input is not None:
        changes["input"] = read_input(request.input)
    if request.variables:
        changes["variables"] = read_variables(request.variables)
    if request.settings:
        changes["overrides"] = read_settings(request.settings)
    if request.until:
        changes["until_steps"] = [_step(each) for each in request.until]
    return changes


def _step(given: str) -> int | str:
    """A number is a step, anything else a node's id."""
    return int(given) if given.isascii() and given.isdigit() and len(given) < 8 else given


def read_settings(given: Iterable[str]) -> dict[str, dict[str, object]]:
    """`NODE.key=value` by node and key: JSON where it is some, else text; `@FILE` is its text.

    Raises: CommandError for anything else, or a setting given twice.
    """
    settings: dict[str, dict[str, object]] = {}
    for each in given:
        name, equals, value = each.partition("=")
        node, _, key = name.rpartition(".")
        if not equals or not node or not key:
            raise CommandError(f"--set {each!r}: expected NODE.key=value.")
        data = settings.setdefault(node, {})
        if key in data:
            raise CommandError(f"--set {name} is given twice.")
        data[key] = _value(value)
    return settings


def _value(given: str) -> object:
    if given.startswith("@"):
        return read_input(given)
    try:
        value: object = json.loads(given)
    except ValueError:
        return given
    return value
