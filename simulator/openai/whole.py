"""A whole chat.completion, and what it used."""

from time import time
from typing import TypeAlias

from simulator.http.dialect import Call
from simulator.openai.deltas import finish_reason, message_of
from simulator.speech.usage import Usage

Json: TypeAlias = dict[str, object]
FINGERPRINT = "fp_simulated"


def completion(call: Call) -> Json:
    """The answer without a stream."""
    choice: Json = {
        "index": 0,
        "message": message_of(call),
        "logprobs": None,
        "finish_reason": finish_reason(call),
    }
    whole: Json = {**head(call, "chat.completion"), "choices": [choice]}
    return whole if call.script.usage == "none" else whole | {"usage": usage(call.answer.usage)}


def head(call: Call, kind: str) -> Json:
    """What every chunk and answer begins with."""
    return {
        "id": f"chatcmpl-{call.request_id[4:]}",
        "object": kind,
        "created": int(time()),
        "model": call.request.model,
        "service_tier": "default",
        "system_fingerprint": FINGERPRINT,
    }


def usage(used: Usage) -> Json:
    """Tokens as this API counts them: those read from a cache are part of the prompt's."""
    prompt = used.input + used.cache_read + used.cache_5m + used.cache_1h
    return {
        "prompt_tokens": prompt,
        "completion_tokens": used.output,
        "total_tokens": prompt + used.output,
        "prompt_tokens_details": {"cached_tokens": used.cache_read, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": used.thinking,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }
