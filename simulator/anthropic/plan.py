"""A plan: an answer as the bytes of its stream, ready to be sent in time.

    opening    message_start
    chunks     one content_block_delta each, with the frames that must come before it
    ending     what closes the last block, and blocks without deltas
    settling   message_delta
    stopping   message_stop

Source: https://docs.anthropic.com/en/docs/build-with-claude/streaming
"""

from collections.abc import Iterator

from simulator.anthropic.failure import body, failure_of
from simulator.anthropic.odd import ODD
from simulator.http.dialect import Call
from simulator.http.frame import PING, encoded, frame
from simulator.http.plan import Plan
from simulator.speech.answer import Answer
from simulator.speech.block import Block, Delta, Json
from simulator.speech.words import ENDLESS_WORD

UNKNOWN_EVENT = b'event: weather_report\ndata: {"type":"weather_report","sky":"clear"}\n\n'
BROKEN = b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"del\n\n'


def plan_of(call: Call, identity: str) -> Plan:
    """The stream that tells the answer; `endless` is one more delta of its last text block."""
    answer, script = call.answer, call.script
    chunks, ending = _chunked(answer.blocks)
    texts = [at for at, one in enumerate(answer.blocks) if one.start["type"] == "text"]
    failed = body(failure_of(script), call.request_id)
    plan = Plan(
        opening=_opening(answer, identity, call.request.model),
        chunks=tuple(chunks),
        ending=ending,
        settling=_settling(answer),
        stopping=frame({"type": "message_stop"}),
        endless=_delta(max(texts, default=0), ("text_delta", "text", ENDLESS_WORD)),
        ping=PING,
        broken=BROKEN,
        error=b"event: error\ndata: " + failed + b"\n\n",
    )
    odd = "no_usage" if script.usage == "none" and script.odd is None else script.odd
    return ODD[odd](plan) if odd else plan


def _opening(answer: Answer, identity: str, model: str) -> bytes:
    message = answer.message(identity, model)
    message |= {"content": [], "usage": answer.usage.at_start()}
    message |= {"stop_reason": None, "stop_sequence": None, "stop_details": None}
    return frame({"type": "message_start", "message": message})


def _settling(answer: Answer) -> bytes:
    delta: Json = {
        "stop_reason": answer.told_reason,
        "stop_sequence": answer.stop_sequence,
        "stop_details": answer.stop_details,
    }
    return frame({"type": "message_delta", "delta": delta, "usage": answer.usage.at_end()})


def _chunked(blocks: tuple[Block, ...]) -> tuple[list[bytes], bytes]:
    chunks: list[bytes] = []
    waiting: list[bytes] = []
    for index, one in enumerate(blocks):
        waiting.extend(_started(index, one))
        for delta in one.deltas:
            waiting.append(_delta(index, delta))
            chunks.append(b"".join(waiting) if len(waiting) > 1 else waiting[0])
            waiting.clear()
        waiting.append(frame({"type": "content_block_stop", "index": index}))
    return chunks, b"".join(waiting)


def _started(index: int, one: Block) -> Iterator[bytes]:
    yield frame({"type": "content_block_start", "index": index, "content_block": one.start})
    if index == 0:
        yield PING
    if one.start["type"] == "hologram":
        yield UNKNOWN_EVENT


def _delta(index: int, delta: Delta) -> bytes:
    kind, name, value = delta
    before = (
        "event: content_block_delta\n"
        f'data: {{"type":"content_block_delta","index":{index},'
        f'"delta":{{"type":"{kind}","{name}":'
    )
    return before.encode() + encoded(value) + b"}}\n\n"
