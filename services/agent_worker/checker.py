"""A process that checks answers against JSON Schemas: a program of its own, so that none does harm.

Patterns of a schema backtrack without end, and a schema that refers to itself may, too. So answers
are checked here, under a limit of memory and time, and killed at will. Reads questions from
standard input until that ends, writes one line of JSON for each:

    question   two sizes (4 bytes each, big end first), then that many bytes of JSON
               `{"schema", "seconds"}` and of text
    answer     {"text"}, the JSON alone, if it fits; {"complaints": [words, ...]} if not;
               {"fault"} if the schema cannot be followed

Started as `python -I -S checker.py PATH`, the folder that holds `jsonschema` and what it needs;
imports nothing of ours. The same question has the same answer, word for word.
"""

import json
import math
import re
import resource
import signal
import struct
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any, BinaryIO, TypeAlias

SIZES = struct.Struct(">II")
MEMORY_BYTES = 1 << 30
JSON_BYTES = 8 << 20
MOST_COMPLAINTS = 10
MOST_LOOKED_AT = 1_000
LONGEST_VALUE = 100
LONGEST_PLACE = 500
_FENCE = re.compile(
    rb"```[ \t]*(?:json)?[ \t]*\r?\n(.*?)\r?\n?[ \t]*```", re.DOTALL | re.IGNORECASE
)

Answer: TypeAlias = Mapping[str, str | Sequence[str]]


class NoJson(Exception):
    """The text is no JSON, or more than is read."""


def main() -> None:
    """Answer until there are no more questions."""
    with suppress(ValueError, OSError):  # not every system limits it
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    sys.path.append(sys.argv[1])
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    while question := _question(stdin):
        about, text = question
        signal.setitimer(signal.ITIMER_REAL, about["seconds"])  # nobody may be left to kill us
        answer = checked(about["schema"], text)
        signal.setitimer(signal.ITIMER_REAL, 0)
        stdout.write(json.dumps(answer).encode() + b"\n")
        stdout.flush()


def checked(schema: Any, text: bytes) -> Answer:
    """What is said of the text: whether it is JSON, in one fence at most, that fits the schema."""
    from jsonschema import Draft202012Validator  # found only by the path given
    from referencing import Registry  # an empty one: the default would fetch what is referred to

    text = text.strip()
    if fenced := _FENCE.fullmatch(text):
        text = fenced[1].strip()
    try:
        value = _parsed(text)
        found = Draft202012Validator(schema, registry=Registry()).iter_errors(value)
        errors = list(islice(found, MOST_LOOKED_AT))
    except MemoryError:
        signal.raise_signal(signal.SIGKILL)
    except NoJson as error:
        return {"complaints": [str(error)]}
    except RecursionError:
        return {"fault": "expected a schema and an answer that nest less deeply"}
    except Exception as error:
        return {"fault": _short(f"{type(error).__name__}: {error}")}
    if not errors:
        return {"text": text.decode()}
    complaints = sorted({line for error in errors for line in _complaints(error)})
    return {"complaints": complaints[:MOST_COMPLAINTS]}


def _parsed(text: bytes) -> object:
    """The text as JSON. Raises: NoJson."""
    if len(text) > JSON_BYTES:
        raise NoJson(f"expected JSON of at most {JSON_BYTES >> 20} MiB, got {len(text):,} bytes")
    try:
        return json.loads(text, parse_constant=_no_number, parse_float=_float)
    except RecursionError:
        raise NoJson("expected JSON that nests less deeply, got more levels") from None
    except ValueError as error:
        where = f" at character {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
        begins = _short(text[: 4 * LONGEST_VALUE].decode(errors="replace"))
        raise NoJson(f"expected JSON and nothing else, got {begins or 'nothing'}{where}") from None


def _float(digits: str) -> float:
    number = float(digits)
    return number if math.isfinite(number) else _no_number(digits)


def _no_number(digits: str) -> float:
    raise ValueError(f"{digits} is no number of JSON")


def _complaints(error: Any) -> list[str]:
    where = _place(error.path)
    word, wanted, found = error.validator, error.validator_value, error.instance
    got = f"at {where}, got {_shown(found)}"
    match word:
        case "type":
            types = wanted if isinstance(wanted, list) else [wanted]
            return [f"expected {' or '.join(map(str, types))} {got}"]
        case "required":
            base = where.rstrip("/")
            return [
                f"expected a value at {_short(f'{base}/{name}', LONGEST_PLACE)}, got none"
                for name in wanted
                if name not in found
            ]
        case "enum":
            return [f"expected one of {_shown(wanted)} {got}"]
        case "const":
            return [f"expected {_shown(wanted)} {got}"]
        case "anyOf" | "oneOf":
            many = "one" if word == "anyOf" else "exactly one"
            return [f"expected what fits {many} of {len(wanted)} schemas {got}"]
        case None:
            return [f"expected no value {got}"]
    return [f"expected {word} {_shown(wanted)} {got}"]


def _place(path: Sequence[str | int]) -> str:
    """Where it is, as a JSON Pointer of bounded length: keys of an answer are anything."""
    parts = (str(key).replace("~", "~0").replace("/", "~1") for key in path)
    return _short("/" + "/".join(parts), LONGEST_PLACE)


def _shown(value: object) -> str:
    return _short(json.dumps(value, ensure_ascii=False, default=str))


def _short(text: str, most: int = LONGEST_VALUE) -> str:
    text = " ".join(text.replace("\0", "\ufffd").encode(errors="replace").decode().split())
    return text if len(text) <= most else text[:most] + "…"


def _question(stdin: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    sizes = stdin.read(SIZES.size)
    if len(sizes) < SIZES.size:
        return None
    about_bytes, text_bytes = SIZES.unpack(sizes)
    about, text = stdin.read(about_bytes), stdin.read(text_bytes)
    return (json.loads(about), text) if len(text) == text_bytes else None


if __name__ == "__main__":
    main()
