"""Bytes that came from outside, as text: UTF-8, with or without a byte order mark.

Source: RFC 8259, 8.1 (JSON is UTF-8; a reader may ignore a byte order mark); Unicode, 23.8.
"""

from typing import Final

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_OTHERS: Final = (  # a mark of UTF-32 begins with that of UTF-16
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)


class NotUtf8(ValueError):
    """The bytes are no UTF-8; the message says what was found, as `expected UTF-8, got ...`."""


def without_mark(raw: bytes) -> bytes:
    """The bytes without a byte order mark in front; the same object if there is none."""
    return raw.removeprefix(BYTE_ORDER_MARK)


def text_of(raw: bytes) -> str:
    """The text that the bytes are, without a byte order mark. Raises: NotUtf8."""
    try:
        return without_mark(raw).decode()
    except UnicodeDecodeError as error:
        marked = len(raw) - len(error.object)
        raise NotUtf8(f"expected UTF-8, got {_found(raw, marked + error.start)}") from None


def json_text_of(raw: bytes) -> str:
    """As `text_of`, and tells UTF-16 without a mark too: JSON begins with an ASCII character.

    Raises: NotUtf8.
    """
    if len(raw) > 1 and (not raw[0] or not raw[1]) and any(raw[:2]):
        raise NotUtf8("expected UTF-8, got UTF-16")
    return text_of(raw)


def _found(raw: bytes, place: int) -> str:
    for mark, name in _OTHERS:
        if raw.startswith(mark):
            return name
    return f"the byte 0x{raw[place]:02x} at position {place}"
