"""The accounts of a NATS server, as its configuration has them: made of the roles of `rights`.

Run as a program it prints deploy/nats.conf anew: what stands above the mark, then the accounts.

Source: NATS docs, accounts: service and stream exports and imports, `response_type`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from shared.log import declared
from shared.log.rights import (
    BACKUP,
    BACKUP_HEARS,
    BACKUP_PUBLISHES,
    roles,
)
from shared.log.role import LOG_ACCOUNT, Role

MARK = "# Made by `make docs` from shared/log/rights.py; what is written below is lost."
USERS_FILE = "nats-users.conf"

# How long an answer may keep the next one waiting: above that the server forgets who asked.
# A pull asks for 20 s at most, a read for 2 s.
_PULL_PATIENCE, _READ_PATIENCE = "30s", "10s"

_WHOLE_API = "$JS.API.>"
_PULL = "$JS.API.CONSUMER.MSG.NEXT."
_MANY = (_PULL, "$JS.API.DIRECT.GET.")
_NOWHERE = f'service: {{ account: {LOG_ACCOUNT}, subject: "nowhere.>" }}'

Password = Callable[[str], str]


def accounts(members: Sequence[Role], password: Password, *, more: str = "") -> str:
    """The block `accounts`. `password` gives a role's, as it is to stand in the file."""
    parts = [
        _log_account(members, password("migrate")),
        *(account(role, password(role.name)) for role in members),
    ]
    return "accounts {\n" + "\n".join(parts) + (f"\n{more}\n" if more else "\n") + "}\n"


def account(role: Role, password: str) -> str:
    """A role's account with its one user."""
    services = [_imported("service", LOG_ACCOUNT, s) for s in (*role.stores, *role.asks)]
    if _WHOLE_API not in role.asks:
        # In place of the import that the server gives every account, by which JetStream answers
        # that it is not enabled there: faster than the right answer, and to the same subjects.
        services.insert(0, f'{{ {_NOWHERE}, to: "{_WHOLE_API}" }}')
    asked = (*role.questions, *role.returns)
    services += [_imported("service", source, subject) for source, subject in asked]
    streams = [_imported("stream", source, subject) for source, subject in role.hears]
    exports = [f'{{ stream: "{subject}" }}' for subject in (*role.tells, *role.calls)]
    exports += [f'{{ service: "{subject}", response_type: stream }}' for subject in role.answers]
    exports += [f'{{ service: "{subject}" }}' for subject in role.collects]
    replies = _replies(role) if role.answers else ""
    publish = _listed(role.may_publish) if role.may_publish else '{ deny: ">" }'
    user = (
        f"{{ user: {role.name}, password: {password}, permissions: {{\n"
        f"      publish: {publish}\n      subscribe: {_listed(role.may_hear)}{replies}\n    }} }}"
    )
    lines = [f"  {role.account}: {{", _block("users", [user])]
    if exports:
        lines.append(_block("exports", exports))
    lines += [_block("imports", [*services, *streams]), "  }"]
    return "\n".join(lines)


def _replies(role: Role) -> str:
    return f'\n      allow_responses: {{ max: {role.replies}, expires: "{role.reply_seconds}s" }}'


def _log_account(members: Sequence[Role], password: str) -> str:
    stored = dict.fromkeys(subject for role in members for subject in role.stores)
    asked = dict.fromkeys(subject for role in members for subject in role.asks)
    # Whoever is made later works off consumers of its own.
    stored[f"$JS.ACK.{declared.RUNS}.>"] = None
    asked[f"$JS.API.CONSUMER.MSG.NEXT.{declared.RUNS}.*"] = None
    stored["nowhere.>"] = None
    exports = [f'{{ service: "{subject}" }}' for subject in stored]
    exports += [_asked(subject) for subject in asked]
    heard = {subject for role in members for source, subject in role.hears if source == LOG_ACCOUNT}
    exports += [f'{{ stream: "{subject}" }}' for subject in sorted(heard)]
    user = (
        f"{{ user: {BACKUP}, password: {password}, permissions: {{\n"
        f"      publish: {_listed(BACKUP_PUBLISHES)}\n      subscribe: {_listed(BACKUP_HEARS)}\n"
        "    } }"
    )
    lines = [f"  {LOG_ACCOUNT}: {{", "    jetstream: enabled", _block("users", [user])]
    return "\n".join([*lines, _block("exports", exports), "  }"])


def _asked(subject: str) -> str:
    """An export whose many answers, where it has many, are let through."""
    many = "response_type: stream, " if subject.startswith(_MANY) or subject == _WHOLE_API else ""
    patience = _PULL_PATIENCE if subject.startswith(_PULL) else _READ_PATIENCE
    return f'{{ service: "{subject}", {many}response_threshold: "{patience}" }}'


def _imported(kind: str, source: str, subject: str) -> str:
    return f'{{ {kind}: {{ account: {source}, subject: "{subject}" }} }}'


def _block(name: str, items: Iterable[str]) -> str:
    return f"    {name}: [\n" + "\n".join(f"      {item}," for item in items) + "\n    ]"


def _listed(subjects: Iterable[str]) -> str:
    return "[" + ", ".join(f'"{subject}"' for subject in subjects) + "]"


def from_environment(role: str) -> str:
    """A password that the server reads from its environment."""
    return f"$NATS_{role.upper().replace('-', '_')}_PASSWORD"


def deployed(text: str) -> str:
    """deploy/nats.conf with its accounts made anew. Raises: ValueError without the mark."""
    head = text[: text.index(MARK)] + MARK
    made = accounts(roles(), from_environment, more=f"  include ./{USERS_FILE}")
    return f"{head}\n\n{made}"


if __name__ == "__main__":
    sys.stdout.write(deployed((Path(__file__).parents[2] / "deploy" / "nats.conf").read_text()))
