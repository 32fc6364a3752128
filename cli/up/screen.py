"""What `penstock up` says in the terminal."""

import shlex
import shutil
import signal
import sys
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from cli.printing import console as clean_console
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
        if plan.simulated:
            self.console.print(
                "  [yellow]answers are simulated[/]: no model is called "
                "(set ANTHROPIC_API_KEY for real ones)"
            )

        for path in closed_to_postgres(plan.postgres.folder):
            self.console.print(
                f"  [yellow]{escape(str(path))} is opened[/] for passing through (chmod o+x): "
                "PostgreSQL does not run as root"
            )

    def ready(self, name: str, seconds: float) -> None:
        self.console.print(f"  [green]ready[/]  {escape(name):<16} [dim]{seconds:.1f} s[/]")

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

    def copy_ready(self, plan: Plan) -> None:
        """The lines to go on from: URL, a run, a request, the NATS address."""
        token = plan.data.secrets().token
        run = f"{program()} {shlex.join(demo_arguments())}"
        if plan.data.path != Path.cwd() / ".penstock":
            run = f"PENSTOCK_STACK={nearest(plan.data.path / 'stack.json')} {run}"
        simulated = "   [yellow]answers are simulated[/]" if plan.simulated else ""
        self.console.print(f"\n[bold green]Penstock is up[/]; Ctrl-C stops it.{simulated}\n")
        for line in (
            plan.api_url,
            run,
            f"curl -H 'Authorization: Bearer {token}' {plan.api_url}/api/v1/runs",
            plan.nats.url_of(LISTENER),
        ):
            self.console.print(f"  {escape(line)}")


def demo_arguments() -> tuple[str, ...]:
    """The arguments of `penstock` that run the example."""
    flow = nearest(Path(__file__).parents[2] / EXAMPLE)
    return ("run", str(flow), "--input", QUESTION, "--var", f"audience={AUDIENCE}")


def program() -> str:
    """How to call `penstock` from the working directory."""
    beside = Path(sys.executable).parent / "penstock"
    if shutil.which("penstock") or not beside.exists():
        return "penstock"
    return str(nearest(beside))


def nearest(path: Path) -> Path:
    """`path` without the working directory in front, where it is below it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
