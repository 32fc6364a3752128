"""What deploy/ lets proxies do is what the api needs of them."""

import re

from services.api.live.reader import KEEP_ALIVE_SECONDS
from services.api.runs.create import BODY_BYTES
from services.api.runs.waiting import LONGEST_WAIT_SECONDS
from tests.architecture.source import ROOT

MIB = 1 << 20
CADDY = (ROOT / "deploy" / "Caddyfile").read_text()
NGINX = (ROOT / "deploy" / "nginx.conf").read_text()


def test_a_proxy_takes_what_the_api_takes_and_no_more() -> None:
    assert re.findall(r"max_size (\S+)", CADDY) == [f"{BODY_BYTES // MIB}MiB"]
    assert re.findall(r"client_max_body_size (\S+);", NGINX) == [f"{BODY_BYTES // MIB}m"]
    assert BODY_BYTES % MIB == 0


def test_a_proxy_waits_longer_than_the_api_is_silent() -> None:
    [waits] = re.findall(r"proxy_read_timeout (\d+)s;", NGINX)
    assert int(waits) > max(LONGEST_WAIT_SECONDS, KEEP_ALIVE_SECONDS)
    assert "timeout" not in CADDY.replace("health_timeout", "")
