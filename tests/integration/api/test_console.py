"""The console as it is served: one page, its files, and what stands there where it is not built."""

from __future__ import annotations

import gzip
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from services.api.pages import console
from tests.integration.api.conftest import started
from tests.integration.api.story import Service
from tests.servers import own_folder

PAGE = (
    '<!doctype html><html><head><base href="/"><title>Penstock</title></head><body>'
    '<script type="module" src="./assets/index-0.js"></script></body></html>'
)
SCRIPT = "export const words = 'a river';\n" * 200
ADDRESSES = ("/", "/sign-in", "/w/acme/runs", "/w/acme/runs/a%2Fb?status=failed")
HTML = {"Accept": "text/html"}


@pytest.fixture
def dist(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A console of one page and three files."""
    with own_folder() as folder:
        (folder / "dist" / "assets").mkdir(parents=True)
        (folder / "secret.txt").write_text("not for anybody")
        (folder / "dist" / "index.html").write_text(PAGE)
        (folder / "dist" / "assets" / "index-0.js").write_text(SCRIPT)
        (folder / "dist" / "assets" / "small-0.css").write_text("a{}")
        (folder / "dist" / "assets" / "mark-0.woff2").write_bytes(b"\0" * 4_096)
        monkeypatch.setattr(console, "DIST", folder / "dist")
        yield folder / "dist"


@pytest.fixture
async def built(
    dist: Path, provisioned: None, nats_url: str, database_url: str
) -> AsyncIterator[Service]:
    async with started(nats_url, database_url) as service:
        yield service


@pytest.mark.parametrize("address", ADDRESSES)
async def test_every_address_has_the_one_page_under_a_strict_policy(
    built: Service, address: str
) -> None:
    answer = await built.http.get(address, headers=HTML)
    assert (answer.status_code, answer.text) == (200, PAGE)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    policy = dict(
        each.strip().split(" ", 1) for each in answer.headers["content-security-policy"].split(";")
    )
    assert (policy["default-src"], policy["script-src"]) == ("'none'", "'self'")
    assert (policy["connect-src"], policy["frame-ancestors"]) == ("'self'", "'none'")
    head = await built.http.head(address, headers=HTML)
    assert (head.status_code, head.content) == (200, b"")
    for known in (answer.headers["etag"], f"W/{answer.headers['etag']}", "*"):
        again = await built.http.get(address, headers={**HTML, "If-None-Match": known})
        assert (again.status_code, again.content) == (304, b""), known
        assert again.headers["etag"] == answer.headers["etag"]


async def test_a_page_that_was_built_again_is_served_at_once(built: Service, dist: Path) -> None:
    first = await built.http.get("/sign-in")
    (dist / "index.html").write_text(PAGE.replace("index-0", "index-1"))
    os.utime(dist / "index.html", ns=(1, 1))
    known = {"If-None-Match": first.headers["etag"]}
    second = await built.http.get("/sign-in", headers=known)
    assert second.status_code == 200
    assert "index-1.js" in second.text


async def test_files_are_kept_for_good_and_texts_come_packed(built: Service) -> None:
    plain = {"Accept-Encoding": "identity"}
    answer = await built.http.get("/assets/index-0.js", headers=plain)
    assert (answer.status_code, answer.text) == (200, SCRIPT)
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"].partition(";")[0] in (
        "text/javascript",
        "application/javascript",
    )
    assert answer.headers["vary"] == "accept-encoding"
    assert answer.headers["x-content-type-options"] == "nosniff"
    packed = await built.http.get("/assets/index-0.js", headers={"Accept-Encoding": "br, gzip"})
    assert (packed.text, packed.headers["content-encoding"]) == (SCRIPT, "gzip")
    assert int(packed.headers["content-length"]) == len(gzip.compress(SCRIPT.encode(), mtime=0))
    assert packed.headers["cache-control"] == answer.headers["cache-control"]
    for tag in (answer.headers["etag"], packed.headers["etag"]):
        again = await built.http.get("/assets/index-0.js", headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")
    refused = {"Accept-Encoding": "gzip;q=0, identity"}
    assert (
        "content-encoding"
        not in (await built.http.get("/assets/index-0.js", headers=refused)).headers
    )


@pytest.mark.parametrize("name", ["small-0.css", "mark-0.woff2"])
async def test_what_gains_nothing_is_not_packed(built: Service, name: str) -> None:
    answer = await built.http.get(f"/assets/{name}", headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    assert "content-encoding" not in answer.headers
    head = await built.http.head(f"/assets/{name}")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == answer.headers["content-length"]


@pytest.mark.parametrize(
    "path",
    [
        "/assets/none.js",
        "/assets/",
        "/assets",
        "/assets/../index.html",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/assets/%00",
        "/assets//etc/passwd",
    ],
)
async def test_nothing_but_its_files_is_served(built: Service, path: str) -> None:
    answer = await built.http.get(path)
    assert answer.status_code == 404, answer.text
    assert "immutable" not in answer.headers.get("cache-control", "")
    assert "not for anybody" not in answer.text
    assert (await built.http.post("/assets/index-0.js")).status_code in (404, 405)


async def test_behind_a_path_of_a_proxy_its_addresses_begin_there(
    dist: Path, provisioned: None, nats_url: str, database_url: str
) -> None:
    url = "https://host.example/pipes"
    async with started(nats_url, database_url, PENSTOCK_PUBLIC_URL=url) as service:
        answer = await service.http.get("/w/acme/runs")
    assert '<base href="/pipes/">' in answer.text


async def test_a_program_is_told_where_things_are(built: Service) -> None:
    answer = await built.http.get("/", headers={"Accept": "application/json"})
    assert answer.json()["openapi"] == "/openapi.json"
    assert answer.headers["vary"] == "accept"


@pytest.mark.parametrize("address", ADDRESSES)
async def test_where_it_is_not_built_a_page_says_what_builds_it(
    dist: Path, provisioned: None, nats_url: str, database_url: str, address: str
) -> None:
    (dist / "index.html").unlink()
    async with started(nats_url, database_url) as service:
        answer = await service.http.get(address, headers=HTML)
        assert answer.status_code == 503
        assert "<code>make run</code> builds it" in answer.text
        assert (await service.http.get("/", headers={"Accept": "*/*"})).status_code == 200
        assert (await service.http.get("/assets/index-0.js")).status_code in (200, 404)
