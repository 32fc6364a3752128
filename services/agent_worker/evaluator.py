"""A process that evaluates expressions: a program of its own, so that none can harm the worker.

The engine holds the interpreter until it is done, takes what memory it likes, and may crash on
what it is given. So it is used here, under a limit of memory and time, and killed at will.
Reads questions from standard input until that ends, writes one line of JSON for each:

    question   two sizes (4 bytes each, big end first), then that many bytes of JSON
               `{"branches": [[handle, expression, whether it reads json, whether nodes], ...],
               "nodes": {id: [text, whether its JSON is read]}, "variables", "seconds"}` and of text
    answer     {"handle"} of the first branch that holds, or {"handle", "fault", "detail"}

Started as `python -I -S evaluator.py PATH`, the path that of CEL's engine; imports nothing of ours.
One that gets no more memory ends: the next question finds a process that has all of its own.
"""

import json
import re
import resource
import signal
import struct
import sys
from collections.abc import Callable, Mapping, Sequence
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
_WHOLE = range(-(1 << 63), 1 << 63)  # what an int of CEL holds; others become floats
_LONGEST_WHOLE = 20  # digits and sign of those
_MAYBE_UNFIT = re.compile(rb"\\u(?:[dD][89a-fA-F]|0000)")
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
_MISSING = re.compile(r'.*: Key not found in map : "(.*)"', re.DOTALL)
_STATUS = re.compile(r"[A-Z_]+: ")

Answer = Mapping[str, str]


Branch = tuple[str, str, bool, bool]


class About(TypedDict):
    """What is asked about a text."""

    branches: Sequence[Branch]
    nodes: Mapping[str, tuple[str, bool]]
    variables: Mapping[str, str]
    seconds: float


class TooLarge(Exception):
    """The question asks for more than is given."""


def main() -> None:
    """Answer until there are no more questions."""
    with suppress(ValueError, OSError):  # not every system limits it
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    engine = _engine(sys.argv[1])  # an environment does not keep it alive
    environment = environment_of(engine)
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    while question := _question(stdin):
        about, text = question
        signal.setitimer(signal.ITIMER_REAL, about["seconds"])  # nobody may be left to kill us
        answer = first_that_holds(environment, about, text)
        signal.setitimer(signal.ITIMER_REAL, 0)
        del question, text
        stdout.write(json.dumps(answer).encode() + b"\n")
        stdout.flush()


def environment_of(engine: ModuleType) -> Any:
    """The engine, told the names there are; shared/flow/expression.py declares the same."""
    kinds = engine.Type
    variables = {
        "output": kinds.STRING,
        "json": kinds.DYN,
        "nodes": kinds.Map(kinds.STRING, kinds.Map(kinds.STRING, kinds.DYN)),
        "variables": kinds.Map(kinds.STRING, kinds.STRING),
    }
    return engine.NewEnv(variables=variables)


def first_that_holds(environment: Any, about: About, text: bytes) -> Answer:
    """The first branch whose expression is true, `else` without one, or the fault of one."""
    branches = about["branches"]
    handle, told = branches[0][0], set[str]()
    readers: Mapping[str, Callable[[], object]] = {
        "json": lambda: parsed(text),
        "nodes": lambda: _nodes(about["nodes"]),
    }
    data: dict[str, object] = {"output": text.decode(), "json": None, "nodes": {}}
    data["variables"] = about["variables"]
    if b"\0" in text:  # which the engine would cut there
        return _fault(handle, "failed", "the text holds NUL, U+0000")
    try:
        names = environment.Activation(data)
        for handle, expression, *reads in branches:
            read = [name for name, is_read in zip(readers, reads, strict=True) if is_read]
            if untold := [name for name in read if name not in told]:
                data |= {name: readers[name]() for name in untold}
                names = environment.Activation(data)
                told.update(untold)
            answer = _answer(handle, environment.compile(expression).eval(names))
            if answer:
                return answer
    except MemoryError:
        signal.raise_signal(signal.SIGKILL)
    except TooLarge as error:
        return _fault(handle, "too_large", str(error))
    except Exception as error:
        return _failed(handle, str(error))
    return {"handle": "else"}


def _nodes(texts: Mapping[str, tuple[str, bool]]) -> dict[str, dict[str, object]]:
    """The outputs of nodes, as JSON where that is read. Raises: TooLarge, ValueError."""
    if any("\0" in text for text, _ in texts.values()):
        raise ValueError("the output of a node holds NUL, U+0000")
    return {
        node: {"output": text, "json": parsed(text.encode()) if is_read else None}
        for node, (text, is_read) in texts.items()
    }


def _answer(handle: str, result: Any) -> Answer | None:
    """What follows from a branch's value; None from false."""
    kind = result.type().name()
    if kind == "BOOL":
        return {"handle": handle} if result.value() else None
    if kind == "ERROR":
        return _failed(handle, str(result.value()))
    return _fault(handle, "not_boolean", kind)


def _failed(handle: str, message: str) -> Answer:
    if "Iteration budget exceeded" in message:
        words = "expected macros to look at 10,000 things at most, came more"
        return _fault(handle, "too_large", words)
    if missing := _MISSING.match(message):
        words = f"there is no {missing[1]!r}; has() tells whether there is one"
        return _fault(handle, "failed", words)
    if "SELECT to non-message" in message:
        return _fault(handle, "failed", "a field is asked of what has none, as null or a text")
    return _fault(handle, "failed", _STATUS.sub("", message, count=1))


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
    if _MAYBE_UNFIT.search(text):
        _refuse_unfit(value)
    return value


def _refuse_unfit(value: object) -> None:
    """Raises: ValueError for a text that the engine would cut or cannot hold."""
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("json holds a text that is no Unicode: a lone surrogate") from None
    if _NUL.search(text):
        raise ValueError("json holds a text with NUL, U+0000")


def _whole(digits: str) -> int | float:
    if len(digits) <= _LONGEST_WHOLE and int(digits) in _WHOLE:
        return int(digits)
    return float(digits)


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
