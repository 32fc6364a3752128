"""By which rule people are let in, and where they work then."""

from __future__ import annotations

import pytest

from services.api.openid.claims import Said, said_of
from services.api.openid.refusals import WrongDomain, WrongGroup
from services.api.openid.rule import Rule
from shared.runtime.sign_in import TeamPlace


def said(email: str = "ada@example.org", *groups: str) -> Said:
    return Said("1", email, "Ada", frozenset(groups))


def test_domains_are_whole_domains() -> None:
    rule = Rule(("example.org",), (), ())
    rule.require(said())
    for email in ("a@sub.example.org", "a@badexample.org", "example.org@evil.example"):
        with pytest.raises(WrongDomain):
            rule.require(said(email))
    Rule(("*",), (), ()).require(said("a@anywhere.example"))


def test_a_domain_and_a_group_must_both_fit() -> None:
    rule = Rule(("example.org",), ("eng", "ops"), ())
    rule.require(said("ada@example.org", "sales", "ops"))
    with pytest.raises(WrongGroup):
        rule.require(said("ada@example.org", "sales"))
    with pytest.raises(WrongDomain):
        rule.require(said("ada@evil.example", "ops"))


def test_of_several_roles_the_highest_counts() -> None:
    places = (
        TeamPlace("ops", "default", "admin"),
        TeamPlace(None, "default", "viewer"),
        TeamPlace("eng", "default", "member"),
        TeamPlace("eng", "research", "member"),
    )
    rule = Rule((), (), places)
    assert rule.places_of(said()) == {"default": "viewer"}
    found = rule.places_of(said("ada@example.org", "eng"))
    assert found == {"default": "member", "research": "member"}
    assert rule.places_of(said("ada@example.org", "ops", "eng"))["default"] == "admin"


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"name": "  Ada \n L\x00ovelace "}, "Ada L ovelace"),
        ({"name": "\x00", "preferred_username": "ada.l"}, "ada.l"),
        ({"name": 7}, "ada"),
        ({"name": "x" * 300}, "x" * 200),
    ],
)
def test_somebody_has_a_name_that_can_be_shown(claims: dict[str, object], name: str) -> None:
    known = {"sub": "1", "email": "Ada@Example.org", "email_verified": True}
    assert said_of({**known, **claims}, "groups") == Said(
        "1", "ada@example.org", name, frozenset({})
    )


def test_one_group_may_come_alone() -> None:
    known = {"sub": "1", "email": "ada@example.org", "email_verified": True}
    assert said_of({**known, "roles": "eng"}, "roles").groups == {"eng"}
