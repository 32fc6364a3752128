"""The calls about one-time links, by the generated Python client."""

from __future__ import annotations

from uuid import UUID

from generated import AuthenticatedClient
from generated.api.runs import decide_by_link, make_link, read_question
from generated.models import (
    Decided,
    Link,
    LinkBody,
    LinkDecision,
    LinkDecisionDecision,
    LinkSecret,
    QuestionShape,
)


def call_a_link(client: AuthenticatedClient, run: UUID) -> None:
    """Decides the run's step 0, which waits for a person, by a link."""
    link = make_link.sync(run, 0, client=client, body=LinkBody(given_to="Ada"))
    assert isinstance(link, Link), link
    secret = link.url.partition("#link=")[2]
    question = read_question.sync(client=client, body=LinkSecret(link=secret))
    assert isinstance(question, QuestionShape), question
    assert question.prompt == "Fine?"
    body = LinkDecision(link=secret, decision=LinkDecisionDecision.APPROVE)
    decided = decide_by_link.sync(client=client, body=body)
    assert isinstance(decided, Decided), decided
