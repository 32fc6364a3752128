"""Arguments in the places of a call."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.flow.json_value import JSON
from shared.tools.templates import Unfillable, filled_body, filled_text, filled_url, url_problem
from tests.cost import costs_less_than, cpu_cost

URL = "https://api.example.com/items/{{id}}"


@pytest.mark.parametrize(
    ("template", "query", "arguments", "url"),
    [
        (URL, {}, {"id": "7"}, "https://api.example.com/items/7"),
        (URL, {}, {"id": 7}, "https://api.example.com/items/7"),
        (URL, {}, {"id": True}, "https://api.example.com/items/true"),
        (URL, {}, {"id": "a/b?c#d&e=é %2e"}, f"{URL[:-6]}a%2Fb%3Fc%23d%26e%3D%C3%A9%20%252e"),
        (URL, {}, {"id": "a@b:1\\"}, f"{URL[:-6]}a%40b%3A1%5C"),
        (URL, {}, {"id": "{{q}}", "q": "x"}, f"{URL[:-6]}%7B%7Bq%7D%7D"),
        (URL, {}, {"id": "..."}, f"{URL[:-6]}..."),
        (URL, {"q": "{{q}}"}, {"id": "1", "q": "a&b"}, f"{URL[:-6]}1?q=a%26b"),
        (URL, {"q": "{{q}}", "r": "s"}, {"id": "1"}, f"{URL[:-6]}1?r=s"),
        (URL, {"q": "{{q}}"}, {"id": "1", "q": None}, f"{URL[:-6]}1"),
        (URL, {"a b": "{{q}}"}, {"id": "1", "q": ""}, f"{URL[:-6]}1?a%20b="),
        (f"{URL}?a={{{{q}}}}", {"c": "d"}, {"id": "1", "q": "&x=y"}, f"{URL[:-6]}1?a=%26x%3Dy&c=d"),
        (URL, {"q": "{{q}}"}, {"id": "1", "q": [1, "a"]}, f"{URL[:-6]}1?q=%5B1%2C%22a%22%5D"),
    ],
)  # fmt: skip
def test_an_argument_is_encoded_where_it_stands_in_a_url(
    template: str, query: Mapping[str, str], arguments: Mapping[str, JSON], url: str
) -> None:
    assert filled_url(template, query, arguments) == url


@pytest.mark.parametrize(
    ("template", "arguments", "code"),
    [
        (URL, {}, "missing_argument"),
        (URL, {"id": None}, "missing_argument"),
        (URL, {"id": ""}, "bad_argument"),
        (URL, {"id": ".."}, "bad_argument"),
        (URL, {"id": "."}, "bad_argument"),
        ("https://a.example/x/.{{id}}/y", {"id": "."}, "bad_argument"),
        (URL, {"id": "\ud800"}, "bad_argument"),
        (f"{URL[:-6]}?a=x{{{{id}}}}", {}, "missing_argument"),
    ],
)
def test_an_argument_that_does_not_fit_has_a_code(
    template: str, arguments: Mapping[str, JSON], code: str
) -> None:
    with pytest.raises(Unfillable, match="expected") as unfillable:
        filled_url(template, {}, arguments)
    assert unfillable.value.code == code


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1))
def test_no_argument_changes_where_a_call_goes(text: str) -> None:
    if text in (".", ".."):
        return
    url = filled_url(f"{URL}/end?a={{{{id}}}}", {"b": "{{id}}"}, {"id": text})
    origin, path, query = url[:23], *url[23:].split("?")
    assert origin == "https://api.example.com"
    assert path.count("/") == 3
    assert query.count("&") == 1
    assert url.isascii()
    assert not set(url) & set(" #\\@\r\n\t\0")


@pytest.mark.parametrize(
    ("body", "arguments", "filled"),
    [
        ("{{item}}", {"item": {"a": [1]}}, {"a": [1]}),
        ({"a": "{{n}}"}, {"n": 7}, {"a": 7}),
        ({"a": "n={{n}}"}, {"n": 7}, {"a": "n=7"}),
        ({"a": "{{q}}"}, {"q": '","admin":true,"'}, {"a": '","admin":true,"'}),
        ({"a": "{{q}}", "b": 1}, {}, {"b": 1}),
        ({"a": "{{q}}", "b": 1}, {"q": None}, {"b": 1}),
        ({"a": [{"b": "{{q}}"}, None, 1.5]}, {"q": "x"}, {"a": [{"b": "x"}, None, 1.5]}),
        ({"{{q}}": 1}, {"q": "x"}, {"{{q}}": 1}),
        ("plain", {}, "plain"),
    ],
)
def test_an_argument_keeps_its_type_where_it_is_all_of_a_text(
    body: JSON, arguments: Mapping[str, JSON], filled: JSON
) -> None:
    assert filled_body(body, arguments) == filled


@pytest.mark.parametrize("body", ["{{q}}", ["{{q}}"], {"a": "x{{q}}"}])
def test_what_cannot_be_left_out_must_be_given(body: JSON) -> None:
    with pytest.raises(Unfillable, match='expected the argument "q", got none'):
        filled_body(body, {})


def test_a_text_is_filled_in_as_it_is() -> None:
    assert filled_text("a {{q}} {{ n }}", {"q": "é\n", "n": 1.5}) == "a é\n 1.5"


def test_a_url_of_many_placeholders_is_read_in_linear_time() -> None:
    small, large = ("https://a.example/" + "{{id}}" * count + " " for count in (30, 300))
    assert url_problem(large)
    assert costs_less_than(
        4 * 10 * cpu_cost(lambda: url_problem(small)), lambda: url_problem(large)
    )
