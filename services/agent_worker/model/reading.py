"""One model turn while it comes in: the provider's events passed on to readers, and kept."""

from services.agent_worker.deltas import Deltas
from services.agent_worker.model.turn import Turn
from services.agent_worker.providers.provider import (
    Begun,
    Cited,
    Ended,
    Event,
    Text,
    Thought,
    Tool,
    Used,
)
from shared.models import ModelName
from shared.run.content import Usage
from shared.run.facts import StepTool
from shared.run.texts import BLANK_LINE


class Reading:
    """Reads one turn, and passes on what it says as it comes; `ended` is how it ended."""

    def __init__(self, deltas: Deltas, asked: ModelName) -> None:
        self.model = asked.whole
        self.usage = Usage()
        self.ended: Ended | None = None
        self._asked = asked
        self._deltas = deltas
        self._texts: list[str] = []
        self._is_apart = False

    @property
    def text(self) -> str:
        """The answer text so far."""
        return "".join(self._texts)

    def set_apart(self) -> None:
        """The text, if there is any, stands behind that of turns before: with a line between."""
        self._is_apart = True

    def turn(self, ended: Ended) -> Turn:
        """What has been read, taken as a whole turn."""
        return Turn(
            text=self.text,
            content=ended.content,
            model=self.model,
            stop_reason=ended.stop_reason,
            stop_detail=ended.stop_detail,
            usage=self.usage,
        )

    def take(self, event: Event) -> None:
        """One more event."""
        match event:
            case Text(text):
                if self._is_apart and not self._texts:
                    text = BLANK_LINE + text
                self._texts.append(text)
                self._deltas.text(text)
            case Thought(text):
                self._deltas.thinking(text)
            case Tool(phase, tool, call, detail):
                ids = self._deltas.ids
                told = StepTool(**ids, phase=phase, tool=tool, call=call, detail=detail)
                self._deltas.tool(told)
            case Cited(citation):
                self._deltas.citation(citation)
            case Begun(model):
                self.model = self._asked._replace(model=model).whole if model else self.model
            case Used(usage):
                self.usage = usage
            case Ended():
                self.ended = event
