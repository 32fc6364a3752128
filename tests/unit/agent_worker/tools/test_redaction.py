"""What is secret is taken out of what came."""

from __future__ import annotations

import pytest

from services.agent_worker.tools.answers import LARGEST_OUTPUT, result_of_text
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


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ends in aaaab aaaab aaaa", "ends in aaaab aaaab [secret K]"),
        ("aaaaaaaaaa", "aaaa[secret K]"),
        ("a%2Fb%2", "[secret L]"),  # as it is percent-encoded, up to the middle of a character
        ("aaaa", "[secret K]"),
        ("aaa", "aaa"),
        ("a/b/", "[secret L]"),
    ],
)
def test_the_longest_beginning_goes_in_whichever_form_it_stands(text: str, found: str) -> None:
    assert redacted(text, {"K": "aaaaaac", "L": "a/b/c"}, cut=True) == found


def test_a_long_result_is_cut_before_it_is_redacted_for_a_name_may_be_longer_than_a_value() -> None:
    value = "s" * 1000
    result = result_of_text(value * 2000, {"K": value})
    assert result.cut
    assert result.output.startswith("[secret K]" * (LARGEST_OUTPUT // 1000))
    short = result_of_text("e" * LARGEST_OUTPUT, {"N" * 63: "e"})
    assert short.cut
    assert len(short.output) < LARGEST_OUTPUT + 100
