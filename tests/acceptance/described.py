"""The API against its own description, by schemathesis: `make fuzz`.

Every operation of /openapi.json but the streams is asked with what it describes as valid and with
what it does not, alone and one call after another: by the token of the installation, by tokens of
the three roles, and by a browser that has logged in. All on a stack of its own. What a schema
cannot say is in tests/schemathesis.toml. `make fuzz ARGS='viewer'` asks as one of them; all other
arguments are schemathesis's.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx2

from services.api.identity.cookie import NAME as COOKIE
from tests.acceptance.described_things import Things, things, write_settings
from tests.integration.api.people import WORKSPACE, logged_in, made, member, somebody
from tests.integration.api.story import Service
from tests.stack import RunningStack, running_stack

PROGRAM = Path(sys.prefix) / "fuzz" / "bin" / "schemathesis"
STREAMS = "/(events|stream)$"
ENDING = ("log_out", "change_password", "leave_workspace")
"""After these a browser is logged in no more, or in no workspace."""

# How many examples of an operation; those that come with less are let in less.
MOST_EXAMPLES = {"installation": 50, "admin": 10, "member": 10, "viewer": 5, "browser": 10}
OPTIONS = ("--checks", "all", "--continue-on-failure", "--exclude-path-regex", STREAMS)

Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Caller:
    """What somebody comes by: headers, and of a browser the value of its cookie."""

    headers: Headers
    session: str | None = None


def main() -> None:
    """Raises: SystemExit with 1 when there is a finding."""
    if not PROGRAM.exists():
        raise SystemExit(f"expected schemathesis at {PROGRAM}, found nothing: say `make fuzz`")
    named = [each for each in sys.argv[1:] if each in MOST_EXAMPLES]
    more = [each for each in sys.argv[1:] if each not in MOST_EXAMPLES]
    with running_stack(workers=1) as stack:
        callers = asyncio.run(_callers(stack))
        found = [_is_refuted(stack, name, callers[name], more) for name in named or MOST_EXAMPLES]
    raise SystemExit(any(found))


def _is_refuted(stack: RunningStack, name: str, caller: Caller, more: Sequence[str]) -> bool:
    """Whether anything came out that should not, asked as one of them."""
    sys.stdout.write(f"\nas: {name}\n")
    sys.stdout.flush()
    url, settings = stack.stack["api_url"], stack.data.parent / f"{name}.toml"
    write_settings(settings, asyncio.run(_things(stack)), caller.session)
    where = f"{url}/openapi.json"
    asked: list[str | Path] = [PROGRAM, "--config-file", settings, "run", where, *OPTIONS]
    asked += [part for each in caller.headers.items() for part in ("--header", ": ".join(each))]
    asked += ["--max-examples", str(MOST_EXAMPLES[name])]
    if caller.session:
        asked += [part for each in ENDING for part in ("--exclude-operation-id", each)]
    done = subprocess.run([*asked, *more], check=False)
    is_let_in = _is_let_in(url, caller)
    if not is_let_in:
        sys.stdout.write(f"expected {name} to be let in to the end, got 401\n")
    return done.returncode != 0 or not is_let_in


def _is_let_in(url: str, caller: Caller) -> bool:
    cookies = {COOKIE: caller.session} if caller.session else {}
    with httpx2.Client(headers=caller.headers, cookies=cookies, trust_env=False) as http:
        return http.get(f"{url}/api/v1/me").status_code == 200


async def _things(stack: RunningStack) -> Things:
    """What there is to ask for, made by the installation."""
    url = stack.stack["api_url"]
    async with somebody(url) as http:
        http.headers.update(_installation(stack))
        return await things(Service(url, http, asyncio.Event()))


def _installation(stack: RunningStack) -> Headers:
    return {"Authorization": f"Bearer {stack.stack['token']}"}


async def _callers(stack: RunningStack) -> dict[str, Caller]:
    """By what each of them is let in, into the workspace `default`."""
    url = stack.stack["api_url"]
    installation = _installation(stack)
    async with AsyncExitStack() as opened:
        http = await opened.enter_async_context(somebody(url))
        http.headers.update(installation)
        service = Service(url, http, asyncio.Event())
        tokens = {role: await made(service, role) for role in ("admin", "member", "viewer")}
        ada = await member(service, "Ada", "admin")
        page = await opened.enter_async_context(logged_in(url, ada))
        cookie = page.cookies[COOKIE]
    return {
        "installation": Caller(installation),
        **{role: Caller(token.headers) for role, token in tokens.items()},
        "browser": Caller({"Origin": url, WORKSPACE: "default"}, cookie),
    }


if __name__ == "__main__":
    main()
