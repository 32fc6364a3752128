"""`GET /v1/models` and `GET /v1/models/{model}`, as the Chat Completions API has them."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from simulator.http.failure import Failure, Refused
from simulator.http.frame import encoded
from simulator.http.wire import REFUSED, key_of
from simulator.openai.failure import INVALID, refusal
from simulator.openai.rules import missing

MODELS = ("gpt-5", "gpt-5-mini", "gpt-4.1", "o4-mini", "llama3.3", "qwen3")
CREATED = 1_790_000_000
_NO_KEY = Failure(
    status=401,
    type=INVALID,
    code="invalid_api_key",
    message="You didn't provide an API key. Send it in the header Authorization: Bearer.",
)
_BAD_KEY = refusal(401, "")


def is_spoken(request: Request) -> bool:
    """The call is one of this API: by its path, or by the header of its key."""
    path, headers = request.url.path, request.headers
    if path.startswith("/v1/models"):
        is_other = "x-api-key" in headers or "anthropic-version" in headers
        return "authorization" in headers and not is_other
    return path.startswith("/v1/chat/")


async def models(request: Request) -> Response:
    """All models. Raises: Refused."""
    admit(request.headers)
    listed = {"object": "list", "data": [_listed(name) for name in MODELS]}
    return Response(encoded(listed), media_type="application/json")


async def model(request: Request) -> Response:
    """One model. Raises: Refused; HTTPException, for a call of the other API."""
    if not is_spoken(request):
        raise HTTPException(404)
    admit(request.headers)
    name = request.path_params["model"]
    if name not in MODELS:
        raise Refused(missing(name))
    return Response(encoded(_listed(name)), media_type="application/json")


def admit(headers: Headers) -> None:
    """Raises: Refused, for a call without a key, or by one that is refused."""
    key = key_of(headers)
    if key is None:
        raise Refused(_NO_KEY)
    if REFUSED in key:
        raise Refused(_BAD_KEY)


def _listed(name: str) -> dict[str, object]:
    return {"id": name, "object": "model", "created": CREATED, "owned_by": "simulator"}
