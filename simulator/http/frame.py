"""Events as the bytes of a stream."""

import json
from collections.abc import Mapping

PING = b'event: ping\ndata: {"type": "ping"}\n\n'


def frame(event: Mapping[str, object]) -> bytes:
    """One event on the wire, named by its type."""
    return b"event: %b\ndata: %b\n\n" % (str(event["type"]).encode(), encoded(event))


def encoded(value: object) -> bytes:
    """The value as compact JSON."""
    try:
        return _COMPACT.encode(value).encode()
    except UnicodeEncodeError:
        return _escaped(value).encode()


def _escaped(value: object) -> str:
    """In ASCII: a lone surrogate is one that only an escape can carry."""
    return json.dumps(value, separators=(",", ":"))


_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False)
