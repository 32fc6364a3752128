"""What every command that talks to a Penstock shares: which one, and how it ends."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine, Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

from cli.outcome import CommandError, ExitCode
from cli.printing import say
from cli.program import program
from cli.stack import START, Stack, find_stack

if TYPE_CHECKING:
    from penstock_client import Penstock, PenstockError

_HINTS = {
    "missing_variables": "Give each with --var NAME=VALUE.",
    "name_taken": "Give the pipeline another with --name NAME, or say --copy.",
}
_chosen: ContextVar[dict[str, str | None]] = ContextVar("chosen")


@dataclass
class Session:
    """One command on one stack; `farewell` is what Ctrl-C answers."""

    stack: Stack
    farewell: list[str] = field(default_factory=list)

    def client(self) -> Penstock:
        """A client of the stack, to be entered. Raises: CommandError for a URL that is none."""
        from penstock_client import Penstock

        try:
            return Penstock(
                self.stack.url,
                self.stack.token,
                session=self.stack.session,
                workspace=self.stack.workspace,
            )
        except ValueError as error:
            raise CommandError(f"{self.stack.source}: {error}") from None

    def say_if_simulated(self) -> None:
        """Tells the person that no model answers, where that is so."""
        if self.stack.simulated:
            say("Answers are simulated: no model is called.")


Work = Callable[[Session], Coroutine[None, None, ExitCode]]


def _remember(param: typer.CallbackParam, value: str | None) -> None:
    chosen = _chosen.get({})
    name = str(param.name)
    # A command within another has the same options: what was given counts, wherever it stood.
    _chosen.set({**chosen, name: chosen.get(name) if value is None else value})


def _options(
    url: Annotated[
        str | None,
        typer.Option(callback=_remember, expose_value=False, help="Where Penstock answers."),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(callback=_remember, expose_value=False, help="The token that opens it."),
    ] = None,
) -> None:
    """Holds the options that commands on a stack share."""


def add_stack_options(commands: Iterable[TyperCommand | TyperGroup]) -> None:
    """Gives each command --url and --token; `perform` reads them."""
    holder = typer.Typer(add_completion=False)
    holder.command()(_options)
    options = typer.main.get_command(holder).params
    for command in commands:
        command.params += options


def perform(work: Work) -> NoReturn:
    """Does `work` on the stack that was chosen, and ends the command.

    Raises: typer.Exit, with the code of the outcome; failures are told in one line and a hint.
    """
    raise typer.Exit(_performed(work))


def _performed(work: Work) -> ExitCode:
    from penstock_client import PenstockError

    session: Session | None = None
    try:
        chosen = _chosen.get({})
        stack = find_stack(chosen.get("url"), chosen.get("token"), Path.cwd(), os.environ)
        session = Session(stack)
        return asyncio.run(work(session))
    except CommandError as error:
        return _told(str(error), error.hint, error.code)
    except PenstockError as error:
        return _refused(error, session)
    except KeyboardInterrupt:
        for line in session.farewell if session else ():
            say(line)
        return ExitCode.INTERRUPTED


def _refused(error: PenstockError, session: Session | None) -> ExitCode:
    from penstock_client import RejectedError, UnauthorizedError, UnavailableError

    source = session.stack.source if session else ""
    for problem in error.problems:
        where = f" [{', '.join(problem.nodes[:8])}]" if problem.nodes else ""
        say(f"  {problem.code}: {problem.message}{where}")
    match error:
        case UnauthorizedError() if error.code == "wrong_login":
            return _told(error.detail, "", ExitCode.REFUSED)
        case UnauthorizedError() if session is not None and session.stack.session:
            hint = f"Log in again: {program()} login EMAIL; or go on without: {program()} logout"
            return _told(error.detail, hint, ExitCode.REFUSED)
        case UnauthorizedError():
            hint = f"The token comes from {source}; give another with --token."
            return _told(error.detail, hint, ExitCode.REFUSED)
        case RejectedError():
            return _told(error.detail, _HINTS.get(error.code, ""), ExitCode.REFUSED)
        case UnavailableError() if error.status == 0:
            hint = f"The address comes from {source}. {START}"
            return _told(error.detail, hint, ExitCode.UNAVAILABLE)
        case _:
            hint = "Penstock is there but cannot answer; try again, then look at its logs."
            return _told(error.detail, hint, ExitCode.UNAVAILABLE)


def _told(message: str, hint: str, code: ExitCode) -> ExitCode:
    say(f"penstock: {message}")
    for line in hint.splitlines():
        say(line)
    return code
