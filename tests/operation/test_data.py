import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from cli.up.data import NATS_USERS, DataDirectory
from cli.up.port import LOOPBACK, free_port, is_free, wanted_port
from shared.errors import Conflict, Rejected
from shared.runtime.doors import DATABASE_USERS

HOLDS = """
import pathlib, signal, sys
from cli.up.data import DataDirectory
data = DataDirectory.held(pathlib.Path(sys.argv[1]))
print("held", flush=True)
signal.pause()
"""

LISTENS = """
import socket
listening = socket.create_server(("127.0.0.1", 0))
print(listening.getsockname()[1], flush=True)
listening.accept()
"""


def test_a_second_stack_on_the_same_data_is_refused_and_told_which_process_has_it(
    tmp_path: Path,
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(tmp_path)], stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(Conflict, match=f"process {other.pid}"):
            DataDirectory.held(tmp_path)
        other.kill()


def test_data_whose_stack_was_killed_is_free_at_once(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(tmp_path)], stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        other.kill()
    DataDirectory.held(tmp_path).release()


def test_secrets_are_made_once_and_belong_to_the_owner_alone(tmp_path: Path) -> None:
    first = DataDirectory.held(tmp_path)
    secrets, passwords = first.secrets(), first.passwords()
    first.release()
    second = DataDirectory.held(tmp_path)
    assert second.secrets() == secrets
    assert second.passwords() == passwords
    for name in ("secrets.json", "passwords.json"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    second.release()


def test_a_user_that_comes_new_is_given_a_password_and_others_keep_theirs(tmp_path: Path) -> None:
    data = DataDirectory.held(tmp_path)
    (tmp_path / "passwords.json").write_text(json.dumps({"nats": {"api": "mine"}}))
    assert data.passwords().nats["api"] == "mine"
    everybody = {*data.passwords().nats.values(), *data.passwords().postgres.values()}
    assert len(everybody) == len(NATS_USERS) + len(DATABASE_USERS)
    data.release()


def test_data_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Rejected, match="--data"):
        DataDirectory.held(tmp_path / "file" / "data")


def test_a_taken_port_is_one_clear_error_that_names_who_has_it() -> None:
    with subprocess.Popen([sys.executable, "-c", LISTENS], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        port = int(other.stdout.readline())
        with pytest.raises(Conflict, match=rf"Port {port} is taken.*--port"):
            wanted_port(port)
        other.kill()


def test_a_port_is_kept_where_it_is_still_free() -> None:
    port = free_port()
    assert is_free(port)
    assert free_port(port) == port


def test_a_picked_port_is_for_who_is_to_listen_there_alone() -> None:
    """On Linux nobody can take it unasked, also while nobody listens."""
    port = free_port()
    if sys.platform == "linux":
        with socket.socket() as stranger, pytest.raises(OSError, match="in use"):
            stranger.bind((LOOPBACK, port))
    for _ in range(2):
        with socket.create_server((LOOPBACK, port)):
            assert not is_free(port)
