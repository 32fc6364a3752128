"""How many seeds: a test of the simulation takes a block of them at a time.

`SEEDS` of its module says how many there are of each test, `--seeds` of the command line how many
there are instead. A block holds the same seeds in both, so that what failed fails again by its id.
"""

import pytest

SEEDS_AT_ONCE = 20


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Gives a test that wants a `block` all of them."""
    if "block" in metafunc.fixturenames:
        seeds: int = metafunc.config.getoption("--seeds") or metafunc.module.SEEDS
        metafunc.parametrize("block", range(-(-seeds // SEEDS_AT_ONCE)))
