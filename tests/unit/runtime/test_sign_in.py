"""Settings of signing in by a provider."""

from __future__ import annotations

import pytest

from shared.runtime.settings import SettingsInvalid, load

API = {"PENSTOCK_TOKEN": "a-token-of-sixteen", "PENSTOCK_SECRET_KEY": "ab" * 32}
GIVEN = {"ISSUER": "https://a.example/x/", "CLIENT_ID": "me", "CLIENT_SECRET": "hush-hush"}


def given(**more: str) -> dict[str, str]:
    named = {**GIVEN, "DOMAINS": "Example.ORG, b.example", **more}
    return {**API, **{f"PENSTOCK_OIDC_{name}": value for name, value in named.items()}}


def test_a_provider_is_named_whole_and_its_secret_is_masked() -> None:
    places = "default:viewer, /a=b/c=research:member"
    settings = load("api", given(MEMBERSHIPS=places, LINK_ACCOUNTS="true"))
    assert settings.oidc_issuer == "https://a.example/x/"
    assert settings.oidc_domains == ("example.org", "b.example")
    assert settings.oidc_memberships == (
        (None, "default", "viewer"),
        ("/a=b/c", "research", "member"),
    )
    assert settings.oidc_link_accounts is True
    assert "hush" not in repr(settings)


def test_a_part_of_a_provider_is_none_and_without_a_rule_nobody_knows_who_may() -> None:
    for missing in GIVEN:
        with pytest.raises(SettingsInvalid, match=f"PENSTOCK_OIDC_{missing} is required"):
            load("api", given(**{missing: ""}))
    with pytest.raises(SettingsInvalid, match="it says who may sign in"):
        load("api", given(DOMAINS=""))
    assert load("api", given(DOMAINS="", GROUPS="eng")).oidc_groups == ("eng",)
    assert load("api", given(DOMAINS="*")).oidc_domains == ("*",)
    load("scheduler", {"PENSTOCK_OIDC_ISSUER": "https://a.example"})


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("ISSUER", "http://a.example", "expected an https URL"),
        ("ISSUER", "https://user:hush@a.example", "expected an https URL"),
        ("ISSUER", "https://a.example?x=1", "expected an https URL"),
        ("ISSUER", "ftp://a.example", "expected an https URL"),
        ("ISSUER", "https://[::1", "expected an https URL"),
        ("ISSUER", "https:///x", "expected an https URL"),
        ("DOMAINS", "ada@example.org", "PENSTOCK_OIDC_DOMAINS"),
        ("DOMAINS", "*.example.org", "PENSTOCK_OIDC_DOMAINS"),
        ("MEMBERSHIPS", "default", "expected WORKSPACE:ROLE"),
        ("MEMBERSHIPS", "default:owner", "expected WORKSPACE:ROLE"),
        ("CLIENT_SECRET", "two words", "without white space"),
        ("LINK_ACCOUNTS", "perhaps", "PENSTOCK_OIDC_LINK_ACCOUNTS"),
    ],
)
def test_what_is_wrong_is_said(name: str, value: str, expected: str) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        load("api", given(**{name: value}))
    assert expected in str(caught.value)
    assert "two words" not in str(caught.value)


def test_a_provider_on_this_machine_needs_no_encryption() -> None:
    for url in ("http://localhost:8180", "http://127.0.0.1:8180", "http://[::1]:8180"):
        assert load("api", given(ISSUER=url)).oidc_issuer == url
