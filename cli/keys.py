"""Keys and secrets on the terminal: values come in by standard input or a prompt, and never out."""

from __future__ import annotations

import sys
from getpass import getpass

from penstock_client import ProviderKey, Secret

from cli.outcome import CommandError, ExitCode
from cli.printing import put, say, words_of
from cli.program import program
from cli.session import Session
from cli.tables import Cell, Column, print_all
from cli.times import age
from shared.encoding import NotUtf8, text_of

_MOST_BYTES = 1 << 20
_KEYS = (
    Column("provider", style="bold"),
    Column("key"),
    Column("default model", shrinks=True),
    Column("set", right=True),
    Column("by", flexible=True),
)
_SECRETS = (Column("secret", style="bold"), Column("set", right=True), Column("by", flexible=True))


async def set_provider_key(
    session: Session, *, provider: str, default_model: str | None, is_tested: bool
) -> ExitCode:
    """Sets the key, and says how it ends."""
    key = read_value(f"Key of {provider}").strip()
    async with session.client() as client:
        kept = await client.provider_keys.set(
            provider, key, default_model=default_model, test=is_tested
        )
    put(f"{kept.provider} {kept.key} set")
    how = f"{provider} takes it" if is_tested else "It was not tested"
    say(f"{how}. Steps use it within a second.")
    return ExitCode.DONE


async def list_provider_keys(session: Session, *, as_json: bool) -> ExitCode:
    """Prints the keys, masked."""
    nothing = (
        "No keys yet: steps use those of the workers' environment, where they have one.\n"
        f"Set one: {program()} provider-key set anthropic"
    )
    async with session.client() as client:
        return await print_all(_KEYS, client.provider_keys.list(), _key, nothing, as_json=as_json)


async def remove_provider_key(session: Session, *, provider: str) -> ExitCode:
    """Removes the key."""
    async with session.client() as client:
        await client.provider_keys.remove(provider)
    put(f"{provider} removed")
    return ExitCode.DONE


async def set_secret(session: Session, *, name: str) -> ExitCode:
    """Sets the secret; of standard input the last line end is no part of it."""
    value = read_value(f"Value of {name}").removesuffix("\n").removesuffix("\r")
    async with session.client() as client:
        kept = await client.secrets.set(name, value)
    put(f"{kept.name} set")
    return ExitCode.DONE


async def list_secrets(session: Session, *, as_json: bool) -> ExitCode:
    """Prints the names of secrets."""
    nothing = f"No secrets yet. Set one: {program()} secret set NAME"
    async with session.client() as client:
        return await print_all(_SECRETS, client.secrets.list(), _secret, nothing, as_json=as_json)


async def remove_secret(session: Session, *, name: str) -> ExitCode:
    """Removes the secret."""
    async with session.client() as client:
        await client.secrets.remove(name)
    put(f"{name} removed")
    return ExitCode.DONE


async def rotate(session: Session, *, as_json: bool) -> ExitCode:
    """Has a hundred values after the other sealed anew, until there is none left."""
    session.farewell.append(f"Broken off; nothing is lost. Go on with: {program()} keys rotate")
    resealed = 0
    async with session.client() as client:
        while True:
            told = await client.rotate_keys()
            resealed += told.resealed
            if as_json:
                put(told.model_dump_json())
            if not (told.remaining and told.resealed):
                break
            say(f"{resealed:,} sealed anew, {told.remaining:,} left")
    if not as_json:
        put(f"{resealed:,} sealed anew, all under the secret key {told.secret_key}")
    if told.unreadable:
        say(f"{told.unreadable:,} open under no secret key that is in force, and stay as they are.")
        say("Put the older key behind the newest in PENSTOCK_SECRET_KEY, or set them anew.")
        return ExitCode.FAILED
    return ExitCode.DONE


def read_value(what: str) -> str:
    """What a person or a program says that no command line may show. Raises: CommandError."""
    if sys.stdin.isatty():
        return getpass(f"{what} (it is not shown): ")
    raw = sys.stdin.buffer.read(_MOST_BYTES + 1)
    if not raw.strip():
        raise CommandError(
            f"{what}: expected it on standard input, found nothing.",
            'Say for example: printf %s "$VALUE" | penstock ...',
        )
    if len(raw) > _MOST_BYTES:
        raise CommandError(f"{what}: expected at most {_MOST_BYTES:,} bytes, came more.")
    try:
        return text_of(raw)
    except NotUtf8 as error:
        raise CommandError(f"{what} is not UTF-8: {error}.") from None


def _key(each: ProviderKey, _: str) -> list[Cell]:
    model = words_of(each.default_model) if each.default_model else ""
    return [
        words_of(each.provider), words_of(each.key), model, age(each.updated_at),
        words_of(each.updated_by),
    ]  # fmt: skip


def _secret(each: Secret, _: str) -> list[Cell]:
    return [words_of(each.name), age(each.updated_at), words_of(each.updated_by)]
