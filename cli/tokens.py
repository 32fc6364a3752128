"""Tokens on the terminal: one is printed when it is made, and never again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from penstock_client import Token, TokenRole
from rich.text import Text

from cli.outcome import ExitCode
from cli.printing import put, say, words_of
from cli.program import program
from cli.session import Session
from cli.tables import Cell, Column, print_all
from cli.times import age, moment
from cli.which import Kind, the_only

_COLUMNS = (
    Column("token", style="bold", shrinks=True),
    Column("id"),
    Column("role"),
    Column("used", right=True),
    Column("", flexible=True),
)


class NewToken(NamedTuple):
    """What is asked for; without `days` it is good until it is revoked."""

    name: str
    role: TokenRole
    days: int | None
    workspace: str | None


async def add(session: Session, new: NewToken, *, as_json: bool) -> ExitCode:
    """Prints the new token alone, so that it can be kept by a program; the rest is said."""
    until = None
    if new.days is not None:
        until = (datetime.now(UTC) + timedelta(days=new.days)).isoformat(timespec="seconds")
    async with session.client() as client:
        made = await client.tokens.create(
            new.name, new.role, expires_at=until, workspace=new.workspace
        )
    if as_json:
        put(made.model_dump_json())
        return ExitCode.DONE
    put(made.token)
    kept = f"until {made.expires_at}" if made.expires_at else "until it is revoked"
    say(f"{made.role} of {made.workspace}, good {kept}. It is not shown again.")
    say(f"Revoke it: {program()} token revoke {made.id}")
    return ExitCode.DONE


async def list_tokens(session: Session, *, as_json: bool) -> ExitCode:
    """Prints all tokens of the workspace, newest first."""
    nothing = f"No tokens yet but that of the settings. Make one: {program()} token add NAME"
    async with session.client() as client:
        return await print_all(_COLUMNS, client.tokens.list(), _row, nothing, as_json=as_json)


async def revoke(session: Session, *, given: str) -> ExitCode:
    """Revokes the token that is meant, and says which it was. Raises: CommandError."""
    async with session.client() as client:
        good = [each async for each in client.tokens.list() if each.revoked_at is None]
        token = the_only(good, given, Kind("good token", "token list"), lambda each: each.name)
        await client.tokens.revoke(token.id)
    put(f"{token.id} revoked")
    return ExitCode.DONE


def _row(each: Token, shown_id: str) -> list[Cell]:
    used = age(each.last_used_at) or "never"
    return [words_of(each.name), shown_id, each.role, used, _end(each)]


def _end(each: Token) -> Text:
    """What became of it, or when it ends."""
    if each.revoked_at is not None:
        return Text(f"revoked {age(each.revoked_at)} ago", style="red")
    until = moment(each.expires_at)
    if until is None:
        return Text()
    if until <= datetime.now(UTC):
        return Text(f"expired {age(each.expires_at)} ago", style="red")
    return Text(f"until {until:%Y-%m-%d}")
