from pathlib import Path

import pytest
from pydantic import ValidationError

from shared.runtime.settings import SettingsInvalid, load, reference

KEY = "ab" * 32
API = {"PENSTOCK_TOKEN": "a-token-of-sixteen", "PENSTOCK_SECRET_KEY": KEY}


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = load("scheduler", {})
    assert settings.service == "scheduler"
    assert settings.nats_url == "nats://127.0.0.1:4222"
    assert settings.pools == ("default", "local")
    assert settings.partitions == 8
    assert settings.instance


def test_values_come_from_the_environment_with_their_types() -> None:
    settings = load(
        "agent-worker",
        {
            "NATS_URL": "nats://a:1,nats://b:2",
            "PENSTOCK_POOLS": "default, gpu",
            "PENSTOCK_DELTA_MILLISECONDS": "0",
            "PENSTOCK_API_PORT": "",
            "HOME": "/",
        },
    )
    assert settings.nats_url == "nats://a:1,nats://b:2"
    assert settings.pools == ("default", "gpu")
    assert settings.delta_milliseconds == 0
    assert settings.api_port == 8080


@pytest.mark.parametrize("wrong", ["2", "0", "5", "three"])
def test_replicas_are_one_or_three(wrong: str) -> None:
    with pytest.raises(SettingsInvalid, match=f"PENSTOCK_REPLICAS: .* 1 or 3, found '{wrong}'"):
        load("migrate", {"PENSTOCK_REPLICAS": wrong})
    assert load("migrate", {"PENSTOCK_REPLICAS": "3"}).replicas == 3
    assert load("migrate", {}).replicas is None


def test_settings_cannot_be_changed() -> None:
    settings = load("scheduler", {})
    with pytest.raises(ValidationError):
        type(settings).__setattr__(settings, "partitions", 9)


def test_every_problem_is_reported_at_once_with_what_to_do() -> None:
    with pytest.raises(SettingsInvalid) as caught:
        load(
            "api",
            {
                "PENSTOCK_PORTITIONS": "8",
                "PENSTOCK_API_PORT": "eighty",
                "PENSTOCK_SECRET_KEY": "hush-this-is-wrong",
                "DATABASE_URL": "mysql://u:passw0rd@h/d",
            },
        )
    message = str(caught.value)
    assert "PENSTOCK_TOKEN is required by api" in message
    assert (
        "PENSTOCK_PORTITIONS is not a setting: unset it, or did you mean PENSTOCK_PART" in message
    )
    assert "PENSTOCK_API_PORT" in message
    assert "'eighty'" in message
    assert "openssl rand -hex 32" in message
    assert "DATABASE_URL" in message
    assert "hush" not in message
    assert "passw0rd" not in message


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("sslmode=always", "expected an sslmode of disable, allow"),
        (
            "sslrootcert=/nowhere/ca.pem",
            "expected sslrootcert to name a file, there is none",
        ),
        ("sslmode=verify-full&sslkey=/nowhere/key.pem", "expected sslkey to name a file"),
    ],
)
def test_encryption_of_postgres_that_cannot_be_is_told_at_once(option: str, told: str) -> None:
    url = f"postgresql://penstock:passw0rd@db/penstock?{option}"
    with pytest.raises(SettingsInvalid, match=told) as caught:
        load("api", {**API, "DATABASE_URL": url})
    assert "passw0rd" not in str(caught.value)


def test_secrets_are_masked_wherever_settings_are_shown() -> None:
    url = "postgresql://penstock:passw0rd@db/penstock"
    settings = load("api", {**API, "ANTHROPIC_API_KEY": "sk-ant-1", "DATABASE_URL": url})
    shown = f"{settings!r} {settings}"
    for secret in ("a-token-of-sixteen", KEY, "sk-ant-1", "passw0rd"):
        assert secret not in shown
    assert settings.token is not None
    assert settings.token.get_secret_value() == "a-token-of-sixteen"


def test_the_reference_in_the_docs_is_the_registry() -> None:
    page = Path(__file__).parents[3] / "docs" / "reference" / "settings.md"
    assert page.read_text() == reference(), (
        "run: python -m shared.runtime.settings > docs/reference/settings.md"
    )


def test_the_public_url_has_no_slash_at_its_end_and_no_query() -> None:
    settings = load("api", {**API, "PENSTOCK_PUBLIC_URL": "https://example.org/penstock/"})
    assert settings.public_url == "https://example.org/penstock"
    for wrong in ("example.org", "https://example.org/?a=b", "ftp://example.org"):
        with pytest.raises(SettingsInvalid, match="PENSTOCK_PUBLIC_URL: "):
            load("api", {**API, "PENSTOCK_PUBLIC_URL": wrong})


def test_proxies_are_addresses_networks_or_anyone() -> None:
    assert load("api", API).trusted_proxies == ("127.0.0.1", "::1")
    settings = load("api", {**API, "PENSTOCK_TRUSTED_PROXIES": "10.0.0.0/8, fd00::1"})
    assert settings.trusted_proxies == ("10.0.0.0/8", "fd00::1")
    assert load("api", {**API, "PENSTOCK_TRUSTED_PROXIES": "*"}).trusted_proxies == ("*",)
    for wrong in ("proxy.example", "10.0.0.1/8", "10.0.0.300"):
        with pytest.raises(
            SettingsInvalid, match=r"PENSTOCK_TRUSTED_PROXIES\[0\]: .*networks like"
        ):
            load("api", {**API, "PENSTOCK_TRUSTED_PROXIES": wrong})


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("a-token-of-some-length\n")
    settings = load("migrate", {"PENSTOCK_TOKEN_FILE": str(tmp_path / "token")})
    assert settings.token is not None
    assert settings.token.get_secret_value() == "a-token-of-some-length"


def test_a_secret_in_a_file_and_beside_it_or_in_no_file_is_a_problem(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing")
    with pytest.raises(SettingsInvalid) as told:
        load(
            "migrate",
            {
                "PENSTOCK_TOKEN": "a-token-of-some-length",
                "PENSTOCK_TOKEN_FILE": missing,
                "NATS_URL_FILE": missing,
            },
        )
    assert "expected PENSTOCK_TOKEN or PENSTOCK_TOKEN_FILE, got both: unset one." in str(told.value)
    assert "NATS_URL_FILE: expected a file with it, got No such file" in str(told.value)


def test_several_secret_keys_are_in_force_the_newest_first() -> None:
    def keys(given: str) -> tuple[bytes, ...]:
        return load("agent-worker", {"PENSTOCK_SECRET_KEY": given}).secret_keys

    assert keys("") == ()
    assert keys("ab" * 32) == (b"\xab" * 32,)
    assert keys("cd" * 32 + ", " + "ab" * 32) == (b"\xcd" * 32, b"\xab" * 32)
    for wrong in ("ab" * 31, "ab" * 32 + ",", "ab" * 32 + ",x", ",".join(["ab" * 32] * 9)):
        with pytest.raises(SettingsInvalid) as refused:
            keys(wrong)
        assert "PENSTOCK_SECRET_KEY: " in str(refused.value)
        assert "abab" not in str(refused.value)
