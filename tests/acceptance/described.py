"""The API against its own description, by schemathesis: `make fuzz`.

Every operation of /openapi.json but the streams is asked 50 times, with what it describes as valid
and with what it does not, alone and one call after another, on a stack of its own. What a schema
cannot say is in tests/schemathesis.toml.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.stack import running_stack

SETTINGS = Path(__file__).parents[1] / "schemathesis.toml"
STREAMS = "/(events|stream)$"
MOST_EXAMPLES = 50


def main() -> None:
    """Raises: SystemExit with 1 when there is a finding."""
    program = Path(sys.executable).with_name("schemathesis")
    if not program.exists():
        raise SystemExit(
            f"schemathesis is not installed: {sys.executable} -m pip install '.[fuzz]'"
        )
    with running_stack(workers=1) as stack:
        found = subprocess.run(
            [
                *(program, "--config-file", SETTINGS, "run"),
                f"{stack.stack['api_url']}/openapi.json",
                *("--header", f"Authorization: Bearer {stack.stack['token']}"),
                *("--exclude-path-regex", STREAMS),
                *("--checks", "all", "--max-examples", str(MOST_EXAMPLES), "--continue-on-failure"),
                *sys.argv[1:],
            ],
            check=False,
        )
    raise SystemExit(found.returncode)


if __name__ == "__main__":
    main()
