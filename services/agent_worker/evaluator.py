"""A process that evaluates expressions: a program of its own, so that none can harm the worker.

The engine holds the interpreter until it is done, takes what memory it likes, and may crash on
what it is given. So it is used here, under a limit of memory and time, and killed at will.
Reads questions from standard input until that ends, writes one line of JSON for each:

    question   two sizes (4 bytes each, big end first), then that many bytes of JSON
               `{"branches": [[handle, expression], ...], "variables", "seconds"}` and of text
    answer     {"handle"} of the first branch that holds, or {"handle", "fault", "detail"}

Started as `python -I -S evaluator.py PATH`, the path that of CEL's engine; imports nothing of ours.
"""

import json
import resource
import signal
import struct
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType
from typing import Any, BinaryIO, TypedDict

SIZES = struct.Struct(">II")
MEMORY_BYTES = 1 << 30
JSON_BYTES = 8 << 20
DEEPEST_JSON = 200
LONGEST_DETAIL = 500
_LONGEST_WHOLE = 20  # digits and sign of a 64-bit integer; longer ones become floats

Answer = Mapping[str, str]


class About(TypedDict):
    """What is asked about a text."""

    branches: Sequence[tuple[str, str]]
    variables: Mapping[str, str]
    seconds: float


class TooLarge(Exception):
    """The question asks for more than is given."""


def main() -> None:
    """Answer until there are no more questions."""
    with suppress(ValueError, OSError):  # not every system limits it
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    engine = _engine(sys.argv[1])
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    while question := _question(stdin):
        about, text = question
        signal.setitimer(signal.ITIMER_REAL, about["seconds"])  # nobody may be left to kill us
        answer = first_that_holds(engine, about["branches"], text, about["variables"])
        signal.setitimer(signal.ITIMER_REAL, 0)
        del question, text
        stdout.write(json.dumps(answer).encode() + b"\n")
        stdout.flush()


def first_that_holds(
    engine: ModuleType,
    branches: Sequence[tuple[str, str]],
    text: bytes,
    variables: Mapping[str, str],
) -> Answer:
    """The first branch whose expression is true, `else` without one, or the fault of one."""
    handle, reads_json = branches[0][0], False
    try:
        context = engine.Context({"output": text.decode(), "variables": variables})
        for handle, expression in branches:
            program = engine.compile(expression)
            if not reads_json and "json" in program.variables():
                _add_json(context, text)
                reads_json = True
            held = program.execute(context)
            if not isinstance(held, bool):
                return _fault(handle, "not_boolean", type(held).__name__)
            if held:
                return {"handle": handle}
    except (TooLarge, MemoryError) as error:
        return _fault(handle, "too_large", str(error) or "it needs more memory than it may have")
    except KeyError as error:
        return _fault(handle, "failed", f"there is no {error}; has() tells whether there is one")
    except Exception as error:
        return _fault(handle, "failed", str(error))
    return {"handle": "else"}


def _add_json(context: Any, text: bytes) -> None:
    value = parsed(text)
    try:
        context.add_variable("json", value)
    except ValueError:
        raise ValueError("json holds a text that is no Unicode: a lone surrogate") from None


def parsed(text: bytes) -> object:
    """The text as JSON; None if it is none. Raises: TooLarge."""
    if len(text) > JSON_BYTES:
        raise TooLarge(f"expected a text of at most {JSON_BYTES >> 20} MiB to read as JSON")
    try:
        value = json.loads(text, parse_constant=_refused, parse_int=_whole)
    except RecursionError:
        raise _too_deep() from None
    except ValueError:
        return None
    if _is_deep(value):
        raise _too_deep()
    return value


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= _LONGEST_WHOLE else float(digits)


def _refused(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _is_deep(value: object) -> bool:
    level: list[Any] = [value]
    for _ in range(DEEPEST_JSON + 1):
        level = [each for each in level if isinstance(each, dict | list)]
        if not level:
            return False
        level = [m for each in level for m in (each.values() if isinstance(each, dict) else each)]
    return True


def _too_deep() -> TooLarge:
    return TooLarge(f"expected JSON of at most {DEEPEST_JSON} levels")


def _fault(handle: str, fault: str, detail: str) -> Answer:
    detail = " ".join(detail.split())
    return {"handle": handle, "fault": fault, "detail": detail[:LONGEST_DETAIL]}


def _question(stdin: BinaryIO) -> tuple[About, bytes] | None:
    sizes = stdin.read(SIZES.size)
    if len(sizes) < SIZES.size:
        return None
    about_bytes, text_bytes = SIZES.unpack(sizes)
    about, text = stdin.read(about_bytes), stdin.read(text_bytes)
    return (json.loads(about), text) if len(text) == text_bytes else None


def _engine(path: str) -> ModuleType:
    spec = spec_from_file_location("cel", path, loader=ExtensionFileLoader("cel", path))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
