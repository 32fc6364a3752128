"""What is sealed opens for its own name alone, by any secret key in force."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.credentials.names import CredentialName
from shared.credentials.published import Published
from shared.credentials.sealer import NotOpened, Sealer, id_of
from shared.errors import Corrupt

OLD, NEW = b"o" * 32, b"n" * 32
NAME = CredentialName("acme", "provider", "anthropic")
OTHERS = (
    CredentialName("emca", "provider", "anthropic"),
    CredentialName("acme", "secret", "anthropic"),
    CredentialName("acme", "provider", "another"),
)


@given(st.text())
def test_a_value_opens_as_it_was_sealed(value: str) -> None:
    sealer = Sealer(NEW)
    assert sealer.open(NAME, sealer.seal(NAME, value)) == value


@pytest.mark.parametrize("other", OTHERS)
def test_a_value_that_is_moved_elsewhere_does_not_open(other: CredentialName) -> None:
    sealer = Sealer(NEW)
    with pytest.raises(NotOpened, match="was not sealed for this name"):
        sealer.open(other, sealer.seal(NAME, "value"))


def test_a_value_is_sealed_under_the_newest_key_and_opens_under_any() -> None:
    before, both, after = Sealer(OLD), Sealer(NEW, OLD), Sealer(NEW)
    assert both.open(NAME, before.seal(NAME, "value")) == "value"
    assert after.open(NAME, both.seal(NAME, "value")) == "value"
    assert both.ids == (id_of(NEW), id_of(OLD))


def test_a_value_under_a_key_that_is_not_there_says_which() -> None:
    with pytest.raises(NotOpened, match=f"under the secret key {id_of(OLD)}"):
        Sealer(NEW).open(NAME, Sealer(OLD).seal(NAME, "value"))
    with pytest.raises(NotOpened):
        Sealer().open(NAME, Sealer(OLD).seal(NAME, "value"))


def test_the_same_value_is_never_sealed_twice_alike() -> None:
    sealer = Sealer(NEW)
    sealed = {sealer.seal(NAME, "value") for _ in range(100)}
    assert len(sealed) == 100
    assert not any("value" in each for each in sealed)


def test_a_value_that_was_changed_does_not_open() -> None:
    sealer = Sealer(NEW)
    sealed = sealer.seal(NAME, "value")
    start = sealed.rindex(".") + 1
    for at in range(start, len(sealed)):
        changed = sealed[:at] + ("A" if sealed[at] != "A" else "B") + sealed[at + 1 :]
        if sealed[at] != "=":
            with pytest.raises(NotOpened):
                sealer.open(NAME, changed)


@pytest.mark.parametrize("form", ["", "1", "1.", "2.abc.def", "..", "1..", "x" * 100])
def test_what_is_no_sealed_value_is_told_so(form: str) -> None:
    with pytest.raises(NotOpened):
        Sealer(NEW).open(NAME, form)


def test_what_is_published_is_read_back() -> None:
    for value in (Published(7, "1.a.b"), Published(8, None)):
        assert Published.of_bytes(value.to_bytes()) == value
    for other in (b"", b"[]", b'{"revision":1}', b'{"revision":"x","sealed":null}'):
        with pytest.raises(Corrupt):
            Published.of_bytes(other)
