"""Addresses of NATS: lists of them, whose they are, and how they are shown."""

import pytest

from shared.runtime.nats_addresses import Login, login, masked, servers

ONE = "nats://api:secret@a:4222"
OTHER = "nats://api:secret@b:4222"


def test_a_list_has_commas() -> None:
    assert servers(f"{ONE},{OTHER}") == [ONE, OTHER]
    assert servers(ONE) == [ONE]


@pytest.mark.parametrize(
    ("urls", "found"),
    [
        (ONE, Login("api", "secret")),
        (f"{ONE},{OTHER}", Login("api", "secret")),
        (f"{ONE},nats://api:another@b:4222", None),
        (f"{ONE},nats://b:4222", None),
        ("nats://a:4222,nats://b:4222", None),
    ],
)
def test_a_login_that_all_addresses_share_is_that_of_servers_they_do_not_name(
    urls: str, found: Login | None
) -> None:
    assert login(urls) == found


def test_no_password_of_any_server_is_shown() -> None:
    assert masked(f"{ONE},{OTHER},nats://c:4222") == (
        "nats://***@a:4222,nats://***@b:4222,nats://c:4222"
    )
