"""The stream of a chat.completion: `data:` lines, each a chunk, and `[DONE]`.

opening    the role
chunks     one delta each
settling   the finish_reason, and what was used
stopping   data: [DONE]
"""

from simulator.http.dialect import Call
from simulator.http.frame import encoded
from simulator.http.plan import Plan
from simulator.openai.deltas import deltas_of, finish_reason
from simulator.openai.failure import body, failure_of
from simulator.openai.reading import ChatAsked
from simulator.openai.whole import Json, head, usage
from simulator.speech.words import ENDLESS_WORD

DONE = b"data: [DONE]\n\n"
PING = b": OPENROUTER PROCESSING\n\n"
BROKEN = b'data: {"object":"chat.completion.chunk","choices":[{"index":0,"del\n\n'


def line(value: object) -> bytes:
    """A value as one event of the stream."""
    return b"data: " + encoded(value) + b"\n\n"


def chunk(delta: object, finish: str | None = None, index: object = 0) -> Json:
    """What a chunk has besides its head."""
    choice: Json = {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}
    return {"choices": [choice]}


def plan_of(call: Call) -> Plan:
    """The stream that tells the answer; `endless` is one more delta of its text."""
    tells = _tells_usage(call)
    top = head(call, "chat.completion.chunk")
    if tells == "chunk":
        top["usage"] = None

    def framed(delta: Json) -> bytes:
        return line(top | chunk(delta))

    return Plan(
        opening=framed({"role": "assistant", "content": "", "refusal": None}),
        chunks=tuple(map(framed, deltas_of(call))),
        ending=b"",
        settling=_settling(call, top, tells),
        stopping=DONE,
        endless=framed({"content": ENDLESS_WORD}),
        ping=PING,
        broken=BROKEN,
        error=b"data: " + body(failure_of(call.script)) + b"\n\n",
    )


def _tells_usage(call: Call) -> str | None:
    """Where the usage is told: in a `chunk` of its own, in the `last` one, or nowhere."""
    asked = isinstance(call.request, ChatAsked) and call.request.tells_usage
    match call.script.usage:
        case "none":
            return None
        case "last":
            return "last"
        case "always":
            return "chunk"
    return "chunk" if asked else None


def _settling(call: Call, top: Json, tells: str | None) -> bytes:
    last = top | chunk({}, finish_reason(call))
    used: Json = {"usage": usage(call.answer.usage)}
    if tells == "last":
        return line(last | used)
    if tells == "chunk":
        return line(last) + line(top | {"choices": []} | used)
    return line(last)
