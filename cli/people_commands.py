"""`penstock user`, `workspace`, `member`, `invite`, `login` and `logout`, as typer reads them."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

import typer

from cli import limit_commands
from cli.session import perform

users = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Make, list, reset and remove users, for who runs the installation; one's own password.",
)
workspaces = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Make, list and remove workspaces. For who runs the installation.",
)
members = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="List, add, change and remove the members of a workspace. Needs an admin of it.",
)
invites = typer.Typer(
    invoke_without_command=True,
    rich_markup_mode=None,
    help="List the invites into your workspace, or withdraw one. Needs an admin of it.",
)
GROUPS = {
    "user": users,
    "workspace": workspaces,
    "member": members,
    "invites": invites,
    "limits": limit_commands.app,
}

Json = Annotated[bool, typer.Option("--json", help="Print JSON, one value a line.")]
Email = Annotated[str, typer.Argument(metavar="EMAIL", help="Whose.")]
Given = Annotated[str, typer.Argument(metavar="EMAIL", help="E-mail, or the beginning of the id.")]
Role = Literal["viewer", "member", "admin"]
RoleOption = Annotated[
    Role,
    typer.Option(help="viewer reads, member makes and runs, admin rules and deletes."),
]
Where = Annotated[
    str | None, typer.Option("--workspace", metavar="SLUG", help="Which; else one's own.")
]
Name = Annotated[str | None, typer.Option(metavar="NAME", help="What it is called.")]


@users.command("add")
def add_user(
    email: Email,
    name: Name = None,
    admin: Annotated[
        bool, typer.Option("--admin", help="Runs the installation: makes users and workspaces.")
    ] = False,
) -> None:
    """Make a user, and print the link by which they log in first."""
    from cli.people import add_user

    perform(partial(add_user, email=email, name=name, is_admin=admin))


@users.command("list")
def list_users(as_json: Json = False) -> None:
    """List users, by e-mail."""
    from cli.people import list_users

    perform(partial(list_users, as_json=as_json))


@users.command("reset")
def reset_user(given: Given) -> None:
    """Print a link by which a user sets a new password; it ends their sessions."""
    from cli.people import reset_user

    perform(partial(reset_user, given=given))


@users.command("admin")
def set_admin(
    given: Given,
    take: Annotated[bool, typer.Option("--take", help="Take it from them.")] = False,
) -> None:
    """Have a user run the installation, or not any more. The last one goes on."""
    from cli.people import set_admin

    perform(partial(set_admin, given=given, is_admin=not take))


@users.command("password")
def change_password() -> None:
    """Change your own password; all your other sessions end. Log in first."""
    from cli.login import change_password

    perform(change_password)


@users.command("remove")
def remove_user(given: Given) -> None:
    """Remove a user: sessions end, tokens they made are revoked, what they made stays."""
    from cli.people import remove_user

    perform(partial(remove_user, given=given))


@workspaces.command("add")
def add_workspace(
    slug: Annotated[str, typer.Argument(metavar="SLUG", help="For ever: a-z, 0-9 and -.")],
    name: Name = None,
) -> None:
    """Make a workspace."""
    from cli.people import add_workspace

    perform(partial(add_workspace, slug=slug, name=name))


@workspaces.command("list")
def list_workspaces(as_json: Json = False) -> None:
    """List workspaces, by slug."""
    from cli.people import list_workspaces

    perform(partial(list_workspaces, as_json=as_json))


@workspaces.command("remove")
def remove_workspace(
    slug: Annotated[str, typer.Argument(metavar="SLUG", help="Which, in full.")],
) -> None:
    """Delete a workspace for ever with all it has, once no run of it lives."""
    from cli.people import remove_workspace

    perform(partial(remove_workspace, slug=slug))


@members.command("list")
def list_members(workspace: Where = None, as_json: Json = False) -> None:
    """List who works in a workspace, by e-mail."""
    from cli.people import list_members

    perform(partial(list_members, workspace=workspace, as_json=as_json))


@members.command("add")
def add_member(email: Email, role: RoleOption = "member", workspace: Where = None) -> None:
    """Make who has an account a member; invite who has none: penstock invite."""
    from cli.people import add_member

    perform(partial(add_member, email=email, role=role, workspace=workspace))


@members.command("role")
def change_member(
    given: Given,
    role: Annotated[Role, typer.Argument(metavar="ROLE", help="viewer, member or admin.")],
    workspace: Where = None,
) -> None:
    """Have a member work as something else."""
    from cli.people import change_member

    perform(partial(change_member, given=given, role=role, workspace=workspace))


@members.command("remove")
def remove_member(given: Given, workspace: Where = None) -> None:
    """Remove a member: their sessions see the workspace no more, tokens they made are revoked."""
    from cli.people import remove_member

    perform(partial(remove_member, given=given, workspace=workspace))


def invite(email: Email, role: RoleOption = "member") -> None:
    """Print a link by which somebody becomes a member, once; with or without an account."""
    from cli.people import invite

    perform(partial(invite, email=email, role=role))


@invites.callback()
def list_invites(context: typer.Context, as_json: Json = False) -> None:
    """List invites, newest first."""
    if context.invoked_subcommand is not None:
        return
    from cli.people import list_invites

    perform(partial(list_invites, as_json=as_json))


@invites.command("withdraw")
def withdraw_invite(given: Given) -> None:
    """Withdraw an invite: its link opens nothing more."""
    from cli.people import withdraw_invite

    perform(partial(withdraw_invite, given=given))


def login(email: Email, workspace: Where = None) -> None:
    """Log in with a password; commands then work as you, until you log out."""
    from cli.login import log_in

    perform(partial(log_in, email=email, workspace=workspace))


def logout() -> None:
    """End the session, and go on with the stack's token, if there is one."""
    from cli.login import log_out

    perform(log_out)
