"""What a user of NATS may do, and the account it lives in: the words that `rights` are said in."""

from __future__ import annotations

from dataclasses import dataclass

LOG_ACCOUNT = "CORE"


@dataclass(frozen=True, kw_only=True)
class Role:
    """What a user may do; `inboxes` are the prefixes on which it hears answers.

    stores    subjects of the log's account that a stream stores, or that acknowledge: one answer
    asks      requests to JetStream: one answer or many
    hears     what other accounts publish: account and subject
    tells     what it publishes for other accounts to hear
    questions what it asks of other roles: account and subject; theirs are `answers`, each with
              `replies` messages within `reply_seconds`
    calls     what it asks of whoever hears it in other accounts; answers are what it `collects`
    returns   where it answers what it hears: account and subject
    within    what it asks and answers in its own account: replicas among themselves
    """

    name: str
    stores: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    hears: tuple[tuple[str, str], ...] = ()
    tells: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    questions: tuple[tuple[str, str], ...] = ()
    answers: tuple[str, ...] = ()
    replies: int = 1
    reply_seconds: int = 10
    inboxes: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    collects: tuple[str, ...] = ()
    returns: tuple[tuple[str, str], ...] = ()

    @property
    def account(self) -> str:
        """The account it lives in."""
        return account_of(self.name)

    @property
    def may_publish(self) -> tuple[str, ...]:
        """The subjects; answers to replicas included."""
        answers = self.inboxes if self.within else ()
        asked = (subject for _, subject in (*self.questions, *self.returns))
        own = (*self.tells, *self.calls, *self.within)
        return (*self.stores, *self.asks, *asked, *own, *answers)

    @property
    def may_hear(self) -> tuple[str, ...]:
        """The subjects."""
        heard = (subject for _, subject in self.hears)
        own = (*self.within, *self.tells, *self.collects)
        return tuple(dict.fromkeys((*self.inboxes, *heard, *self.answers, *own)))


def account_of(role: str) -> str:
    """The account of a role."""
    return role.upper().replace("-", "_")
