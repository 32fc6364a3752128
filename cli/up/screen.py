"""What `penstock up` says in the terminal."""

from __future__ import annotations

import os
import shlex
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from cli.printing import console as clean_console
from cli.program import nearest, program
from cli.up.parts import Plan
from cli.up.postgres import closed_to_postgres
from shared.log.rights import LISTENER

EXAMPLE = Path("examples") / "research.json"
QUESTION = "How do tides work?"
AUDIENCE = "curious twelve-year-olds"


class Screen:
    """Speaks on standard output, in colour where it is a terminal."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or clean_console(markup=True)

    def starting(self, plan: Plan) -> None:
        self.console.print(
            f"[bold]Penstock[/] starts on this machine; data in {escape(str(plan.data.path))}"
        )
        for path in closed_to_postgres(plan.postgres.folder):
            self.console.print(
                f"  [yellow]{escape(str(path))} is opened[/] for passing through (chmod o+x): "
                "PostgreSQL does not run as root"
            )

    def ready(self, name: str, seconds: float) -> None:
        self.console.print(f"  [green]ready[/]  {escape(name):<16} [dim]{seconds:.1f} s[/]")

    def working(self, name: str, seconds: float) -> None:
        self.console.print(
            f"  [yellow]works[/]  {escape(name):<16} for {seconds:.0f} s so far, on what earlier "
            "versions wrote; Ctrl-C loses nothing"
        )

    def ended(self, name: str, exit_code: int) -> None:
        how = signal.Signals(-exit_code).name if exit_code < 0 else f"exit code {exit_code}"
        self.console.print(f"  [yellow]ended[/]  {escape(name):<16} {how}; it is started again")

    def hung(self, name: str, seconds: float) -> None:
        self.console.print(
            f"  [yellow]hangs[/]  {escape(name):<16} no answer for {seconds:.0f} s; it is killed"
        )

    def stopping(self) -> None:
        self.console.print("\n[bold]Penstock[/] stops; the data stays")

    def failed(self, message: str) -> None:
        self.console.print(f"[red]Penstock could not start.[/] {escape(message)}")

    def copy_ready(self, plan: Plan, answers: Answers, link: str | None = None) -> None:
        """What to open, who answers, and commands to go on with, which work as they stand.

        `link` signs the first user in, once.
        """
        token = plan.data.secrets().token
        own = program()
        if plan.data.path != Path.cwd() / ".penstock":
            own = f"PENSTOCK_STACK={shlex.quote(str(nearest(plan.data.path / 'stack.json')))} {own}"
        self.console.print(
            f"\n[bold green]Penstock is up:[/] [bold]{plan.api_url}/[/]   (Ctrl-C stops it)\n"
        )
        rows = [
            *([("login", f"{link}   (once)")] if link else []),
            *(("model", line) for line in answers.lines()),
            ("run", f"{own} {shlex.join(demo_arguments())}"),
            ("look", f"{own} runs"),
            ("look", f"{own} show --last"),
            ("HTTP", f"curl -H 'Authorization: Bearer {token}' {plan.api_url}/api/v1/runs"),
            ("NATS", plan.nats.url_of(LISTENER)),
        ]
        before = ""
        for name, line in rows:
            shown = "" if name == before else name
            before = name
            style = "yellow" if name == "model" and plan.simulated else "default"
            self.console.print(f"  [dim]{shown:<7}[/][{style}]{escape(line)}[/]")


@dataclass(frozen=True, kw_only=True)
class Answers:
    """Who answers: a model of the provider's, or nobody; and whether there is a key for one.

    `start` is the command that started this, to be said again with a key.
    """

    simulated: bool
    default_model: str
    has_key: bool
    start: str

    def lines(self) -> list[str]:
        """Which model answers, and how to have real answers or none."""
        if not self.simulated and not self.has_key:
            return [
                f"{self.default_model} where a flow names none; answers are real and cost money",
                f"with the key that a workspace sets: {program()} provider-key set",
                "without one its runs with agents are refused",
            ]
        if not self.simulated:
            return [
                f"{self.default_model} where a flow names none; answers are real and cost money"
            ]
        key = "" if self.has_key else "ANTHROPIC_API_KEY=sk-ant-... "
        why = "; ANTHROPIC_API_KEY is set, and not used" if self.has_key else ", and cost nothing"
        return [
            f"none is called: answers are simulated{why}",
            f"for real ones stop this and say: {key}{self.start}",
        ]


def start_command(arguments: Sequence[str]) -> str:
    """How real answers are had by whoever started this: by `make run`, or `penstock up`."""
    if os.environ.get("MAKELEVEL"):
        return "LIVE=1 make run"
    return f"{program()} up {shlex.join([*arguments, '--live'])}"


def demo_arguments() -> tuple[str, ...]:
    """The arguments of `penstock` that run the example."""
    flow = nearest(Path(__file__).parents[2] / EXAMPLE)
    return ("run", str(flow), "--input", QUESTION, "--var", f"audience={AUDIENCE}")
