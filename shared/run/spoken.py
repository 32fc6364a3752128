"""The answer text in a model turn's content, as turns of version 1 have it.

Those kept the content blocks of the one provider there was, and no text of its own.
"""

import json

from shared.errors import Corrupt


def spoken_in(content: str) -> str:
    """All text blocks of the content, concatenated. Raises: Corrupt."""
    try:
        blocks = json.loads(content)
    except ValueError as error:
        raise Corrupt(f"expected the JSON of a model turn, found {content[:80]!r}") from error
    if not isinstance(blocks, list):
        raise Corrupt(f"expected the blocks of a model turn, found {content[:80]!r}")
    texts = (b.get("text") for b in blocks if isinstance(b, dict) and b.get("type") == "text")
    return "".join(text for text in texts if isinstance(text, str))
