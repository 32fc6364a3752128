"""One-time links to an approval: made with a token, used without one.

    POST /runs/{id}/steps/{n}/link    a token's holder makes one, and sends it to whom they trust
    GET  /answer                      what it opens: a page, which decides nothing by being opened
    POST /links/question              the page asks what the question is
    POST /links/decision              a person has pressed a button

The secret stands behind `#` in the link and in bodies, never in an address a server sees. That it
was used is told by the log, in the decision it made: nothing else is stored.
"""

from __future__ import annotations

from collections.abc import Awaitable, Set
from datetime import UTC, datetime, timedelta
from typing import Annotated, ClassVar, TypeVar
from uuid import UUID

from pydantic import Field
from starlette.requests import Request

from services.api.http.addresses import seen_url
from services.api.http.answers import Answer
from services.api.http.calls import Calls, Described
from services.api.http.models import AT, LATER, RUN_ID, Body, Shape
from services.api.http.parameters import id_of
from services.api.http.parts import part
from services.api.http.problems import (
    AlreadyDecided,
    BadLink,
    LinkExpired,
    LinkUsed,
    Unauthorized,
)
from services.api.identity.decision_links import DecisionLinks, Grant, new_id
from services.api.identity.identity import SETTINGS, Identity, identity_of
from services.api.identity.known import Known
from services.api.identity.standing import Right
from services.api.runs.approvers import NotAnApprover, require_approver
from services.api.runs.decide import NOT_NOW, Author, Decided, DecisionBody, Question, asked
from services.api.runs.links import RUN
from services.api.runs.reading import MOST_SHOWN, RunRead, RunReader
from shared.errors import Unavailable
from shared.flow import JSON, Step
from shared.flow.work import WHOLE
from shared.run.content import Blob, ContentRef
from shared.runtime.logging import logger

SECRET_LENGTH, SHOWN_BYTES = 2_000, 64 << 10
# A link, and a comment of 10,000 characters that are escaped one by one.
MOST_BYTES = 128 << 10
DAY_SECONDS, WEEK_SECONDS = 86_400, 604_800
BY_LINK = (BadLink, LinkExpired, LinkUsed, NotAnApprover, Unavailable, *NOT_NOW)

CALLS = Calls("Runs")
T = TypeVar("T")
_SECRET = "eyJsaW5rIjoiNGY...fQ.dGhlIHNpZ25hdHVyZQ"

log = logger()


class LinkBody(Body):
    """For how long a link is good, and who it is given to, as the decision will tell."""

    EXAMPLE: ClassVar[JSON] = {"expires_in_seconds": DAY_SECONDS, "given_to": "Ada"}

    expires_in_seconds: Annotated[int, Field(ge=60, le=WEEK_SECONDS), WHOLE] = DAY_SECONDS
    given_to: Annotated[str, Field(min_length=1, max_length=100)] | None = None


class Link(Shape):
    """A link; who has it may answer this one question once. `link` is its name in the log."""

    EXAMPLE: ClassVar[JSON] = {
        "url": f"http://localhost:8080/answer#link={_SECRET}",
        "link": "4f0c2a7d9be13356",
        "run_id": RUN_ID,
        "step": 2,
        "node": "publish?",
        "made_by": "settings",
        "given_to": "Ada",
        "expires_at": LATER,
    }

    url: str
    link: str
    run_id: UUID
    step: int
    node: str
    made_by: str
    given_to: str | None
    expires_at: datetime


class LinkSecret(Body):
    """A link, as it stands behind `#link=` in its address."""

    EXAMPLE: ClassVar[JSON] = {"link": _SECRET}
    SECRET: ClassVar[Set[str]] = {"link"}

    link: str = Field(max_length=SECRET_LENGTH)


class LinkDecision(DecisionBody):
    """An answer by a link."""

    EXAMPLE: ClassVar[JSON] = {"link": _SECRET, "decision": "approve", "comment": None}
    SECRET: ClassVar[Set[str]] = {"link"}

    link: str = Field(max_length=SECRET_LENGTH)


class Given(Shape):
    """A text that the question is about; null if it is too long to be shown here."""

    node: str
    label: str | None
    text: str | None
    size_bytes: int


class QuestionShape(Shape):
    """What a link's holder may know: the question, and what it is about."""

    EXAMPLE: ClassVar[JSON] = {
        "run_id": RUN_ID,
        "pipeline_name": "Haiku",
        "step": 2,
        "node": "publish?",
        "label": "Publish it?",
        "prompt": "May this haiku be published?",
        "asked_at": AT,
        "expires_at": None,
        "made_by": "settings",
        "given_to": "Ada",
        "link_expires_at": LATER,
        "given": [{"node": "poet", "label": "Poet", "text": "Slow river", "size_bytes": 10}],
    }

    run_id: UUID
    pipeline_name: str | None
    step: int
    node: str
    label: str | None
    prompt: str | None
    asked_at: datetime
    expires_at: datetime | None
    made_by: str
    given_to: str | None
    link_expires_at: datetime
    given: list[Given]


