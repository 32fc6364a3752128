"""What lets people in, by itself: throttles, slugs, passwords and origins."""

from __future__ import annotations

import re
from itertools import islice

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.profiles import RFC_9106_LOW_MEMORY
from hypothesis import given
from hypothesis import strategies as st

from services.api.identity.passwords import Passwords
from services.api.identity.throttle import (
    OF_ACCOUNT,
    OF_ADDRESS,
    WINDOW_SECONDS,
    Throttle,
    TooManyLogins,
)
from services.api.people.models import SLUG
from services.api.people.slugs import RESERVED, slugs_for


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_login_may_fail_so_often_a_minute() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    for _ in range(OF_ACCOUNT):
        throttle.begin("192.0.2.7", "ada@example.org")
    clock.now += 20
    with pytest.raises(TooManyLogins) as refused:
        throttle.begin("192.0.2.7", "ada@example.org")
    assert refused.value.headers == {"retry-after": "40"}
    throttle.begin("192.0.2.8", "ada@example.org")
    throttle.begin("192.0.2.7", "ben@example.org")
    clock.now += WINDOW_SECONDS - 20
    throttle.begin("192.0.2.7", "ada@example.org")


def test_a_login_that_succeeds_does_not_count() -> None:
    throttle = Throttle(Clock())
    for _ in range(OF_ADDRESS + 1):
        throttle.begin("192.0.2.7", "ada@example.org")
        throttle.succeeded("192.0.2.7", "ada@example.org")


def test_one_address_tries_so_many_accounts() -> None:
    throttle = Throttle(Clock())
    for number in range(OF_ADDRESS):
        throttle.begin("192.0.2.7", f"{number}@example.org")
    with pytest.raises(TooManyLogins):
        throttle.begin("192.0.2.7", "one-more@example.org")


@given(st.text())
def test_every_name_has_slugs_that_may_be(name: str) -> None:
    found = list(slugs_for(name))
    assert len(found) > 2
    for slug in found:
        assert re.fullmatch(SLUG, slug)
        assert slug not in RESERVED


def test_a_name_that_is_reserved_gets_something_by_chance() -> None:
    (slug,) = islice(slugs_for("Admin"), 1)
    assert re.fullmatch("admin-[0-9a-f]{4}", slug)


async def test_a_password_is_known_by_its_hash_and_in_every_form_of_unicode() -> None:
    passwords = Passwords()
    kept = await passwords.hash("cafe\u0301 on the river")
    assert kept.startswith("$argon2id$")
    assert await passwords.is_right(kept, "caf\u00e9 on the river")
    assert not await passwords.is_right(kept, "cafe on the river")
    assert not await passwords.is_right(None, "nobody has this password")
    assert not await passwords.is_right("no hash", "caf\u00e9 on the river")


async def test_a_password_costs_what_the_standard_asks_for_whatever_older_hashes_cost() -> None:
    cheap = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    older, dear = await cheap.hash("rain on the river"), Passwords()
    newer = extract_parameters(await dear.hash("rain on the river"))
    assert newer == RFC_9106_LOW_MEMORY
    assert await dear.is_right(older, "rain on the river")
    assert not await dear.is_right(older, "rain on a river")
