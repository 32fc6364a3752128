"""Users, workspaces and members on the terminal; links to log in by are printed alone, once."""

from __future__ import annotations

from datetime import UTC, datetime

from penstock_client import Invite, Member, Penstock, TokenRole, User, Workspace
from rich.text import Text

from cli.outcome import CommandError, ExitCode
from cli.printing import put, say, words_of
from cli.program import program
from cli.session import Session
from cli.tables import Cell, Column, print_all
from cli.times import age, moment
from cli.which import Kind, the_only

_USERS = (
    Column("user", style="bold", shrinks=True),
    Column("id"),
    Column("name", shrinks=True),
    Column("workspace", shrinks=True),
    Column("", flexible=True),
)
_MEMBERS = (
    Column("member", style="bold", shrinks=True),
    Column("id"),
    Column("name", shrinks=True),
    Column("role"),
    Column("since", right=True),
)
_INVITES = (
    Column("invited", style="bold", shrinks=True),
    Column("id"),
    Column("role"),
    Column("", flexible=True),
)
_WORKSPACES = (
    Column("workspace", style="bold", shrinks=True),
    Column("name", shrinks=True),
    Column("age", right=True),
)


async def add_user(session: Session, email: str, name: str | None, *, is_admin: bool) -> ExitCode:
    """Prints the link by which the new user logs in first."""
    async with session.client() as client:
        called = name or email.partition("@")[0]
        made = await client.users.create(email, called, is_instance_admin=is_admin)
    _print_link(made.url, made.expires_at)
    say(f"{made.email} has the personal workspace {made.workspace}, and sets a password there.")
    say(f"A team's workspace: {program()} member add {made.email} --workspace SLUG")
    return ExitCode.DONE


async def list_users(session: Session, *, as_json: bool) -> ExitCode:
    """Prints all users, by e-mail."""
    nothing = f"No users yet. Make one: {program()} user add EMAIL"
    async with session.client() as client:
        return await print_all(_USERS, client.users.list(), _user, nothing, as_json=as_json)


async def reset_user(session: Session, given: str) -> ExitCode:
    """Prints a link by which a user sets a new password. Raises: CommandError."""
    async with session.client() as client:
        user = await _which_user(client, given)
        link = await client.users.reset(user.id)
    _print_link(link.url, link.expires_at)
    say(f"Once {link.email} has set a new password by it, all their sessions are over.")
    return ExitCode.DONE


async def set_admin(session: Session, given: str, *, is_admin: bool) -> ExitCode:
    """Has a user run the installation, or not any more. Raises: CommandError."""
    async with session.client() as client:
        user = await _which_user(client, given)
        await client.users.set_instance_admin(user.id, is_instance_admin=is_admin)
    does = "runs the installation" if is_admin else "does not run the installation any more"
    put(f"{user.email} {does}")
    return ExitCode.DONE


async def remove_user(session: Session, given: str) -> ExitCode:
    """Removes a user, and says which it was. Raises: CommandError."""
    async with session.client() as client:
        user = await _which_user(client, given)
        await client.users.remove(user.id)
    put(f"{user.email} removed")
    return ExitCode.DONE


async def add_workspace(session: Session, slug: str, name: str | None) -> ExitCode:
    """Makes a workspace, and says how it gets members."""
    async with session.client() as client:
        made = await client.workspaces.create(slug, name or slug)
    put(made.slug)
    say(f"Add its first admin: {program()} member add EMAIL --role admin --workspace {made.slug}")
    return ExitCode.DONE


async def list_workspaces(session: Session, *, as_json: bool) -> ExitCode:
    """Prints all workspaces, by slug."""
    nothing = f"No workspaces yet. Make one: {program()} workspace add SLUG"
    async with session.client() as client:
        return await print_all(
            _WORKSPACES, client.workspaces.list(), _workspace, nothing, as_json=as_json
        )


async def remove_workspace(session: Session, slug: str) -> ExitCode:
    """Has a workspace deleted for ever."""
    async with session.client() as client:
        await client.workspaces.delete(slug)
    put(f"{slug} deleting")
    say("Its tokens are refused from now on, and its slug is never used again.")
    return ExitCode.DONE


async def list_members(session: Session, workspace: str | None, *, as_json: bool) -> ExitCode:
    """Prints the members of a workspace, by e-mail."""
    async with session.client() as client:
        slug = await _slug(client, workspace)
        nothing = f"No members yet. Add one: {program()} member add EMAIL --workspace {slug}"
        found = client.members.list(slug)
        return await print_all(_MEMBERS, found, _member, nothing, as_json=as_json)


