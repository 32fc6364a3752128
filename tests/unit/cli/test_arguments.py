"""What the command line holds, read."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.arguments import read_flow, read_input, read_variables
from cli.nats_user import Wanted, make_user
from cli.outcome import CommandError


def test_variables_are_split_at_the_first_equals_sign() -> None:
    assert read_variables(["a=1", "b=x=y", "c="]) == {"a": "1", "b": "x=y", "c": ""}


@pytest.mark.parametrize("given", [["a"], ["=1"], [""], ["a=1", "a=2"], ["a=\udcff"]])
def test_anything_else_is_no_variable(given: list[str]) -> None:
    with pytest.raises(CommandError, match=r"--var"):
        read_variables(given)


def test_an_input_is_text_or_a_file(tmp_path: Path) -> None:
    path = tmp_path / "question.txt"
    path.write_text("Why 🦦?\n")
    assert read_input("plain") == "plain"
    assert read_input(f"@{path}") == "Why 🦦?\n"


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_an_input_file_that_is_no_text_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "question.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CommandError, match=r"question\.txt (cannot be read|is not UTF-8)"):
        read_input(f"@{path}")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "is not JSON: Expecting value at line 1, column 1"),
        ('{"nodes": [,]}', "at line 1, column 12"),
        ("[]", "holds no object"),
        ('{"nodes": NaN}', "NaN is not JSON"),
        ("[" * 200_000, "nested too deeply"),
    ],
)
def test_a_flow_file_that_is_none_is_refused(tmp_path: Path, content: str, complaint: str) -> None:
    path = tmp_path / "flow.json"
    path.write_text(content)
    with pytest.raises(CommandError, match=complaint):
        read_flow(path)


MARK = b"\xef\xbb\xbf"


def test_a_byte_order_mark_is_no_part_of_a_flow_or_an_input(tmp_path: Path) -> None:
    (tmp_path / "flow.json").write_bytes(MARK + b'{"nodes": []}')
    (tmp_path / "input.txt").write_bytes(MARK + "Grüße\n".encode())
    assert read_flow(tmp_path / "flow.json") == {"nodes": []}
    assert read_input(f"@{tmp_path / 'input.txt'}") == "Grüße\n"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ('{"nodes": []}'.encode("utf-16"), "UTF-16"),
        ('{"nodes": []}'.encode("utf-16-le"), "UTF-16"),
        (b'{"nodes": "\xff"}', "the byte 0xff at position 11"),
    ],
)
def test_a_file_in_another_encoding_is_told_so(tmp_path: Path, content: bytes, found: str) -> None:
    path = tmp_path / "flow.json"
    path.write_bytes(content)
    with pytest.raises(CommandError, match=f"expected UTF-8, got {found}"):
        read_flow(path)


@pytest.mark.parametrize(("workspace", "consumer"), [("", None), ("a", ""), ("A", None)])
def test_a_user_on_nats_has_a_workspace_with_a_name(workspace: str, consumer: str | None) -> None:
    environ = {"NATS_URL": "nats://127.0.0.1:1"}
    with pytest.raises(CommandError, match="expected a name of a-z, 0-9 and -, got"):
        make_user(Wanted(workspace, consumer), environ)


@pytest.mark.parametrize("other", [Wanted("a", "b", tools=True), Wanted("a", None, True, True)])
def test_a_user_who_serves_tools_does_nothing_else(other: Wanted) -> None:
    with pytest.raises(CommandError, match="expected --tools alone, got it with --consumer"):
        make_user(other, {"NATS_URL": "nats://127.0.0.1:1"})
