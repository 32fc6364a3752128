"""What a well-formed request may not ask for, in the words of the real API."""

import re
from collections.abc import Iterator
from itertools import takewhile

from simulator.http.failure import Failure, Refused
from simulator.openai.failure import invalid
from simulator.openai.request import ChatMessage, ChatRequest

_COUNTS_THINKING = re.compile(r"o\d|gpt-5")
MISSING = "no-such"
"""How the name of a model begins that is not there."""


def check(request: ChatRequest) -> None:
    """Raises: Refused, with the first complaint."""
    for complaint in _complaints(request):
        raise Refused(complaint)


def missing(model: str) -> Failure:
    """The error for a model that is not there."""
    return Failure(
        status=404,
        type="invalid_request_error",
        message=f"The model `{model}` does not exist or you do not have access to it.",
        code="model_not_found",
    )


def _complaints(request: ChatRequest) -> Iterator[Failure]:
    if request.model.startswith(MISSING):
        yield missing(request.model)
    yield from _of_bounds(request)
    if request.stream_options is not None and not request.stream:
        yield invalid(
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
            "stream_options",
        )
    if not request.tools:
        for name in ("tool_choice", "parallel_tool_calls"):
            if getattr(request, name) is not None:
                yield invalid(f"'{name}' is only allowed when 'tools' are specified.", name)
    form = request.response_format
    if form is not None and form.type == "json_schema" and form.json_schema is None:
        name = "response_format.json_schema"
        yield invalid(f"Missing required parameter: '{name}'.", name, "missing_required_parameter")
    yield from _of_messages(request.messages)


def _of_bounds(request: ChatRequest) -> Iterator[Failure]:
    if request.max_tokens is None:
        return
    if request.max_completion_tokens is not None:
        yield invalid(
            "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
            "max_tokens",
            "invalid_parameter_combination",
        )
    if _COUNTS_THINKING.match(request.model):
        yield invalid(
            "Unsupported parameter: 'max_tokens' is not supported with this model. "
            "Use 'max_completion_tokens' instead.",
            "max_tokens",
            "unsupported_parameter",
        )


def _of_messages(messages: list[ChatMessage]) -> Iterator[Failure]:
    open_calls: set[str] = set()
    for at, message in enumerate(messages):
        place = f"messages[{at}]"
        if message.role == "tool":
            if message.tool_call_id not in open_calls:
                yield _unasked(message, place)
            continue
        if message.role == "assistant":
            called = [call.id for call in message.tool_calls or ()]
            results = takewhile(lambda each: each.role == "tool", messages[at + 1 :])
            missed = set(called) - {each.tool_call_id for each in results}
            if missed:
                yield invalid(
                    "An assistant message with 'tool_calls' must be followed by tool messages "
                    "responding to each 'tool_call_id'. The following tool_call_ids did not have "
                    f"response messages: {', '.join(i for i in called if i in missed)}",
                    place,
                )
            open_calls = set(called)
            continue
        open_calls = set()
        if message.content is None:
            yield invalid(
                f"Invalid value for 'content': expected a string, got null. ({place})",
                f"{place}.content",
            )


def _unasked(message: ChatMessage, place: str) -> Failure:
    if message.tool_call_id is None:
        name = f"{place}.tool_call_id"
        return invalid(
            f"Missing parameter '{name}': messages with role 'tool' must have one.", name
        )
    return invalid(
        "Invalid parameter: messages with role 'tool' must be a response to a preceding message "
        "with 'tool_calls'.",
        f"{place}.role",
    )
