"""Which runs a command is about, as the api is asked for them."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

from penstock_client import Penstock, RunFilter

from cli.definitions import which_pipeline
from cli.outcome import CommandError
from cli.run_filter_options import chosen_options
from cli.times import moment

_AGO = re.compile(r"([0-9]{1,6})([smhd])", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


async def chosen_runs(client: Penstock) -> RunFilter:
    """The runs that the options mean. Raises: CommandError, for what cannot be."""
    given = chosen_options()
    found: RunFilter = {}
    if statuses := _texts(given, "status"):
        found["status"] = ",".join(statuses)
    if pipeline := given.get("pipeline"):
        found["pipeline_id"] = (await which_pipeline(client, str(pipeline))).id
    if tags := _texts(given, "tag"):
        found["tags"] = tags
    if members := _texts(given, "metadata"):
        found["metadata"] = dict(map(_member, members))
    found["search"] = _text(given, "search")
    found["requested_by"] = _text(given, "by")
    found["created_after"] = time_of(_text(given, "since"), "since")
    found["created_before"] = time_of(_text(given, "until"), "until")
    if given.get("oldest"):
        found["order"] = "oldest"
    return found


def _text(given: dict[str, object], name: str) -> str | None:
    value = given.get(name)
    return str(value) if value else None


def _texts(given: dict[str, object], name: str) -> list[str]:
    value = given.get(name)
    return [str(each) for each in value] if isinstance(value, list | tuple) else []


def _member(given: str) -> tuple[str, object]:
    """`NAME=VALUE` as a member of metadata: what is JSON is that, all else is a text."""
    name, equals, value = given.partition("=")
    if not equals or not name:
        raise CommandError(f"--metadata {given!r}: expected NAME=VALUE.")
    try:
        return name, json.loads(value, parse_constant=str)
    except ValueError:
        return name, value


def time_of(text: str | None, name: str) -> str | None:
    """A time as the api reads it: so long ago, or the time itself. Raises: CommandError."""
    if text is None:
        return None
    if ago := _AGO.fullmatch(text):
        try:
            then = datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        except OverflowError:
            then = datetime.min.replace(tzinfo=UTC)
        return f"{then:%Y-%m-%dT%H:%M:%SZ}".rjust(20, "0")
    if moment(text) is None:
        raise CommandError(
            f"--{name} {text!r}: expected how long ago, like 90m or 3d, or a time with its zone, "
            "like 2030-01-31T12:00:00Z."
        )
    return text
