"""The Chat Completions API as a dialect: `POST /v1/chat/completions`."""

from starlette.datastructures import Headers

from simulator.http.dialect import Allowance, Call
from simulator.http.endpoint import MOST_BODY_BYTES
from simulator.http.failure import Failure, Refused
from simulator.http.frame import encoded
from simulator.http.plan import Plan
from simulator.markers.script import Script
from simulator.openai import failure
from simulator.openai.listing import admit
from simulator.openai.odd import ODD
from simulator.openai.plan import plan_of
from simulator.openai.reading import request_of
from simulator.openai.whole import completion
from simulator.speech.request import MessagesRequest
from simulator.speech.usage import Cached


class OpenAI:
    """The Chat Completions API; it keeps nothing between calls."""

    name = "openai"
    id_header = "x-request-id"

    def admit(self, headers: Headers, size_bytes: int) -> None:
        admit(headers)
        if size_bytes > MOST_BODY_BYTES:
            raise Refused(failure.refusal(413, ""))

    def request_of(self, body: bytes) -> MessagesRequest:
        return request_of(body)

    def cached(self, _: MessagesRequest) -> Cached:
        return Cached()

    def message(self, call: Call) -> bytes:
        return encoded(completion(call))

    def plan(self, call: Call) -> Plan:
        plan = plan_of(call)
        return ODD[call.script.odd](plan) if call.script.odd else plan

    def failure_of(self, script: Script) -> Failure:
        return failure.failure_of(script)

    def refusal(self, status: int, message: str) -> Failure:
        return failure.refusal(status, message)

    def body(self, failed: Failure, _: str) -> bytes:
        return failure.body(failed)

    def limits(self, allowance: Allowance) -> dict[str, str]:
        """Source: the provider's page on rate limits, headers."""
        seconds = max(0.0, allowance.ends - allowance.now)
        headers = {
            "x-ratelimit-limit-requests": str(allowance.limit),
            "x-ratelimit-remaining-requests": str(max(0, allowance.left)),
            "x-ratelimit-reset-requests": duration(seconds),
        }
        if allowance.left < 0:
            headers["retry-after-ms"] = str(max(1, round(seconds * 1000)))
        return headers


def duration(seconds: float) -> str:
    """Seconds as the API writes them: `20ms`, `1.5s`, `6m0s`."""
    if seconds < 1:
        return f"{round(seconds * 1000)}ms"
    minutes, rest = divmod(seconds, 60)
    written = f"{rest:.3f}".rstrip("0").rstrip(".") + "s"
    return f"{int(minutes)}m{written}" if minutes else written
