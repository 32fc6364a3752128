"""What each real model takes, and the words in which the real API refuses the rest.

A model that is not here takes everything that is well formed.
Source: the provider's pages on thinking, effort, prompt caching, and each model's migration guide.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from simulator.speech.demands import CacheControl, Enabled
from simulator.speech.request import MessagesRequest, RequestError

MOST_CACHE_MARKERS = 4
ALL_EFFORTS = ("low", "medium", "high", "xhigh", "max")


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """`thinking` are the kinds that are taken; `efforts_off` the efforts without thinking.

    `binds`: a thinking block is taken back only behind what it was said to.
    """

    thinking: frozenset[str]
    efforts: tuple[str, ...] = ALL_EFFORTS
    efforts_off: tuple[str, ...] = ALL_EFFORTS
    most_tokens: int | None = 128_000
    cache_minimum: int = 512
    takes_forced_tools: bool = True
    binds: bool = False


def _kinds(*kinds: str) -> frozenset[str]:
    return frozenset(kinds)


UNKNOWN = Model(
    thinking=_kinds("adaptive", "enabled", "disabled", "between_tools"), most_tokens=None
)
_NEWEST = Model(thinking=_kinds("adaptive"), takes_forced_tools=False, binds=True)
_CALM = ("low", "medium", "high")
_BEFORE = Model(thinking=_kinds("adaptive", "disabled"), cache_minimum=1024)
_OLD = Model(
    thinking=_kinds("enabled", "disabled"), efforts=(), most_tokens=64_000, cache_minimum=4096
)
MODELS = {
    "claude-fable-5-2": _NEWEST,
    "claude-fable-5-1": _NEWEST,
    "claude-opus-5-5": _NEWEST,
    "claude-sonnet-5-5": replace(
        _NEWEST, thinking=_kinds("adaptive", "between_tools"), efforts_off=_CALM
    ),
    "claude-haiku-5-5": replace(
        _NEWEST, thinking=_kinds("adaptive", "disabled"), efforts_off=_CALM
    ),
    "claude-fable-5": Model(thinking=_kinds("adaptive")),
    "claude-opus-5": replace(_BEFORE, efforts_off=_CALM, cache_minimum=512),
    "claude-sonnet-5": _BEFORE,
    "claude-opus-4-8": _BEFORE,
    "claude-sonnet-4-6": replace(
        _BEFORE,
        thinking=_kinds("adaptive", "enabled", "disabled"),
        efforts=("low", "medium", "high", "max"),
        most_tokens=64_000,
    ),
    "claude-haiku-4-5": _OLD,
    "claude-sonnet-4-5": replace(_OLD, cache_minimum=1024),
}


def model_of(name: str) -> Model:
    """What the named model takes, a snapshot of it too."""
    base, _, day = name.rpartition("-")
    return MODELS.get(name) or (MODELS.get(base) if day.isdigit() else None) or UNKNOWN


def check(request: MessagesRequest) -> None:
    """Refuses what the request's model does not take. Raises: RequestError."""
    for complaint in _complaints(request, model_of(request.model)):
        raise RequestError(complaint)


def _complaints(request: MessagesRequest, model: Model) -> Iterator[str]:
    most = model.most_tokens
    if most is not None and request.max_tokens > most:
        yield (
            f"max_tokens: {request.max_tokens} > {most}, which is the maximum allowed number of "
            f"output tokens for {request.model}"
        )
    yield from _of_thinking(request, model)
    yield from _of_effort(request, model)
    yield from _of_caching(request)
    choice = request.tool_choice
    if choice and choice.type in ("any", "tool") and not model.takes_forced_tools:
        yield "tool_choice: this model does not support forced tool use"


def _of_thinking(request: MessagesRequest, model: Model) -> Iterator[str]:
    thinking = request.thinking
    if thinking is None:
        return
    if thinking.type not in model.thinking:
        instead = " or ".join(f'"{kind}"' for kind in sorted(model.thinking))
        yield f'"thinking.type.{thinking.type}" is not supported for this model. Use {instead}.'
    if isinstance(thinking, Enabled) and thinking.budget_tokens >= request.max_tokens:
        yield "`max_tokens` must be greater than `thinking.budget_tokens`."


def _of_effort(request: MessagesRequest, model: Model) -> Iterator[str]:
    effort = request.output_config.effort if request.output_config else None
    if effort is None:
        return
    if effort not in model.efforts:
        yield f"This model does not support effort level '{effort}'."
    if not request.thinks and effort not in model.efforts_off:
        yield f"Effort level '{effort}' requires thinking on this model."


def _of_caching(request: MessagesRequest) -> Iterator[str]:
    markers: list[CacheControl | None] = [request.cache_control]
    markers += [tool.cache_control for tool in request.tools]
    if not isinstance(request.system, str):
        markers += [block.cache_control for block in request.system]
    for at, message in enumerate(request.messages):
        for place, block in enumerate(message.blocks):
            if block.cache_control and block.type in ("thinking", "redacted_thinking"):
                kind = f"messages.{at}.content.{place}.{block.type}"
                yield f"{kind}.cache_control: Extra inputs are not permitted"
            markers.append(block.cache_control)
    count = sum(marker is not None for marker in markers)
    if count > MOST_CACHE_MARKERS:
        yield (
            f"A maximum of {MOST_CACHE_MARKERS} blocks with cache_control may be provided. "
            f"Found {count}."
        )
