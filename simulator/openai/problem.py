"""What is wrong with a request's types, in the words of the real API."""

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from simulator.http.failure import Failure
from simulator.openai.failure import invalid

NO_JSON = (
    "We could not parse the JSON body of your request. The API expects a JSON payload, "
    "but what was sent was not valid JSON."
)
_EXPECTED = {
    "bool_type": "a boolean",
    "dict_type": "an object",
    "float_type": "a decimal",
    "int_type": "an integer",
    "int_from_float": "an integer",
    "list_type": "an array",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "string_type": "a string",
}
_BOUNDS = {
    "greater_than_equal": ("value below minimum", "integer_below_min_value", ">=", "ge"),
    "less_than_equal": ("value above maximum", "integer_above_max_value", "<=", "le"),
}
_KINDS = (
    (bool, "a boolean"),
    (int, "an integer"),
    (float, "a decimal"),
    (str, "a string"),
    (list, "an array"),
    (dict, "an object"),
)
_BRANCHES = ("str", "list[", "literal[", "constrained-", "NamedTool")


def first_problem(error: ValidationError) -> Failure:
    """The first of the problems as an error of the API."""
    problem = error.errors(include_url=False)[0]
    kind = problem["type"]
    if kind == "json_invalid":
        return invalid(NO_JSON)
    param = _place(problem["loc"])
    named = f"'{param}'" if param else "the body"
    if kind == "missing":
        return invalid(f"Missing required parameter: {named}.", param, "missing_required_parameter")
    if kind == "extra_forbidden":
        return invalid(f"Unknown parameter: {named}.", param, "unknown_parameter")
    if kind in _EXPECTED:
        expected, found = _EXPECTED[kind], _kind(problem["input"])
        message = f"Invalid type for {named}: expected {expected}, but got {found} instead."
        return invalid(message, param, "invalid_type")
    if kind == "literal_error":
        values = problem.get("ctx", {}).get("expected", "")
        found = _written(problem)
        message = f"Invalid value: {found}. Supported values are: {values}."
        return invalid(message, param, "invalid_value")
    if kind in _BOUNDS:
        word, code, sign, name = _BOUNDS[kind]
        bound = f"Expected a value {sign} {problem.get('ctx', {}).get(name)}"
        message = f"Invalid {named}: {word}. {bound}, but got {problem['input']} instead."
        return invalid(message, param, code)
    return invalid(f"Invalid {named}: {problem['msg']}, got {_written(problem)}.", param, kind)


def _place(path: tuple[int | str, ...]) -> str:
    """`messages[0].content`, without the branches of unions."""
    place = ""
    for part in path:
        if isinstance(part, int):
            place += f"[{part}]"
        elif not part.startswith(_BRANCHES):
            place += f".{part}" if place else part
    return place


def _kind(value: object) -> str:
    return next((name for kind, name in _KINDS if isinstance(value, kind)), "null")


def _written(problem: ErrorDetails) -> str:
    value = problem["input"]
    return f"'{value[:80]}'" if isinstance(value, str) else _kind(value)
