"""How a followed run is shown in a terminal: one agent speaks, the others are counted below.

The agent that spoke first has the floor: finished lines scroll away above, its unfinished line
and a line per other agent at work are redrawn below them. When it is done the next one, in the
order they began to speak, gets the floor with all it has said so far. One that failed and is
tried again loses the floor and begins anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from time import monotonic

from penstock_client import CallView, Event, RunView, StepView
from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from cli.display import (
    Fetch,
    fallback_lines,
    question_lines,
    result_steps,
    steps_in_words,
    title,
    whole_text,
)
from cli.printing import console as clean_console
from cli.printing import one_line, printable, words_of
from cli.tool_calls import begun_line, ended_line

_MOST_OTHERS = 5
_LAST_CHARACTERS, _NARROWEST = 200, 12
_ENDINGS = {"ok": ("←", "dim"), "error": ("✗", "red"), "unknown": ("?", "yellow")}
_AT_WORK = frozenset({"ready", "running", "retrying", "waiting"})


class Terminal:
    """A live display; `close` leaves only what was said on the screen."""

    def __init__(self, names: Mapping[str, str], fetch: Fetch, console: Console | None = None):
        self._names = names
        self._fetch = fetch
        self._console = console or clean_console()
        self._began = monotonic()
        self._view = RunView()
        self._waiting: list[int] = []
        self._heard: set[int] = set()
        self._floor: int | None = None
        self._said = ""
        self._unfinished = ""
        self._told: set[tuple[tuple[int, int], int, bool]] = set()
        self._thinks = False
        self._spinner = Spinner("dots")
        self._live = Live(
            console=self._console,
            get_renderable=self._drawn,
            transient=True,
            refresh_per_second=12,
            vertical_overflow="crop",
        )
        self._live.start()

    async def show(self, event: Event, view: RunView) -> None:
        self._view = view
        step = self._step_of(event)
        if step and step.kind == "agent" and (step.text or step.blob or step.calls):
            self._hear(step.step)
        if step and step.step == self._floor:
            self._thinks = event.type == "step.thinking"
        if step and event.type == "step.failed":
            if step.step == self._floor:
                self._take_back()
            self._note(f"{title(step, self._names)}: {_reason(step)}")
        if step and event.type == "step.retry_scheduled":
            self._heard.discard(step.step)
            delay = event.data.get("delay_seconds")
            self._note(f"{title(step, self._names)} is tried again in {delay} s")
        for line in fallback_lines(event, view, self._names):
            self._heard.discard(step.step if step else -1)
            self._note(line)
        for line in question_lines(event, view, self._names):
            self._console.print(Text(f"  ? {one_line(line)}", style="bold yellow"), soft_wrap=True)
        await self._speak()

    def note(self, line: str) -> None:
        self._console.print(Text(f"  ! {one_line(line)}", style="bold yellow"), soft_wrap=True)

    async def close(self, view: RunView) -> None:
        self._view = view
        for number in result_steps(view):
            step = view.steps.get(number)
            if step and (step.text or step.blob):
                self._hear(number)
        await self._speak()
        if self._floor is not None:
            self._end_block()
        self.leave()

    def leave(self) -> None:
        """Gives the terminal back, wherever the run stands."""
        self._live.stop()

    def _step_of(self, event: Event) -> StepView | None:
        number = event.data.get("step")
        return self._view.steps.get(number) if isinstance(number, int) else None

    def _hear(self, number: int) -> None:
        if number not in self._heard:
            self._heard.add(number)
            self._waiting.append(number)

    async def _speak(self) -> None:
        while self._floor is not None or self._waiting:
            if self._floor is None:
                self._begin_block(self._waiting.pop(0))
            step = self._view.steps.get(self._floor or 0)
            if step is None:
                return
            self._tell_calls(step)
            if step.status != "failed":
                self._say(await whole_text(step, self._fetch))
            if not step.is_settled:
                return
            self._end_block()

    def _begin_block(self, number: int) -> None:
        self._floor, self._said, self._unfinished = number, "", ""
        self._told.clear()
        self._thinks = False
        step = self._view.steps[number]
        self._console.print(Text(f"● {one_line(title(step, self._names))}", style="bold cyan"))

    def _end_block(self) -> None:
        self._print(self._unfinished)
        self._console.print()
        self._floor, self._said, self._unfinished = None, "", ""

    def _say(self, text: str) -> None:
        if not text.startswith(self._said):
            self._take_back()
            self._note("the text above is taken back")
        new = printable(text[len(self._said) :])
        self._said = text
        *lines, self._unfinished = _lines(self._unfinished + new, self._console.width)
        for line in lines:
            self._print(line, even_if_empty=True)
        if lines:
            self._live.refresh()

    def _tell_calls(self, step: StepView) -> None:
        """A line for each call of a tool that began since, and one for each that ended."""
        for call in step.calls:
            if call.times and self._is_news(call, ended=False):
                self._tell_call(f"  → {begun_line(call)}", "dim cyan")
            if call.outcome is not None and self._is_news(call, ended=True):
                mark, style = _ENDINGS.get(call.outcome, _ENDINGS["unknown"])
                self._tell_call(f"  {mark} {ended_line(call)}", style)

    def _is_news(self, call: CallView, *, ended: bool) -> bool:
        key = (call.place, 0 if ended else call.times, ended)
        is_news = key not in self._told
        self._told.add(key)
        return is_news

    def _tell_call(self, line: str, style: str) -> None:
        self._print(self._unfinished)
        self._unfinished = ""
        self._console.print(Text(line, style=style), no_wrap=True, overflow="ellipsis")

    def _take_back(self) -> None:
        self._print(self._unfinished)
        self._said, self._unfinished = "", ""

    def _print(self, line: str, *, even_if_empty: bool = False) -> None:
        if line or even_if_empty:
            self._console.print(Text(line.expandtabs(4)), soft_wrap=True)

    def _note(self, line: str) -> None:
        self._console.print(Text(f"  ↻ {one_line(line)}", style="yellow"))

    def _drawn(self) -> RenderableType:
        rows: list[RenderableType] = [Text(self._unfinished)] if self._unfinished else []
        rows += self._thoughts()
        others = list(self._others())
        rows += [
            Text(row, style="dim", no_wrap=True, overflow="ellipsis")
            for row in others[:_MOST_OTHERS]
        ]
        if len(others) > _MOST_OTHERS:
            rows.append(Text(f"  and {len(others) - _MOST_OTHERS} more", style="dim"))
        self._spinner.update(text=Text(self._progress(), style="dim"))
        return Group(*rows, self._spinner)

    def _thoughts(self) -> Iterator[Text]:
        step = self._view.steps.get(-1 if self._floor is None else self._floor)
        if step and self._thinks and step.thinking:
            words = last_words(step.thinking, self._console.width - 4)
            yield Text(f"  ~ {words}", style="dim italic", no_wrap=True, overflow="ellipsis")

    def _others(self) -> Iterator[str]:
        for step in self._view.ordered_steps():
            if step.step == self._floor or step.kind != "agent" or step.status not in _AT_WORK:
                continue
            said = f", {len(step.text):,} characters" if step.text else ""
            row = one_line(f"  {title(step, self._names)}: {_doing(step)}{said}")
            left = self._console.width - cell_len(row) - 3
            words = step.text or step.thinking
            yield f"{row}  {last_words(words, left)}" if words else row

    def _progress(self) -> str:
        seconds = monotonic() - self._began
        return f"{self._view.status}, {steps_in_words(self._view)}, {seconds:.0f} s"


def last_words(text: str, cells: int) -> str:
    """The end of a text on one line, no wider than `cells`; empty where that is too narrow."""
    words = words_of(text[-_LAST_CHARACTERS:])
    if cells < _NARROWEST:
        return ""
    if cell_len(words) <= cells and len(text) <= _LAST_CHARACTERS:
        return words
    while cell_len(words) >= cells:
        words = words[1:]
    return f"…{words}"


def _doing(step: StepView) -> str:
    if step.status != "running":
        return {"ready": "queued", "waiting": "waits for a person"}.get(step.status, step.status)
    if step.tool:
        return f"uses {step.tool}"
    if called := [call.tool for call in step.calls if call.outcome is None]:
        more = f" and {len(called) - 1} more" if len(called) > 1 else ""
        return f"calls {called[0]}{more}"
    if not step.text and step.progress and step.progress.get("phase") == "connecting":
        return "waits for the model"
    return "writes" if step.text else "thinks"


def _reason(step: StepView) -> str:
    error = step.error or {}
    return f"{error.get('code', 'failed')}: {error.get('message', '')}"


def _lines(text: str, width: int) -> list[str]:
    """`text` cut at its line ends, and at spaces where a line is wider than `width` cells."""
    lines: list[str] = []
    for line in text.split("\n"):
        while cell_len(line) > width and (at := _space_within(line, width)) > 0:
            lines.append(line[:at])
            line = line[at + 1 :]
        lines.append(line)
    return lines


def _space_within(line: str, width: int) -> int:
    cells = at = 0
    for index, character in enumerate(line):
        if character == " ":
            at = index
        cells += cell_len(character)
        if cells > width:
            break
    return at
