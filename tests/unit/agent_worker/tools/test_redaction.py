"""What is secret is taken out of what came."""

from __future__ import annotations

import pytest

from services.agent_worker.tools.redaction import redacted


@pytest.mark.parametrize(
    ("text", "secrets", "found"),
    [
        ("a key b", {"K": "key"}, "a [secret K] b"),
        ("key keys", {"K": "key", "L": "keys"}, "[secret K] [secret L]"),
        ("secret", {"K": "secret", "L": "K"}, "[secret K]"),
        ("a+b a%2Bb", {"K": "a+b"}, "[secret K] [secret K]"),
        ("x", {"K": ""}, "x"),
        ("x", {}, "x"),
    ],
)
def test_each_value_is_replaced_by_its_name(text: str, secrets: dict[str, str], found: str) -> None:
    assert redacted(text, secrets) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ends in password-1", "ends in [secret K]"),
        ("ends in passw", "ends in [secret K]"),
        ("ends in pas", "ends in pas"),  # too little to tell anything
        ("password-1 and on", "[secret K] and on"),
    ],
)
def test_of_a_text_that_is_cut_the_beginning_of_a_value_goes_too(text: str, found: str) -> None:
    assert redacted(text, {"K": "password-1"}, cut=True) == found
