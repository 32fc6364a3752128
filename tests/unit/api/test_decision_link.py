"""What a link to a question opens: that question, for its time, as it was made."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta

import pytest

from services.api.http.problems import BadLink, LinkExpired
from services.api.identity.decision_links import DecisionLinks, Grant, new_id
from services.api.identity.identity import Identity
from services.api.identity.tickets import Tickets
from tests.unit.run.tale import DAWN

KEY = b"k" * 32
LINKS = DecisionLinks(KEY)
NOW = DAWN.timestamp()
GRANT = Grant(
    link="4f0c2a7d9be13356",
    workspace="acme",
    run="0192f5d0-0000-7000-8000-000000000000",
    step=2,
    made_by="settings",
    given_to="Ada",
    expires_at=DAWN + timedelta(hours=1),
)
SECRET = LINKS.issue(GRANT)


def test_a_link_opens_what_it_was_made_for_until_its_time_is_over() -> None:
    assert LINKS.open(SECRET, now=NOW) == GRANT
    assert LINKS.open(SECRET, now=NOW + 3_600) == GRANT
    with pytest.raises(LinkExpired, match="Ask settings for a new one") as expired:
        LINKS.open(SECRET, now=NOW + 3_601)
    assert (expired.value.code, expired.value.status) == ("link_expired", 410)


@pytest.mark.parametrize("other", ["run", "step", "given_to", "expires_at", "workspace"])
def test_a_link_that_was_changed_opens_nothing(other: str) -> None:
    said, signature = SECRET.split(".")
    changes = {"step": 3, "expires_at": DAWN + timedelta(days=9)}
    changed = GRANT.model_copy(update={other: changes.get(other, "other")})
    assert changed != GRANT
    body = urlsafe_b64encode(changed.model_dump_json().encode()).rstrip(b"=").decode()
    assert LINKS.open(f"{said}.{signature}", now=NOW)
    with pytest.raises(BadLink):
        LINKS.open(f"{body}.{signature}", now=NOW)


@pytest.mark.parametrize(
    "forged",
    [
        "",
        ".",
        "..",
        "x",
        "é.é",
        SECRET[:-2],
        SECRET[1:],
        f"{SECRET}AA",
        f"{SECRET} ",
        "=.=",
        "AAA.A",
    ],
)
def test_what_is_no_link_opens_nothing_and_says_how_to_go_on(forged: str) -> None:
    with pytest.raises(BadLink, match="ask for a new one") as refused:
        LINKS.open(forged, now=NOW)
    assert refused.value.status == 403


def test_a_link_of_another_deployment_and_a_ticket_open_nothing() -> None:
    ticket = Tickets(KEY).issue(Identity("acme", "a reader", "viewer"), GRANT.run)
    for foreign in (DecisionLinks(b"o" * 32).issue(GRANT), ticket):
        with pytest.raises(BadLink):
            LINKS.open(foreign, now=NOW)


def test_a_link_holds_no_key_and_no_two_have_one_name() -> None:
    said, _ = SECRET.split(".")
    assert KEY not in urlsafe_b64decode(f"{said}==")
    assert len({new_id() for _ in range(100)}) == 100


def test_a_decision_by_a_link_names_who_made_it_and_who_it_was_for() -> None:
    assert GRANT.author == "Ada, by a link of settings"
    unnamed = GRANT.model_copy(update={"given_to": None})
    assert unnamed.author == "somebody, by a link of settings"


def test_a_link_is_good_under_every_secret_key_in_force() -> None:
    both = DecisionLinks(b"n" * 32, KEY)
    assert both.open(LINKS.issue(GRANT), now=NOW) == GRANT
    assert DecisionLinks(b"n" * 32).open(both.issue(GRANT), now=NOW) == GRANT
    with pytest.raises(BadLink):
        DecisionLinks(b"n" * 32).open(LINKS.issue(GRANT), now=NOW)
