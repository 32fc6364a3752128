"""The page at /docs as it is served: of files from here alone, under a policy, kept by browsers."""

import gzip
import re
from hashlib import sha256

import pytest

from services.api.description.page import ASSETS, PAGE, RENDERER, START, asset, page
from shared.errors import NotFound


def test_the_page_is_made_of_files_from_here_and_no_script_stands_in_it() -> None:
    assert re.findall(r"<script([^>]*)>(.*?)</script>", PAGE, re.DOTALL) == [
        (f' src="docs/{RENDERER}"', ""),
        (f' src="docs/{START}"', ""),
    ]
    assert not re.findall(r"""(?:src|href)=["'](?!docs/|openapi\.json|data:,)""", PAGE)
    assert not re.findall(r"\bon\w+=|<style|//", PAGE)


def test_the_policy_lets_the_page_ask_nobody_but_its_origin() -> None:
    headers = page().headers
    policy = dict(
        each.strip().split(" ", 1) for each in headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert headers["x-content-type-options"] == "nosniff"


async def test_browsers_keep_the_files_and_get_the_renderer_packed() -> None:
    for name in (RENDERER, START):
        answer = await asset(name, "gzip, br")
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    packed, plain = await asset(RENDERER, "gzip"), await asset(RENDERER, "")
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.headers["vary"] == plain.headers["vary"] == "accept-encoding"
    assert gzip.decompress(bytes(packed.body)) == plain.body


async def test_the_name_of_our_script_changes_with_what_is_in_it() -> None:
    answer = await asset(START, "")
    assert f"start-{sha256(bytes(answer.body)).hexdigest()[:12]}.js" == START


@pytest.mark.parametrize("name", ["start.js", "README.md", "../page.py", "", "x" * 1_000])
async def test_no_other_file_is_served(name: str) -> None:
    with pytest.raises(NotFound):
        await asset(name, "gzip")


async def test_the_renderer_is_the_one_whose_origin_and_licence_are_told() -> None:
    readme = (ASSETS / "README.md").read_text()
    answer = await asset(RENDERER, "")
    assert sha256(bytes(answer.body)).hexdigest() in readme
    assert f"`{RENDERER}.gz`" in readme
    assert (ASSETS / "scalar-api-reference.LICENSE").read_text().startswith("MIT License")


def test_nothing_is_on_that_would_ask_another_machine() -> None:
    start = (ASSETS / "start.js").read_text()
    for setting in ("telemetry: false", "withDefaultFonts: false", "agent: { disabled: true"):
        assert setting in start
    assert "proxyUrl" not in start
    assert "http" not in start.replace("defaultHttpClient", "")


def test_what_the_page_asks_stands_beside_it_behind_the_path_of_a_proxy_too() -> None:
    start = (ASSETS / "start.js").read_text()
    assert "`${root}openapi.json`" in start
    assert not re.findall(r"""["'`]/|location\.origin""", start)
