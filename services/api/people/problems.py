"""What is refused about people."""

from __future__ import annotations

from types import MappingProxyType

from services.api.http.problems import Refused


class WrongLogin(Refused):
    """There is no such user, or not with this password."""

    code = "wrong_login"
    status = 401
    headers = MappingProxyType({"www-authenticate": 'Bearer realm="penstock"'})


class WrongPassword(Refused):
    """A password was to be changed by who does not know it."""

    code = "wrong_password"
    status = 403


class EmailTaken(Refused):
    """A user has this e-mail."""

    code = "email_taken"
    status = 409


class TooManyUsers(Refused):
    """There are as many users as there may be."""

    code = "too_many_users"
    status = 409


class TooManyWorkspaces(Refused):
    """There are as many workspaces as there may be."""

    code = "too_many_workspaces"
    status = 409


class LastAdmin(Refused):
    """A workspace would be without an admin."""

    code = "last_admin"
    status = 409


class LastInstanceAdmin(Refused):
    """No user would run the installation."""

    code = "last_instance_admin"
    status = 409


class PersonalWorkspace(Refused):
    """A personal workspace has one member, and keeps it."""

    code = "personal_workspace"
    status = 409


class AlreadyMember(Refused):
    """Somebody is a member already."""

    code = "already_member"
    status = 409


class TooManyMembers(Refused):
    """A workspace has as many members as it may have."""

    code = "too_many_members"
    status = 409


class WorkspaceReserved(Refused):
    """A slug that no workspace may have."""

    code = "workspace_reserved"
    status = 409


class TooManyInvites(Refused):
    """A workspace has as many open invites as it may have."""

    code = "too_many_invites"
    status = 409


class AccountLinkOver(Refused):
    """A link to an account that was used, has expired, or was never."""

    code = "account_link_over"
    status = 410


class LoginNeeded(Refused):
    """An invite of somebody who has an account, and is not logged in with it."""

    code = "login_needed"
    status = 409
