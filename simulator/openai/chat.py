"""`POST /v1/chat/completions`: the dialect of Chat Completions."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.responses import Response

from simulator.failure import failure_of
from simulator.messages import Call, Said
from simulator.openai import failure
from simulator.openai.plan import completion, plan_of
from simulator.openai.request import chat_request_of
from simulator.request import MessagesRequest
from simulator.script import Script

CHAT = "/v1/chat/completions"


class Chat:
    """Keeps the Protocol `Dialect`."""

    def admit(self, headers: Headers) -> None:
        """Who has a key may ask."""

    def request_of(self, body: bytes) -> MessagesRequest:
        return chat_request_of(body).as_messages()

    def call(self, request: MessagesRequest, body: bytes, said: Said) -> Call:
        identity, asked = f"chatcmpl-{said.request_id[4:]}", chat_request_of(body)
        usage = asked.includes_usage
        plan = plan_of(said.answer, identity, request.model, includes_usage=usage)
        message = completion(said.answer, identity, request.model)
        return Call(request.stream, said.script, said.answer, plan, message)

    def refuse(self, script: Script, request_id: str) -> Response:
        asked = script.status is not None
        return failure.answer(failure_of(script), request_id, is_asked_for=asked)
