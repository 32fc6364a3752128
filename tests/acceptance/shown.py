"""What a page shows of an output, compared with what really came.

...       anything in its line; alone in a line, any lines; in JSON, a value or further members
a UUID    some UUID, the same one wherever the page has the same
a time    some time as ISO 8601 has it
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tests.acceptance.pages import Shown

UUID = r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)"
VARYING = re.compile(
    rf"(?P<lines>^\.\.\.$)|(?P<rest>\.\.\.)|(?P<id>{UUID})|(?P<time>{TIME})", re.MULTILINE
)
JSON_PART = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]|\.\.\.')
ANYTHING = "..."
UNLIKE: Mapping[str, str] = {"lines": r"(?s:.*)", "rest": ".*", "time": TIME}


@dataclass(slots=True)
class Comparison:
    """Compares the outputs of one page, whose ids stand for real ones throughout."""

    ids: dict[str, str] = field(default_factory=dict)

    def difference(self, shown: Shown, came: str) -> str | None:
        """The first thing that the page says otherwise, in words; None if there is none."""
        if shown.language != "json":
            return self._of_texts("", shown.text.strip(), came.replace("\r", "").strip())
        try:
            answer = json.loads(came)
        except ValueError:
            return f"expected JSON, got {came!r}"
        return next(self._of_values("$", json.loads(_complete_json(shown.text)), answer), None)

    def _of_values(self, place: str, shown: object, came: object) -> Iterator[str]:
        if shown == ANYTHING:
            return
        if isinstance(shown, dict) and isinstance(came, dict):
            yield from self._of_objects(place, shown, came)
        elif isinstance(shown, list) and isinstance(came, list):
            is_open = shown[-1:] == [ANYTHING]
            listed = shown[:-1] if is_open else shown
            if len(came) < len(listed) or (len(came) > len(listed) and not is_open):
                yield f"{place}: expected {len(listed)} elements, got {len(came)}: {came}"
            for number, (one, other) in enumerate(zip(listed, came, strict=False)):
                yield from self._of_values(f"{place}[{number}]", one, other)
        elif isinstance(shown, str) and isinstance(came, str):
            told = self._of_texts(f"{place}: ", shown, came)
            yield from () if told is None else (told,)
        elif shown != came or type(shown) is not type(came):
            yield f"{place}: expected {shown!r}, got {came!r}"

    def _of_objects(
        self, place: str, shown: Mapping[str, object], came: Mapping[str, object]
    ) -> Iterator[str]:
        names = shown.keys() - {ANYTHING}
        if missing := sorted(names - came.keys()):
            yield f"{place}: expected {missing}, got {sorted(came)}"
        if (more := sorted(came.keys() - names)) and ANYTHING not in shown:
            yield f"{place}: the page does not show {more}"
        for name in sorted(names & came.keys()):
            yield from self._of_values(f"{place}.{name}", shown[name], came[name])

    def _of_texts(self, place: str, shown: str, came: str) -> str | None:
        new: dict[str, str] = {}
        found = re.fullmatch(self._pattern(shown, new), came)
        if found is None:
            return f"{place}expected\n{shown}\ngot\n{came}"
        self.ids |= {each: found[group] for each, group in new.items()}
        return None

    def _pattern(self, shown: str, new: dict[str, str]) -> str:
        """What matches the text shown; `new` gets the group of each id that is new."""
        parts, end = [], 0
        for varying in VARYING.finditer(shown):
            parts.append(re.escape(shown[end : varying.start()]))
            kind = str(varying.lastgroup)
            parts.append(UNLIKE.get(kind) or self._id_pattern(varying.group(), new))
            end = varying.end()
        return "".join([*parts, re.escape(shown[end:])])

    def _id_pattern(self, name: str, new: dict[str, str]) -> str:
        if name in self.ids:
            return re.escape(self.ids[name])
        if name in new:
            return f"(?P={new[name]})"
        new[name] = f"id{len(new)}"
        return f"(?P<{new[name]}>{UUID})"


def _complete_json(text: str) -> str:
    """JSON in which something was left out, as JSON: `...` is a member or an element."""
    open_brackets: list[str] = []

    def written(part: re.Match[str]) -> str:
        match part.group():
            case "{" | "[":
                open_brackets.append(part.group())
            case "}" | "]":
                open_brackets.pop()
            case "...":
                return '"...": "..."' if open_brackets[-1:] == ["{"] else '"..."'
        return part.group()

    return JSON_PART.sub(written, text)
