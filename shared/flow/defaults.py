"""What an agent's settings are where nobody says, written into a flow before it is run.

So whoever executes a run, and whoever judges it, reads every setting in its flow, and a newer
catalogue or another default changes no run that was accepted.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from shared.flow.agents import spelled, with_settings
from shared.flow.json_value import JSON
from shared.models import Capabilities, default_max_tokens, default_thinking

Models: TypeAlias = Callable[[str], Capabilities | None]
"""What is known of a model today; None for one that is not known."""


class Offer(NamedTuple):
    """What models there are: what is known of each, and of each provider of which kind it is."""

    models: Models
    providers: Mapping[str, str] | None = None


SECONDS = 600
SECONDS_OF_LONG_WORK = 3_600
ASKED = ("thinking", "effort", "cache")
"""Settings that older flows do not have: no reader of theirs knew them."""
CHAIN = ("fallbacks", "fallback_on_refusal", "output_schema")
"""The same, of newer ones still."""
PASSED_ON = ("max_turns", "service_tier", "metadata")
"""And the newest."""
MOST_TURNS = 25


def with_defaults(raw: JSON, models: Models, default_model: str) -> JSON:
    """The drawing with every setting of its agents that has a default.

    What is not shaped like a flow stays as it is, for `parse` to judge.
    """
    return with_settings(raw, lambda said: _defaults(said, models, default_model))


def without_defaults(
    data: Mapping[str, JSON], models: Models, default_model: str
) -> dict[str, JSON]:
    """An agent's data without what `with_defaults` writes there, but for its model.

    To be taken before it gets other settings: what is the default of one model may be refused by
    another. A person's setting that is the same as the default goes too: nothing tells them apart.
    """
    written = _defaults(spelled(data), models, default_model)
    del written["model"]
    return {k: v for k, v in data.items() if k not in written or v != written[k]}


def as_stored(data: dict[str, JSON]) -> dict[str, JSON]:
    """The data of an agent in a stored flow, as it was meant when it was stored.

    Every flow that was made with the settings `ASKED` says `cache`, every one with some of `CHAIN`
    says `fallback_on_refusal`, and with some of `PASSED_ON` how many `max_turns`; what stands under
    their names elsewhere was read by nobody.
    """
    unread: tuple[str, ...] = () if data.get("cache") in ("auto", "off") else ASKED
    if not isinstance(data.get("fallback_on_refusal"), bool):
        unread += CHAIN
    if not isinstance(data.get("max_turns"), int):
        unread += PASSED_ON
    return {key: value for key, value in data.items() if key not in unread}


def _defaults(said: Mapping[str, JSON], models: Models, default_model: str) -> dict[str, JSON]:
    model = said.get("model", default_model)
    known = models(model) if isinstance(model, str) else None
    unsaid = default_thinking(known)
    thinking = said.get("thinking", unsaid)
    is_long = bool(said.get("tools")) or thinking not in (None, "off")
    return {
        "model": model,
        "max_tokens": default_max_tokens(known),
        "cache": "auto",
        "timeout_seconds": SECONDS_OF_LONG_WORK if is_long else SECONDS,
        **({} if unsaid is None else {"thinking": unsaid}),
        **({"fallback_on_refusal": False} if any(said.get(key) for key in CHAIN) else {}),
        **({"max_turns": MOST_TURNS} if any(said.get(key) for key in PASSED_ON) else {}),
    }
