"""Settings of where tools may call."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from shared.runtime.egress import AllowedPlace
from shared.runtime.settings import SettingsInvalid, load


def allowed(text: str) -> tuple[AllowedPlace, ...]:
    return load("agent-worker", {"PENSTOCK_EGRESS_ALLOW": text}).egress_allow


def test_names_addresses_and_networks_are_allowed_on_a_port_or_on_any() -> None:
    assert allowed("Tools.internal., search:8080, 127.0.0.1:9001,10.0.0.0/8,[fd00::1]:81,::1") == (
        AllowedPlace("tools.internal", None, None),
        AllowedPlace("search", None, 8080),
        AllowedPlace(None, ip_network("127.0.0.1"), 9001),
        AllowedPlace(None, ip_network("10.0.0.0/8"), None),
        AllowedPlace(None, ip_network("fd00::1"), 81),
        AllowedPlace(None, ip_network("::1"), None),
    )
    assert allowed("") == ()


@pytest.mark.parametrize(
    "wrong",
    [
        *("*", "*.internal", "http://tools.internal", "tools.internal/x", "10.0.0.1/8", "127.1"),
        *("2130706433", "0x7f.1", "a b", "tools:x", "[tools]:80", "[::1", "-a.example", "a..b"),
        *("fe80::1%eth0", "user@tools", "é.example"),
    ],
)
def test_what_is_none_of_these_is_refused(wrong: str) -> None:
    with pytest.raises(
        SettingsInvalid, match=r"PENSTOCK_EGRESS_ALLOW.*: .*expected names, addresses"
    ):
        allowed(f"tools.internal,{wrong}")


@pytest.mark.parametrize("port", ["0", "65536", "99999"])
def test_a_port_is_one_that_there_is(port: str) -> None:
    with pytest.raises(SettingsInvalid, match=f"expected a port from 1 to 65535, got {port}"):
        allowed(f"tools.internal:{port}")


def test_a_proxy_may_hold_a_password_which_is_not_shown() -> None:
    url = "http://me:pa55word@proxy.internal:3128"
    settings = load("agent-worker", {"PENSTOCK_EGRESS_PROXY": url})
    assert settings.egress_proxy is not None
    assert settings.egress_proxy.get_secret_value() == url
    assert "pa55word" not in f"{settings!r} {settings.model_dump_json()}"


@pytest.mark.parametrize(
    "wrong",
    [
        *("proxy:3128", "socks5://pa55word@p", "http://", "http://p:x", "http://p/pa55word"),
        *("http://a b", "http://p?pa55word", "pa55word"),
    ],
)
def test_what_is_no_proxy_is_refused_and_not_shown(wrong: str) -> None:
    with pytest.raises(SettingsInvalid, match=r"PENSTOCK_EGRESS_PROXY: .*expected http://") as bad:
        load("agent-worker", {"PENSTOCK_EGRESS_PROXY": wrong})
    assert "pa55word" not in str(bad.value)
