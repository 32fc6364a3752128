"""The SDK is loaded by the first call, and takes nothing from a worker that makes none."""

import subprocess
import sys

LOADED = """
import sys
import services.agent_worker.__main__
import services.agent_worker.tools.mcp
from shared.tools import McpTool
print(sorted({name.partition(".")[0] for name in sys.modules} & {"mcp", "mcp_types"}))
"""


def test_a_worker_starts_without_the_sdk() -> None:
    ran = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"