@CALLS.post(
    f"{RUN}/steps/{{n}}/link",
    "Make a link to decide an approval by",
    answers=(Described(201, "The link", Link),),
    refusals=(*NOT_NOW, NotAnApprover),
)
async def make_link(request: Request, body: LinkBody | None) -> Answer[Link]:
    """Makes a link by which one person decides this approval once, without a token.

    It opens a page that shows the question; nothing is decided before a button is pressed there.
    Whoever has the link may do this, so send it to one person, by a way you trust. It is good for
    a day, or as `expires_in_seconds` says, while its maker may decide and nobody has answered.
    """
    who, run = identity_of(request), id_of(request, "run_id", "run")
    wished = body or LinkBody()
    question = await asked(request, who.workspace, run, request.path_params["n"])
    require_approver(who, question.step)
    grant = Grant(
        link=new_id(),
        workspace=who.workspace,
        run=run,
        step=question.step.number,
        made_by=who.name,
        maker=who.maker,
        given_to=wished.given_to,
        expires_at=_in(wished.expires_in_seconds),
    )
    secret = part(request, DecisionLinks).issue(grant)
    log.info("link.made", link=grant.link, run=run, step=grant.step, made_by=who.name)
    told = grant.model_dump(include={"link", "made_by", "given_to", "expires_at"})
    url = f"{seen_url(request)}/answer#link={secret}"
    link = Link(url=url, run_id=UUID(run), step=grant.step, node=question.step.node, **told)
    return Answer(link, 201, {"cache-control": "no-store"})


@CALLS.post(
    "/api/v1/links/question",
    "The question a link leads to",
    answers=(Described(200, "It waits for an answer", QuestionShape),),
    access="open",
    most_bytes=MOST_BYTES,
    refusals=BY_LINK,
)
async def read_question(request: Request, body: LinkSecret) -> Answer[QuestionShape]:
    """Tells the holder of a link what is asked, and the texts it is about. Changes nothing."""
    grant, _ = await _open(request, body.link)
    reader = part(request, RunReader)
    read = await reader.read(grant.workspace, grant.run)
    await reader.show_kept(read, [ref.step for ref in _given_to(read, grant.step)][:MOST_SHOWN])
    return Answer(_question(read, grant), headers={"cache-control": "no-store"})


@CALLS.post(
    "/api/v1/links/decision",
    "Decide an approval by a link",
    answers=(Described(200, "The log has it", Decided),),
    access="open",
    most_bytes=MOST_BYTES,
    refusals=BY_LINK,
)
async def decide_by_link(request: Request, body: LinkDecision) -> Answer[Decided]:
    """Answers the question a link leads to, once; needs no token.

    The decision names who made the link and who it was given to. 410 if the link was used before
    or its time is over, 409 if the question was answered in another way.
    """
    grant, question = await _open(request, body.link)
    decided = await _by_link(grant, question.decide(body, Author(grant.author, grant.link)))
    log.info("link.used", link=grant.link, run=grant.run, step=grant.step, decision=body.decision)
    return Answer(decided, headers={"cache-control": "no-store"})


async def _open(request: Request, secret: str) -> tuple[Grant, Question]:
    """What a link opens, and the question, while who made it may decide.

    Raises: BadLink, LinkExpired, LinkUsed, NotAnApprover, Unavailable; Refused, as `asked`.
    """
    grant = part(request, DecisionLinks).open(secret)
    maker = Identity(grant.workspace, grant.made_by, "admin")
    if grant.maker != SETTINGS:
        try:
            maker = await part(request, Known).require(Right(grant.maker, grant.workspace))
        except Unauthorized:
            raise grant.ended("the token or session of {} that made it") from None
    question = await _by_link(grant, asked(request, grant.workspace, grant.run, str(grant.step)))
    if not maker.is_at_least("member"):
        raise grant.ended(f"the right of {{}}, who is a {maker.role} by now")
    require_approver(maker, question.step)
    return grant, question


async def _by_link(grant: Grant, act: Awaitable[T]) -> T:
    """What `act` gives. Raises: LinkUsed, where the question was answered by this very link."""
    try:
        return await act
    except AlreadyDecided as first:
        first.members = {name: told for name, told in first.members.items() if name != "comment"}
        if first.link != grant.link:
            raise
        log.warning("link.used_again", link=grant.link, run=grant.run, step=grant.step)
        said, when = first.members["decision"], first.members["decided_at"]
        detail = f"This link was used: it said {said}, at {when}. It cannot be used again."
        raise LinkUsed(detail, **first.members) from None


def _question(read: RunRead, grant: Grant) -> QuestionShape:
    step = read.flow.steps[grant.step]
    last = read.last_attempt(step.number)
    assert last is not None, "it was asked a moment ago"
    assert last.approval is not None, "it was asked a moment ago"
    return QuestionShape(
        run_id=UUID(grant.run),
        pipeline_name=read.requested.pipeline_name,
        step=step.number,
        node=step.node,
        label=step.label,
        prompt=last.approval.prompt,
        asked_at=last.approval.asked_at,
        expires_at=last.approval.expires_at,
        made_by=grant.made_by,
        given_to=grant.given_to,
        link_expires_at=grant.expires_at,
        given=_given(read, step),
    )


def _given_to(read: RunRead, step: int) -> list[ContentRef]:
    """What carries the texts it was given, in its order."""
    last = read.last_attempt(step)
    return [ref for each in (last.inputs if last else ()) for ref in each.sources()]


def _given(read: RunRead, step: Step) -> list[Given]:
    """What the step was given, in its order, as far as it fits into what is shown."""
    refs = _given_to(read, step.number)
    contents = [(read.flow.steps[ref.step], read.content(ref)) for ref in refs]
    left, found = SHOWN_BYTES, list[Given]()
    for source, content in contents or [(step, read.requested.input)]:
        text = content if isinstance(content, str) and len(content.encode()) <= left else None
        left -= len((text or "").encode())
        size = content.size_bytes if isinstance(content, Blob) else len(content.encode())
        found.append(Given(node=source.node, label=source.label, text=text, size_bytes=size))
    return found


def _in(seconds: int) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds)
