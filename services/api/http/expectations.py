"""What was expected where a value does not fit a model, in our words rather than the library's.

Source: pydantic, "Validation errors", for the types of errors and what their context holds.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic_core import ErrorDetails

_WORDS: Mapping[str, str] = {
    "missing": "a value",
    "extra_forbidden": "no such field",
    "string_type": "a text",
    "string_too_short": "a text of at least {min_length} characters",
    "string_too_long": "a text of at most {max_length} characters",
    "string_pattern_mismatch": "a text like {pattern}",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing_size": "a smaller number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "list_type": "a list",
    "too_long": "at most {max_length} entries",
    "too_short": "at least {min_length} entries",
    "literal_error": "{expected}",
    "enum": "{expected}",
    "greater_than": "a number above {gt:g}",
    "greater_than_equal": "a number of at least {ge:g}",
    "less_than": "a number below {lt:g}",
    "less_than_equal": "a number of at most {le:g}",
    "uuid_type": "a UUID",
    "uuid_parsing": "a UUID",
    "none_required": "null",
    "string_unicode": "valid Unicode",
    "recursion_loop": "a value that does not hold itself",
    "invalid_key": "texts as keys",
}

_PATTERNS: dict[str, str] = {}


def spelled(pattern: str, words: str) -> str:
    """The pattern, which is told to people by these words, as in `expected {words}`."""
    _PATTERNS[pattern] = words
    return pattern


def expected(detail: ErrorDetails) -> str:
    """What the model has where `detail` says that something does not fit."""
    kind, context = detail["type"], detail.get("ctx", {})
    if kind in ("value_error", "assertion_error"):
        return str(context["error"]).removeprefix("expected ")
    if kind == "string_pattern_mismatch" and context["pattern"] in _PATTERNS:
        return _PATTERNS[context["pattern"]]
    if (words := _WORDS.get(kind)) is not None:
        return words.format(**context).replace("'", "")
    return detail["msg"].removeprefix("Input should be ").lower()
