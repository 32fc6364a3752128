"""Logging in on the terminal: the session is kept in a file beside the stack's, for its owner.

login.json says to which api it belongs: another's is not sent there.
"""

from __future__ import annotations

import getpass
import json
import os
import sys
from pathlib import Path

from penstock_client import Penstock, Who

from cli.outcome import CommandError, ExitCode
from cli.printing import put, say
from cli.program import program
from cli.session import Session
from cli.stack import LOGIN_FILE, login_folder


async def log_in(session: Session, email: str, workspace: str | None) -> ExitCode:
    """Asks for the password, and keeps the session. Raises: CommandError."""
    who, value = await _begun(session, email, _asked(f"Password of {email}: "))
    chosen = _chosen(who, workspace)
    _keep(session, value, chosen)
    put(f"{who.name} has logged in, and works in {chosen}")
    others = [each.slug for each in who.workspaces if each.slug != chosen]
    if others:
        say(f"Also in {', '.join(others)}: {program()} login {email} --workspace SLUG")
    return ExitCode.DONE


async def change_password(session: Session) -> ExitCode:
    """Asks for the password and the new one, and goes on with a new session.

    Raises: CommandError.
    """
    user = None
    if session.stack.session is not None:
        async with session.client() as client:
            user = (await client.me()).user
    if user is None:
        raise CommandError("Nobody has logged in here.", f"Log in: {program()} login EMAIL")
    password = _asked(f"Password of {user.email}: ")
    changed = _asked("New password: ")
    if sys.stdin.isatty() and _asked("New password, again: ") != changed:
        raise CommandError("The new passwords differ. Nothing was changed.")
    async with session.client() as client:
        await client.change_password(password, changed)
    who, value = await _begun(session, user.email, changed)
    _keep(session, value, session.stack.workspace or who.workspace)
    put(f"The password of {user.email} is changed")
    say("All other sessions are over.")
    return ExitCode.DONE


async def log_out(session: Session) -> ExitCode:
    """Ends the session, and forgets it. Raises: CommandError."""
    path = login_folder(session.stack, Path.cwd()) / LOGIN_FILE
    if not path.is_file():
        raise CommandError("Nobody has logged in here.", f"Log in: {program()} login EMAIL")
    path.unlink()
    if session.stack.session is not None:
        async with Penstock(session.stack.url, session=session.stack.session) as client:
            await client.log_out()
    put("logged out")
    return ExitCode.DONE


async def _begun(session: Session, email: str, password: str) -> tuple[Who, str]:
    """Who has logged in, and their session. Raises: CommandError."""
    async with Penstock(session.stack.url) as client:
        who, value = await client.log_in(email, password), client.session
    if value is None:
        raise CommandError("The api gave no session: expected a cookie, came none.")
    return who, value


def _asked(words: str) -> str:
    """What is typed unseen, or the next line of standard input."""
    if sys.stdin.isatty():
        return getpass.getpass(words)
    return sys.stdin.readline().rstrip("\r\n")


def _chosen(who: Who, wanted: str | None) -> str:
    """The workspace to work in: the one that is named, the only one of a team, or one's own."""
    known = [each.slug for each in who.workspaces]
    if wanted is not None:
        if wanted not in known:
            raise CommandError(
                f"You are no member of {wanted!r}.", f"Your workspaces: {', '.join(known)}"
            )
        return wanted
    shared = [slug for slug in known if slug != who.workspace]
    return shared[0] if len(shared) == 1 else who.workspace


def _keep(session: Session, value: str, workspace: str) -> None:
    """Writes a file that its owner alone may read, whole or not at all."""
    path = login_folder(session.stack, Path.cwd()) / LOGIN_FILE
    what = {"api_url": session.stack.url, "session": value, "workspace": workspace}
    path.parent.mkdir(parents=True, exist_ok=True)
    made = path.with_suffix(".made")
    made.unlink(missing_ok=True)
    with open(os.open(made, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w") as file:
        json.dump(what, file)
    made.replace(path)
