"""How an operator's command ends: what it returns, or an exit code and what is wrong, in words."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

import asyncpg

from cli.outcome import CommandError, ExitCode
from cli.printing import say
from shared.errors import PenstockError
from shared.runtime.settings import SettingsInvalid

T = TypeVar("T")


def outcome_of(command: str, work: Coroutine[Any, Any, T], *, interrupted: str = "") -> T:
    """What the command's work returns; `interrupted` is what a person is told who breaks it off.

    Raises: SystemExit, 1 failed, 2 refused, 4 not reachable, 130 interrupted.
    """
    try:
        return asyncio.run(work)
    except SettingsInvalid as error:
        sys.stderr.write(f"{error}\n")  # a line for each setting
        raise SystemExit(ExitCode.REFUSED) from None
    except CommandError as error:
        say(f"penstock {command}: {error}")
        if error.hint:
            say(error.hint)
        raise SystemExit(error.code) from None
    except (PenstockError, OSError, asyncpg.PostgresError) as error:
        say(f"penstock {command}: {error}")
        raise SystemExit(ExitCode.FAILED) from None
    except KeyboardInterrupt:
        if not interrupted:
            raise
        say(f"penstock {command}: interrupted; {interrupted}")
        raise SystemExit(ExitCode.INTERRUPTED) from None
