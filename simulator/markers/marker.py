"""Markers: `[[sim: option option=value ...]]`, found in a prompt and read into a script.

    marker = "[[sim:" option* "]]"
    option = name | name "=" value
    value  = word | '"' JSON string '"' | "'" raw text "'"

Several markers may stand in one prompt. What an earlier one says wins, so a list of failures with
`times` is gone through in order before the markers without `times` speak.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from simulator.markers.option import OPTIONS, Group, Option, Value
from simulator.markers.script import Script

OPENING = "[[sim:"
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<close>\]\])
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
        (?P<given>=(?:"(?P<json>(?:[^"\\]|\\.)*)"|'(?P<raw>[^']*)'|(?P<word>[^\s"'\]]+)))?
        (?=\s|\]\])
    )""",
    re.VERBOSE | re.DOTALL,
)


class MarkerError(ValueError):
    """A marker that cannot be read; the message says what was expected."""


@dataclass(frozen=True, slots=True)
class Marker:
    """One marker: what it asks for, for how many calls (None: all), counted by which key.

    `turn`: in force in this turn of the conversation only, the first being 1.
    """

    values: Mapping[str, Value]
    times: int | None = None
    key: str | None = None
    turn: int | None = None

    def has(self, group: Group) -> bool:
        return any(OPTIONS[name].group == group for name in self.values)


@dataclass(frozen=True, slots=True)
class Marked:
    """A text taken apart: what is left without its markers, and the markers in order."""

    text: str
    markers: tuple[Marker, ...]


def taken_apart(text: str) -> Marked:
    """`text` without its markers (unchanged if there are none), and the markers.

    Raises: MarkerError.
    """
    if OPENING not in text:
        return Marked(text, ())
    rest: list[str] = []
    markers: list[Marker] = []
    position = 0
    while (start := text.find(OPENING, position)) >= 0:
        rest.append(text[position:start])
        values, position = _options(text, start)
        markers.append(_marker(values))
    rest.append(text[position:])
    return Marked("".join(rest).strip(), tuple(markers))


def script_of(markers: Iterable[Marker]) -> Script:
    """What the markers in force ask for together; of each option the first one wins."""
    markers = tuple(markers)
    exclusive: dict[Group, Marker | None] = {
        "source": next((m for m in markers if m.has("source")), None),
        "failure": (failing := next((m for m in markers if m.has("failure")), None)),
        "detail": failing,
    }
    values: dict[str, Value] = {}
    for marker in markers:
        for name, value in marker.values.items():
            owner = exclusive.get(OPTIONS[name].group, marker)
            if owner is marker:
                values.setdefault(name, value)
    return Script.model_validate(values)


def _options(text: str, start: int) -> tuple[dict[str, Value], int]:
    values: dict[str, Value] = {}
    position = start + len(OPENING)
    while True:
        token = _TOKEN.match(text, position)
        if token is None:
            raise MarkerError(_unreadable(text, start, position))
        position = token.end()
        if token["close"]:
            return values, position
        option = _option(token["name"])
        if option.name in values:
            raise MarkerError(f"{option.name} stands twice in one marker: write it once.")
        values[option.name] = _value(option, token)


def _option(name: str) -> Option:
    if name in OPTIONS:
        return OPTIONS[name]
    close = get_close_matches(name, OPTIONS, n=1)
    hint = f"did you mean {close[0]}?" if close else f"expected one of {', '.join(OPTIONS)}."
    raise MarkerError(f"{name} is not an option of a marker: {hint}")


def _value(option: Option, token: "re.Match[str]") -> Value:
    expected = f"{option.name} expects {option.shape.expected}"
    if not token["given"]:
        if option.bare is None:
            raise MarkerError(f"{expected}: write {option.name}=..., found no value.")
        return option.bare
    found = token["given"][1:]
    try:
        if token["json"] is not None:
            return option.shape.read(json.loads(found, strict=False))
        return option.shape.read(found[1:-1] if token["raw"] is not None else found)
    except (ValueError, KeyError):
        raise MarkerError(f"{expected}, found {found[:80]}.") from None


def _marker(values: dict[str, Value]) -> Marker:
    for group in ("source", "failure"):
        names = [name for name in values if OPTIONS[name].group == group]
        if len(names) > 1:
            listed = " and ".join(names)
            raise MarkerError(f"{listed} exclude each other: keep one, or use two markers.")
    marker = Marker(values)
    if marker.has("detail") and not marker.has("failure"):
        detail = next(name for name in values if OPTIONS[name].group == "detail")
        failures = ", ".join(name for name, o in OPTIONS.items() if o.group == "failure")
        raise MarkerError(f"{detail} belongs to a failure in the same marker: {failures}.")
    times, key = values.pop("times", None), values.pop("key", None)
    if key is not None and times is None:
        raise MarkerError("key says what times=N counts by: write both, or neither.")
    turn = values.pop("turn", None)
    if turn is not None and "tool" in values:
        values.setdefault(
            "again", True
        )  # the turn is named: results of earlier ones change nothing
    return Marker(
        values,
        times=int(times) if times is not None else None,
        key=None if key is None else str(key),
        turn=None if turn is None else int(turn),
    )


def _unreadable(text: str, start: int, position: int) -> str:
    if "]]" not in text[start:]:
        return f"{text[start : start + 80]} has no end: close the marker with ]]."
    return (
        f"expected name, name=value or ]] at {text[position : position + 40].strip()!r}: "
        'a value with spaces, quotes or brackets stands in "quotes".'
    )
