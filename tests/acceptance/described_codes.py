"""A check of schemathesis's: a refusal's code is one that its operation describes for its status.

Loaded by tests/schemathesis.toml into schemathesis itself, which has nothing of Penstock.
"""

from __future__ import annotations

import re
from typing import Any

import schemathesis

PROBLEM = "application/problem+json"


def described_code(ctx: Any, response: Any, case: Any) -> None:
    """Raises: AssertionError, naming the codes that there may be.

    A status that is not described is another check's finding.
    """
    responses = case.operation.definition.raw["responses"]
    refusal = responses.get(str(response.status_code))
    if refusal is None or PROBLEM not in response.headers.get("content-type", [""])[0]:
        return
    described = re.findall(r"`(\w+)`", refusal["description"])
    code = response.json()["code"]
    assert code in described, f"expected a code of {', '.join(described)}, got {code}"


schemathesis.check(described_code)
