"""Several texts as one, and what that weighs."""

import pytest

from shared.run.texts import join, joined_bytes


@pytest.mark.parametrize(
    ("texts", "joined"),
    [
        ([], ""),
        (["one"], "one"),
        (["one", "", "drei \N{OTTER}"], "one\n\n\n\ndrei \N{OTTER}"),
        (["b", "a"], "b\n\na"),
    ],
)
def test_texts_are_joined_by_a_blank_line_and_weighed_as_joined(
    texts: list[str], joined: str
) -> None:
    assert join(texts) == joined
    assert joined_bytes([len(text.encode()) for text in texts]) == len(joined.encode())
