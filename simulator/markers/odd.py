"""Streams that are not what an API's types say, as they have been seen in the wild: `odd=NAME`."""

from collections.abc import Mapping

ODD: Mapping[str, str] = {
    "no_usage": "no usage anywhere",
    "huge_count": "counts of 2^63",
    "negative_count": "counts below 0",
    "text_count": "a text as a count",
    "null_text": "a text delta without text",
    "null_delta": "a delta that is null",
    "null_index": "an index that is null",
    "list_index": "an index that is a list",
    "number": "a data line `5`",
    "deep": "JSON of 100,000 levels",
    "nan": "NaN, which is no JSON",
    "twice": "one index for two blocks, `first ` and `second`",
    "unstarted": "text in blocks never begun, or begun as another kind: `one two`",
    "cut_input": "the text `kept`, then max_tokens in the middle of a tool's input",
    "halves": "a character whose halves come in two deltas, between a and b",
    "lone_halves": "halves of characters without the other one, behind a, b and c",
    "error": "an error event with a list as its type and half a character in its message",
    "late_error": "an error event behind message_stop",
}
"""What is odd about each; every dialect shapes its own."""
