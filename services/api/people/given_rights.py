"""What ends with a right: tokens and links that were made by whoever had it, and by those tokens.

A token or an invite may no more than who made it, and a token that made others is one of these
itself: else who is removed would come back by what they left behind.
"""

from __future__ import annotations

_RANK = "coalesce(array_position(array['viewer', 'member', 'admin'], {0}), 0)"
_IS_OPEN = "used_at is null and expires_at > now()"


def made_by(maker: str) -> str:
    """SQL of all tokens, by id, that were made by `maker`, at whatever remove.

    It is the recursive query `descended`: the statement begins `with recursive`.
    """
    return f"""descended as (
        select id, workspace, role, made_by from tokens where made_by = {maker}
        union
        select t.id, t.workspace, t.role, t.made_by
        from tokens t join descended d on t.made_by = d.id
    )"""


def rank_of(role: str) -> str:
    """SQL of how much a role may: a number, 0 where there is none."""
    return _RANK.format(role)


def ended(maker: str, where: str, *, also: str = "false") -> str:
    """SQL that revokes tokens of `descended`, and ends invites of `maker` and of these tokens.

    `where` is what of them: a condition on `workspace` and `role`. `also` says which other links.
    """
    return f"""revoked as (
        update tokens as given set revoked_at = now()
        where revoked_at is null and id in (select id from descended) and {where}
    ), withdrawn as (
        update links as given set expires_at = now()
        where {_IS_OPEN} and made_by in (select {maker} union all select id from descended)
            and (kind = 'invite' and {where} or {also})
    )"""
