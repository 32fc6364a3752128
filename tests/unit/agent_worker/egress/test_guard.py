"""What may be called and what not, by address, by name and by spelling."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.agent_worker.egress import EgressRefused, EgressUnresolved, Guard
from services.agent_worker.egress.addresses import NOT_PUBLIC, canonical, why_not_public
from services.agent_worker.egress.targets import parsed, target_of
from shared.runtime.egress import places
from tests.unit.agent_worker.egress.names import Names

PUBLIC, OTHER, SIX = "93.184.215.14", "8.8.8.8", "2606:2800:21f:cb07::1"
TABLE = {
    "public.example": [PUBLIC],
    "several.example": [SIX, PUBLIC],
    "many-and-one.example": [*(f"93.184.215.{n}" for n in range(1, 30)), "10.0.0.1"],
    "xn--bcher-kva.example": [PUBLIC],
    "localhost": ["127.0.0.1", "::1"],
    "inside.example": ["10.1.2.3"],
    "mixed.example": [PUBLIC, "192.168.0.1"],
    "mixed-six.example": [PUBLIC, "fd00::1"],
    "mapped.example": ["::ffff:169.254.169.254"],
    "zone.example": ["fe80::1%lo"],
    "none.example": [],
    "many.example": [f"93.184.215.{n}" for n in range(1, 30)],
    "metadata.google.internal": ["169.254.169.254"],
    "tools.internal": ["10.1.2.3"],
    "a.tools.internal": ["10.1.2.3"],
}

REFUSED = {
    # addresses as they are
    "http://127.0.0.1/": "loopback",
    "http://127.255.255.254/": "loopback",
    "http://[::1]/": "loopback",
    "http://0.0.0.0/": "unspecified",
    "http://0.1.2.3/": "unspecified",
    "http://[::]/": "unspecified",
    "http://10.0.0.1/": "private",
    "http://172.16.0.1/": "private",
    "http://172.31.255.255/": "private",
    "http://192.168.1.1/": "private",
    "http://[fc00::1]/": "private",
    "http://[fdff::1]/": "private",
    "http://169.254.169.254/latest/meta-data/": "link_local",
    "http://[fe80::1]/": "link_local",
    "http://[febf::1]/": "link_local",
    "http://[fec0::1]/": "site_local",
    "http://100.64.0.1/": "shared",
    "http://100.127.255.255/": "shared",
    "http://224.0.0.1/": "multicast",
    "http://[ff02::1]/": "multicast",
    "http://255.255.255.255/": "broadcast",
    "http://240.0.0.1/": "reserved",
    "http://192.0.0.8/": "reserved",
    "http://[100::1]/": "reserved",
    "http://[4000::1]/": "reserved",
    "http://198.18.0.1/": "benchmarking",
    "http://198.19.255.255/": "benchmarking",
    "http://192.0.2.1/": "documentation",
    "http://198.51.100.1/": "documentation",
    "http://203.0.113.1/": "documentation",
    "http://[2001:db8::1]/": "documentation",
    # addresses within addresses
    "http://[::ffff:127.0.0.1]/": "loopback",
    "http://[::ffff:7f00:1]/": "loopback",
    "http://[::ffff:10.0.0.1]/": "private",
    "http://[::127.0.0.1]/": "loopback",
    "http://[::a9fe:a9fe]/": "link_local",
    "http://[64:ff9b::7f00:1]/": "translated",
    "http://[64:ff9b:1::1]/": "translated",
    "http://[2002:7f00:1::]/": "translated",
    "http://[2001:0:1::1]/": "translated",
    # other spellings
    "http://2130706433/": "host",
    "http://0x7f000001/": "host",
    "http://0x7f.1/": "host",
    "http://127.1/": "host",
    "http://127.0.1/": "host",
    "http://017700000001/": "host",
    "http://0177.0.0.1/": "url",
    "http://127.0.0.1./": "host",
    "http://1.2.3.4.5/": "host",
    "http://256.1.1.1/": "url",
    "http://[fe80::1%25eth0]/": "host",
    "http://[::1%25lo]/": "host",
    "http://①②⑦.⓪.⓪.①/": "url",
    "http://１２７.0.0.1/": "url",
    "http://public%2eexample/": "host",
    "http://%6cocalhost/": "host",
    "http://public.example../": "host",
    "http://.public.example/": "host",
    "http://pub lic.example/": "url",
    "http://public.example\\@localhost/": "url",
    "http://localhost\\.public.example/": "url",
    "http://public.example\t/": "url",
    "http://public.example/\r\nHost: localhost": "url",
    "http:///path": "host",
    "http://*.example/": "host",
    "http://[v1.x]/": "url",
    "http://user@public.example/": "user_info",
    "http://user:secret@public.example/": "user_info",
    "http://@public.example/": "user_info",
    "http://public.example@localhost/": "user_info",
    # schemes and ports
    "ftp://public.example/": "scheme",
    "file:///etc/passwd": "scheme",
    "gopher://public.example/": "scheme",
    "//public.example/": "scheme",
    "/path": "scheme",
    "http:public.example": "scheme",
    "http://public.example:0/": "port",
    "http://public.example:65536/": "port",
    "http://public.example:x/": "url",
    "http://public.example:８０/": "url",
    "http://public.example:080080/": "url",
    "http://public.example/" + "x" * 8192: "url",
    # names
    "http://localhost/": "loopback",
    "http://LOCALHOST./": "loopback",
    "http://localhost。/": "loopback",
    "http://inside.example/": "private",
    "http://mixed.example/": "private",
    "http://mixed-six.example/": "private",
    "http://mapped.example/": "link_local",
    "http://many-and-one.example/": "private",
    "http://metadata.google.internal/": "link_local",
}

ALLOWED = {
    "http://public.example/": (PUBLIC,),
    "https://PUBLIC.example./a?b#c": (PUBLIC,),
    "https://public.example:8443/": (PUBLIC,),
    "http://public.example:22/": (PUBLIC,),
    "https://several.example/": (SIX, PUBLIC),
    "https://many.example/": tuple(f"93.184.215.{n}" for n in range(1, 9)),
    "https://bücher.example/": (PUBLIC,),
    f"http://{OTHER}/": (OTHER,),
    f"http://[{SIX}]/": (SIX,),
    f"http://[::ffff:{OTHER}]/": (OTHER,),
    "http://172.32.0.1/": ("172.32.0.1",),
    "http://100.128.0.1/": ("100.128.0.1",),
    "http://198.20.0.1/": ("198.20.0.1",),
    "http://223.255.255.255/": ("223.255.255.255",),
}

SETTING = ("tools.internal", "127.0.0.1:9001", "10.9.0.0/16", "[fd00::1]:8080", "fd99::/64")

BY_SETTING = {
    "http://tools.internal/": True,
    "https://TOOLS.internal.:8443/": True,
    "http://a.tools.internal/": False,
    "http://inside.example/": False,  # at the same address, by another name
    "http://10.1.2.3/": False,
    "http://127.0.0.1:9001/": True,
    "http://[::ffff:127.0.0.1]:9001/": True,
    "http://127.0.0.1:9002/": False,
    "http://127.0.0.1/": False,
    "http://127.0.0.2:9001/": False,
    "http://10.9.255.1:1234/": True,
    "http://10.8.0.1/": False,
    "http://[fd00::1]:8080/": True,
    "http://[fd00::1]/": False,
    "http://[fd99::7]/": True,
    "http://[::1]:9001/": False,
    "http://public.example/": True,
}


async def resolved(guard: Guard, url: str) -> tuple[str, ...]:
    return tuple(map(str, await guard.resolve(target_of(parsed(url)))))


@pytest.mark.parametrize(("url", "reason"), REFUSED.items())
async def test_what_is_not_public_or_not_plain_is_refused(url: str, reason: str) -> None:
    with pytest.raises(EgressRefused) as refused:
        await resolved(Guard(resolver=Names(TABLE)), url)
    assert (refused.value.code, refused.value.reason) == ("egress_refused", reason)
    assert "secret" not in str(refused.value)
    assert "expected" in str(refused.value)


@pytest.mark.parametrize(("url", "addresses"), ALLOWED.items())
async def test_public_addresses_may_be_called(url: str, addresses: tuple[str, ...]) -> None:
    assert await resolved(Guard(resolver=Names(TABLE)), url) == addresses


@pytest.mark.parametrize(("url", "may"), BY_SETTING.items())
async def test_the_setting_allows_what_it_names_and_no_more(url: str, may: bool) -> None:
    guard = Guard(places(SETTING), Names(TABLE))
    if may:
        assert await resolved(guard, url)
    else:
        with pytest.raises(EgressRefused):
            await resolved(guard, url)


@pytest.mark.parametrize(
    "url", ["http://none.example/", "http://no.example/", "http://zone.example/"]
)
async def test_a_name_without_an_address_says_so(url: str) -> None:
    with pytest.raises(EgressUnresolved, match=r"expected \S+ to have an address") as failed:
        await resolved(Guard(resolver=Names(TABLE)), url)
    assert failed.value.retry


async def test_a_name_server_that_never_answers_is_not_waited_for() -> None:
    async def silent(host: str, port: int) -> Sequence[str]:
        await asyncio.Event().wait()
        return []

    guard = Guard(resolver=silent, lookup_seconds=0.01)
    with pytest.raises(EgressUnresolved, match=r"an address of slow\.example within 0\.01 s"):
        await resolved(guard, "http://slow.example/")


async def test_the_system_s_own_resolver_knows_this_machine() -> None:
    assert set(await resolved(Guard(places(["localhost"])), "http://localhost/")) <= {
        "127.0.0.1",
        "::1",
    }


async def test_a_name_s_address_is_not_told() -> None:
    with pytest.raises(EgressRefused) as refused:
        await resolved(Guard(resolver=Names(TABLE)), "http://inside.example/")
    assert "10.1.2.3" not in str(refused.value)
    assert "inside.example" in str(refused.value)


@pytest.mark.parametrize("reason", NOT_PUBLIC)
def test_the_first_and_the_last_of_each_network_are_not_public(reason: str) -> None:
    for network in NOT_PUBLIC[reason]:
        assert why_not_public(network[0])
        assert why_not_public(network[-1])


@given(st.text(alphabet="htp:/@[]\\.#?%a1-0xA\t\u3002\uff11", max_size=40))
def test_what_is_accepted_is_read_alike_by_another_parser(rest: str) -> None:
    url = f"http://{rest}"
    try:
        target = target_of(parsed(url))
    except EgressRefused:
        return
    other = urlsplit(url)
    assert (other.port or 80, other.username) == (target.port, None)
    if (other.hostname or "").isascii():
        host = (other.hostname or "").removesuffix(".")
        assert target.host == host if target.address is None else canonical(host) == target.address