async def add_member(
    session: Session, email: str, role: TokenRole, workspace: str | None
) -> ExitCode:
    """Makes who has an account a member."""
    async with session.client() as client:
        slug = await _slug(client, workspace)
        member = await client.members.add(slug, email, role)
    put(f"{member.email} is {member.role} of {slug}")
    return ExitCode.DONE


async def change_member(
    session: Session, given: str, role: TokenRole, workspace: str | None
) -> ExitCode:
    """Has a member work as something else. Raises: CommandError."""
    async with session.client() as client:
        slug = await _slug(client, workspace)
        member = await _which_member(client, slug, given)
        changed = await client.members.change(slug, member.id, role)
    put(f"{changed.email} is {changed.role} of {slug}")
    return ExitCode.DONE


async def remove_member(session: Session, given: str, workspace: str | None) -> ExitCode:
    """Ends a membership. Raises: CommandError."""
    async with session.client() as client:
        slug = await _slug(client, workspace)
        member = await _which_member(client, slug, given)
        await client.members.remove(slug, member.id)
    put(f"{member.email} is no member of {slug} any more")
    return ExitCode.DONE


async def invite(session: Session, email: str, role: TokenRole) -> ExitCode:
    """Prints the link of an invite into one's own workspace."""
    async with session.client() as client:
        made = await client.invites.create(email, role)
    _print_link(made.url, made.expires_at)
    say(f"Whoever has it becomes {made.role} of {made.workspace}: send it to {made.email} alone.")
    return ExitCode.DONE


async def list_invites(session: Session, *, as_json: bool) -> ExitCode:
    """Prints the invites into one's own workspace, newest first."""
    nothing = f"No invites yet. Make one: {program()} invite EMAIL"
    async with session.client() as client:
        return await print_all(_INVITES, client.invites.list(), _invite, nothing, as_json=as_json)


async def withdraw_invite(session: Session, given: str) -> ExitCode:
    """Withdraws an invite that is open, and says which it was. Raises: CommandError."""
    async with session.client() as client:
        opened = [each async for each in client.invites.list() if _is_open(each)]
        kind = Kind("open invite", "invites")
        meant = the_only(opened, given, kind, lambda each: each.email)
        await client.invites.withdraw(meant.id)
    put(f"{meant.email} is invited no more")
    return ExitCode.DONE


def _is_open(each: Invite) -> bool:
    until = moment(each.expires_at)
    return each.used_at is None and (until is None or until > datetime.now(UTC))


def _print_link(url: str, expires_at: str) -> None:
    """The link alone, so that a program can pass it on; the rest is said."""
    put(url)
    until = moment(expires_at)
    days = round((until - datetime.now(UTC)).total_seconds() / 86_400) if until else 0
    say(f"Good once, for {days} days. It is not shown again.")


async def _slug(client: Penstock, given: str | None) -> str:
    """The workspace that is named, or else one's own.

    Raises: CommandError, for an empty name: a variable of a shell that is not set.
    """
    if given == "":
        raise CommandError(
            "expected the slug of a workspace, got an empty one.", "Without --workspace: your own."
        )
    return given or (await client.me()).workspace


async def _which_user(client: Penstock, given: str) -> User:
    found = [each async for each in client.users.list()]
    return the_only(found, given, Kind("user", "user list"), lambda each: each.email)


async def _which_member(client: Penstock, slug: str, given: str) -> Member:
    found = [each async for each in client.members.list(slug)]
    kind = Kind("member", f"member list --workspace {slug}")
    return the_only(found, given, kind, lambda each: each.email)


def _user(each: User, shown_id: str) -> list[Cell]:
    about = "runs the installation" if each.is_instance_admin else ""
    told = about if each.has_password else f"{about}, no password".lstrip(", ")
    return [words_of(each.email), shown_id, words_of(each.name), words_of(each.workspace), told]


def _member(each: Member, shown_id: str) -> list[Cell]:
    since = Text(age(each.since) or "")
    return [words_of(each.email), shown_id, words_of(each.name), words_of(each.role), since]


def _invite(each: Invite, shown_id: str) -> list[Cell]:
    until = moment(each.expires_at)
    told = Text(f"until {until:%Y-%m-%d}" if until else "")
    if each.used_at is not None:
        told = Text(f"used {age(each.used_at)} ago")
    elif not _is_open(each):
        told = Text(f"over since {age(each.expires_at)}", style="red")
    return [words_of(each.email), shown_id, words_of(each.role), told]


def _workspace(each: Workspace, _: str) -> list[Cell]:
    return [words_of(each.slug), words_of(each.name), Text(age(each.created_at) or "")]
