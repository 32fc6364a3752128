"""The calls about users, sessions, members and invites, by the generated Python client."""

from __future__ import annotations

from generated import AuthenticatedClient
from generated.api.people import (
    add_member,
    change_instance_admin,
    change_member,
    change_password,
    create_invite,
    create_user,
    leave_workspace,
    list_invites,
    list_members,
    list_users,
    log_in,
    log_in_by_link,
    log_out,
    read_account_link,
    remove_member,
    remove_user,
    reset_password,
    withdraw_invite,
)
from generated.api.service import sign_in_page
from generated.models import (
    AccountLink,
    AccountLinkBody,
    IdentityShape,
    InstanceAdminBody,
    InviteBody,
    InviteBodyRole,
    InvitePage,
    LinkAccount,
    LinkSessionBody,
    LoginBody,
    MadeInvite,
    MadeUser,
    MemberBody,
    MemberBodyRole,
    MemberPage,
    MemberShape,
    PasswordBody,
    RoleBody,
    RoleBodyRole,
    UserBody,
    UserPage,
    UserShape,
)

EMAIL, PASSWORD = "ada@generated.example", "a river of words"


def call_accounts(client: AuthenticatedClient) -> None:
    """A user logs in by a link and by a password, works in a workspace, leaves, and is removed."""
    sign_in_page.sync_detailed(client=client)
    made = create_user.sync(client=client, body=UserBody(email=EMAIL, name="Ada"))
    assert isinstance(made, MadeUser), made
    link = made.url.partition("#link=")[2]
    told = read_account_link.sync(client=client, body=AccountLinkBody(link=link))
    assert isinstance(told, LinkAccount), told
    assert told.email == EMAIL
    who = log_in_by_link.sync(client=client, body=LinkSessionBody(link=link, password=PASSWORD))
    assert isinstance(who, IdentityShape), who
    call_members(client, made)
    change = PasswordBody(password=PASSWORD, new_password=f"{PASSWORD} and more")
    change_password.sync_detailed(client=logged_in(client, PASSWORD), body=change)
    log_out.sync_detailed(client=logged_in(client, change.new_password))
    users = list_users.sync(client=client)
    assert isinstance(users, UserPage), users
    rules = InstanceAdminBody(is_instance_admin=True)
    assert isinstance(change_instance_admin.sync(made.id, client=client, body=rules), UserShape)
    assert isinstance(reset_password.sync(made.id, client=client), AccountLink)
    assert remove_user.sync_detailed(made.id, client=client).status_code == 204


def call_members(client: AuthenticatedClient, user: MadeUser) -> None:
    """The user is a member twice; somebody else is invited, and the invite withdrawn."""
    where, member = "default", MemberBody(email=EMAIL, role=MemberBodyRole.MEMBER)
    assert isinstance(add_member.sync(where, client=client, body=member), MemberShape)
    role = RoleBody(role=RoleBodyRole.VIEWER)
    assert isinstance(change_member.sync(where, user.id, client=client, body=role), MemberShape)
    members = list_members.sync(where, client=client)
    assert isinstance(members, MemberPage), members
    leave_workspace.sync_detailed(where, client=logged_in(client, PASSWORD))
    assert isinstance(add_member.sync(where, client=client, body=member), MemberShape)
    assert remove_member.sync_detailed(where, user.id, client=client).status_code == 204
    body = InviteBody(email="ben@generated.example", role=InviteBodyRole.VIEWER)
    invite = create_invite.sync(client=client, body=body)
    assert isinstance(invite, MadeInvite), invite
    assert isinstance(list_invites.sync(client=client), InvitePage)
    assert withdraw_invite.sync_detailed(invite.id, client=client).status_code == 204


def logged_in(client: AuthenticatedClient, password: str) -> AuthenticatedClient:
    """A client that comes by the cookie of a new session."""
    body = LoginBody(email=EMAIL, password=password)
    answer = log_in.sync_detailed(client=client, body=body)
    cookie = answer.headers["set-cookie"].partition(";")[0]
    http = client.get_httpx_client()
    url = str(http.base_url).rstrip("/")
    return AuthenticatedClient(
        base_url=url,
        token=cookie,
        prefix="",
        auth_header_name="Cookie",
        headers={"Origin": url},
        raise_on_unexpected_status=True,
        httpx_args={"event_hooks": http.event_hooks},
    )
