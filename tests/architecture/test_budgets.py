"""The sizes the house style allows, and the few places that may exceed them, with the reason."""

from tests.architecture.source import (
    functions,
    length,
    nesting,
    parameters,
    python_files,
    relative,
)

FUNCTION_LINES, FUNCTION_LINES_HARD = 40, 60
FILE_LINES, FILE_LINES_HARD = 300, 400
PARAMETERS = 5
NESTING = 3
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "base", "manager"}

# "path name" of a function, or the path of a file: why it is better long.
ALLOWED_LONG: dict[str, str] = {
    "shared/run/facts.py": "every fact there is, one after the other: a table, read as one",
    "shared/runtime/settings.py": "every setting there is, one after the other: a table",
    "shared/log/subjects.py": "the grammar of subjects, which nobody else spells: read as one",
    "services/api/server/uvicorn_internals.py": "all that is known of uvicorn, in one place",
    "tests/integration/simulator/test_stream.py "
    "test_the_bytes_of_a_stream_are_those_of_the_protocol": "one whole stream, byte for byte",
}
# "path name": why it has more parameters.
ALLOWED_PARAMETERS: dict[str, str] = {
    "cli/fork_commands.py fork": "the options of a command, one parameter each",
    "shared/log/provision.py provision": "what a log is made of, one parameter each",
    "shared/log/memory/log.py __init__": "the same, of a log in memory",
}


def test_no_function_is_longer_than_its_budget() -> None:
    over = [
        f"{each.place}: {length(each.node)} lines"
        for each in functions()
        if length(each.node) > FUNCTION_LINES_HARD
        or (length(each.node) > FUNCTION_LINES and f"{each.path} {each.name}" not in ALLOWED_LONG)
    ]
    assert not over, report(over)


def test_no_file_is_longer_than_its_budget() -> None:
    lines = {relative(path): path.read_text().count("\n") for path in python_files()}
    over = [
        f"{path}: {count} lines"
        for path, count in lines.items()
        if count > FILE_LINES_HARD or (count > FILE_LINES and path not in ALLOWED_LONG)
    ]
    assert not over, report(over)


def test_no_function_takes_more_parameters_than_its_budget() -> None:
    over = [
        f"{each.place}: {parameters(each.node)} parameters"
        for each in functions()
        if parameters(each.node) > PARAMETERS
        and f"{each.path} {each.name}" not in ALLOWED_PARAMETERS
    ]
    assert not over, report(over)


def test_no_function_nests_deeper_than_its_budget() -> None:
    over = [
        f"{each.place}: {nesting(each.node)} levels"
        for each in functions()
        if nesting(each.node) > NESTING
    ]
    assert not over, report(over)


def test_modules_are_named_for_words_of_the_glossary() -> None:
    named = [
        relative(path) for path in python_files() if FORBIDDEN_NAMES & {path.stem, path.parent.name}
    ]
    assert not named, report(named)


def test_every_allowance_is_still_needed() -> None:
    known = {f"{each.path} {each.name}" for each in functions()}
    known |= {relative(path) for path in python_files()}
    gone = sorted((ALLOWED_LONG.keys() | ALLOWED_PARAMETERS.keys()) - known)
    assert not gone, report(gone)


def report(lines: list[str]) -> str:
    return "\n  ".join(["", *lines])
