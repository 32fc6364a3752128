"""What templates read of texts that are JSON."""

import json
from collections.abc import Iterable, Mapping

from services.agent_worker.clean import clean
from shared.errors import AttemptFailed
from shared.flow.json_path import text_at
from shared.flow.json_value import JSON, quoted
from shared.flow.template import Piece

JSON_BYTES = 8 << 20
"""No answer that has a schema is larger. One value at a time is held: many times its text."""


def typed_texts(pieces: Iterable[Piece], texts: Mapping[str, str], given: str) -> dict[Piece, str]:
    """The text of each piece that has a path; `texts` are by node, `given` is what came in.

    Empty where nothing is at the path, and of a node without output. Raises: AttemptFailed.
    """
    of_text: dict[str | None, list[Piece]] = {}
    for piece in dict.fromkeys(pieces):
        if piece.path is not None:
            of_text.setdefault(None if piece.means == "input" else piece.name, []).append(piece)
    found: dict[Piece, str] = {}
    for node, some in of_text.items():
        value = _value(given if node is None else texts[node], node)
        found |= {piece: clean(text_at(value, piece.path or ())) for piece in some}
    return found


def _value(text: str, node: str | None) -> JSON:
    """The text as JSON; of an empty one the empty text. Raises: AttemptFailed."""
    read = "what comes in" if node is None else f"the output of node {quoted(node)}"
    if len(text) > JSON_BYTES or len(text.encode()) > JSON_BYTES:
        message = f"expected {read} to be JSON of at most {JSON_BYTES >> 20} MiB, came more"
        raise AttemptFailed(message, code="too_large", retry=False)
    if not text:
        return ""
    try:
        value: JSON = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        message = f"expected {read} to be JSON, came {quoted(text)}"
        raise AttemptFailed(message, code="not_json", retry=False) from None
    return value


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
