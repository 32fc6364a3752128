"""`make run` in a fresh clone: what it installs, what it goes by, what it says meanwhile."""

import runpy
import subprocess
import sys
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from tests.architecture.source import ROOT

INSTALL = ROOT / "deploy" / "install.py"


def recipe(target: str, *variables: str, **environ: str) -> str:
    """What make would do, if nothing were installed."""
    command = ["make", "-n", "-B", target, f"PYTHON={sys.executable}", *variables]
    done = subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_make_run_installs_what_runs_penstock_and_make_test_all() -> None:
    assert "deploy/install.py requirements.lock" in recipe("run")
    assert "requirements-dev.lock" not in recipe("run")
    for target in ("setup", "test", "check"):
        assert "deploy/install.py requirements-dev.lock" in recipe(target)


def test_make_run_goes_by_the_caller_s_settings_and_by_no_other_penstock() -> None:
    elsewhere = ("PENSTOCK_URL", "PENSTOCK_TOKEN", "PENSTOCK_STACK", "PENSTOCK_SECRET_KEY_FILE",
                 "NATS_URL", "NATS_TLS_CA", "DATABASE_URL", "PGPASSWORD")  # fmt: skip
    given = {"PENSTOCK_CORS_ORIGINS": "http://pages.example", **dict.fromkeys(elsewhere, "x")}
    run = recipe("run", **given)
    assert "PENSTOCK_CORS_ORIGINS" not in run
    for name in elsewhere:
        assert f"-u {name} " in run


def test_a_key_alone_spends_no_money() -> None:
    assert "--simulated" in recipe("run", ANTHROPIC_API_KEY="sk-ant-of-a-test")
    assert "--live" in recipe("run", "LIVE=1", ANTHROPIC_API_KEY="sk-ant-of-a-test")


@pytest.fixture
def run() -> Callable[[Iterable[str], int], None]:
    found: dict[str, Any] = runpy.run_path(str(INSTALL))
    function: Callable[[Iterable[str], int], None] = found["run"]
    return function


def saying(*lines: str, code: int = 0) -> tuple[str, ...]:
    """A command that says this, as pip does."""
    program = f"import sys; print({chr(10).join(lines)!r}); sys.exit({code})"
    return sys.executable, "-c", program


def test_an_installation_says_how_far_it_is(
    run: Callable[[Iterable[str], int], None], capsys: pytest.CaptureFixture[str]
) -> None:
    fetched = [f"Collecting package-{n}==1.0" for n in range(1, 13)]
    run(saying(*fetched, "Installing collected packages: a, b"), 12)
    assert capsys.readouterr().out == "  10 of 12  package-10\n  unpacking 12 packages\n"


def test_an_installation_that_fails_says_why(
    run: Callable[[Iterable[str], int], None], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as failed:
        run(saying("Collecting a==1", "ERROR: no such hash", code=3), 2)
    assert failed.value.code == 3
    assert "ERROR: no such hash" in capsys.readouterr().err
