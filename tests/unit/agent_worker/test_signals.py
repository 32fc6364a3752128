"""What a worker counts, from the start."""

from services.agent_worker.signals import OPERATORS_CODES
from tests.metered import is_told


def test_codes_only_an_operator_can_mend_are_told_before_the_first() -> None:
    for code in OPERATORS_CODES:
        assert is_told("penstock_steps_failed_total", kind="agent", code=code)
