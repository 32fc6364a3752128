"""Listening to everything a workspace does, straight from NATS: the public `live.` subjects."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Mapping

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg

from cli.outcome import CommandError, ExitCode
from cli.printing import put, say
from cli.session import Session
from shared.log.encryption import CertificateInvalid, secured, taken_apart
from shared.log.subjects import live_workspace
from shared.runtime.doors import certificates_in
from shared.runtime.nats_addresses import masked, servers

_WORKSPACE = re.compile(r"[a-z0-9-]{1,63}")
_SHORT = 60
_CONNECT_SECONDS = 4.0


async def tail(session: Session, workspace: str) -> ExitCode:
    """Prints subject, sequence, type and a short line of every event, until Ctrl-C.

    At most once: what is missed while NATS is away does not come again.

    Raises: CommandError, if the workspace is no name or NATS is not reachable.
    """
    if not _WORKSPACE.fullmatch(workspace):
        raise CommandError(f"{workspace!r} is no workspace: expected a-z, 0-9 and - only.")
    url = session.stack.nats_url
    if url is None:
        raise CommandError("tail needs the address of NATS.", "Set NATS_URL.")
    connection = await _connected(secured(url, certificates_in(os.environ)))
    everything = live_workspace(workspace)
    await connection.subscribe(everything, cb=_put_event)
    await connection.flush()
    say(f"listening to {everything} (Ctrl-C ends)")
    try:
        await asyncio.Event().wait()
    finally:
        await connection.close()
    return ExitCode.DONE


async def _connected(url: str) -> Client:
    try:
        plain, encryption = taken_apart(url)
        async with asyncio.timeout(_CONNECT_SECONDS):
            return await nats.connect(
                servers(plain),
                tls=encryption,
                name="penstock tail",
                max_reconnect_attempts=-1,
                disconnected_cb=_lost,
                reconnected_cb=_back,
                error_cb=_told,
            )
    except CertificateInvalid as error:
        raise CommandError(str(error)) from None
    except (OSError, nats.errors.Error) as error:
        raise CommandError(
            f"no NATS at {masked(url)}: {str(error) or 'it does not answer'}.",
            "Is it running? The address comes from stack.json or NATS_URL.",
            code=ExitCode.UNAVAILABLE,
        ) from None


async def _put_event(message: Msg) -> None:
    sequence = (message.headers or {}).get("Nats-Sequence", "-")
    put(f"{message.subject}  {sequence}  {short_line(message.data)}")


def short_line(data: bytes) -> str:
    """Type and gist of one fact, on one line."""
    try:
        fact = json.loads(data)
    except ValueError:
        fact = None
    if not isinstance(fact, dict):
        return f"? {len(data)} bytes"
    return f"{fact.get('type')}  {_gist(fact)}".rstrip()


def _gist(fact: Mapping[str, object]) -> str:
    node = fact.get("node")
    parts = [ascii(node)[1:-1]] if isinstance(node, str) else []
    texts = (fact.get(key) for key in ("text", "output"))
    parts += [repr(_shortened(text)) for text in texts if isinstance(text, str)]
    error = fact.get("error")
    if isinstance(error, dict):
        parts.append(repr(_shortened(f"{error.get('code')}: {error.get('message')}")))
    parts += [f"{key}={fact[key]}" for key in ("worker", "reason", "delay_seconds") if key in fact]
    return "  ".join(parts)


def _shortened(text: str) -> str:
    return text if len(text) <= _SHORT else text[:_SHORT] + "…"


async def _lost() -> None:
    say("connection to NATS lost; connecting again")


async def _back() -> None:
    say("connected again; events in between were missed")


async def _told(error: Exception) -> None:
    if isinstance(error, nats.errors.SlowConsumerError):
        say("this terminal is too slow: some events were missed")
