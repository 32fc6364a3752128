"""The tool calls of a message while they come: each by its index, its arguments in pieces."""

import json

from services.agent_worker.providers import border
from services.agent_worker.providers.border import BadStream, Object
from services.agent_worker.providers.provider import ToolCall

MOST_CALLS = 1_000


class Call:
    """One call; its name and id come once, its arguments in pieces of JSON."""

    __slots__ = ("arguments", "id", "name")

    def __init__(self) -> None:
        self.id = ""
        self.name = ""
        self.arguments: list[str] = []

    def take(self, raw: Object) -> int:
        """A piece more; how many characters of arguments it brought. Raises: BadStream."""
        function = border.member(raw, "function")
        self.id = border.name(raw, "id") or self.id
        self.name = border.name(function, "name") or self.name
        piece = function.get("arguments")
        if piece is None:
            return 0
        # Some servers send the arguments as the object that they are.
        text = piece if isinstance(piece, str) else json.dumps(border.whole(piece))
        self.arguments.append(text)
        return len(text)

    def message(self, number: int) -> Object:
        """The call as it is sent back. Raises: BadStream, where its arguments are no JSON."""
        text = "".join(self.arguments) or "{}"
        border.value_in(text)
        function: Object = {"name": self.name, "arguments": text}
        # Some servers name no call; what is sent back must.
        return {"id": self.id or f"call_{number}", "type": "function", "function": function}


class Calls:
    """The calls of one message, in the order in which they began."""

    __slots__ = ("_by_index",)

    def __init__(self) -> None:
        self._by_index: dict[int, Call] = {}

    def __bool__(self) -> bool:
        return bool(self._by_index)

    def take(self, raw: object) -> int:
        """A piece of a call; how many characters it brought. Raises: BadStream."""
        if not border.is_object(raw):
            border.unexpected("a tool call", raw)
        index = raw.get("index", len(self._by_index))
        if isinstance(index, bool) or not isinstance(index, int):
            border.unexpected("the index of a tool call", index)
        if index not in self._by_index and len(self._by_index) >= MOST_CALLS:
            raise BadStream(f"expected at most {MOST_CALLS} tool calls, came more")
        return self._by_index.setdefault(index, Call()).take(raw)

    def messages(self) -> list[Object]:
        """All calls as they are sent back. Raises: BadStream."""
        return [call.message(number) for number, call in enumerate(self._by_index.values())]


def calls_in(message: object) -> list[ToolCall]:
    """The calls that a message, as it was kept, asks for."""
    asked = message.get("tool_calls") if border.is_object(message) else None
    calls = asked if isinstance(asked, list) else []
    return [_call(call) for call in calls if border.is_object(call)]


def _call(raw: Object) -> ToolCall:
    function = border.member(raw, "function")
    return ToolCall(
        id=border.text(raw, "id"),
        tool=border.text(function, "name"),
        input=border.text(function, "arguments"),
    )
