"""Tables keep to the width of the terminal, whatever people call themselves."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from cli.tables import Column, print_table

COLUMNS = (
    Column("user", shrinks=True),
    Column("id"),
    Column("name", shrinks=True),
    Column("workspace", shrinks=True),
    Column("", flexible=True),
)
SHORT_ID, WHOLE_ID = "01a2252d-a6ba", "01a2252d-a6ba-73bc-bc84-b35949df1a9d"
NAMES = ("W" * 200, "漢字" * 100, "😀" * 100, "e\u0301" * 100, "مرحبا" * 40, "Ada")


def lines(capsys: pytest.CaptureFixture[str], *rows: tuple[str, ...]) -> list[str]:
    print_table(COLUMNS, rows)
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize(("width", "key"), [(80, SHORT_ID), (100, WHOLE_ID), (120, WHOLE_ID)])
@pytest.mark.parametrize("name", NAMES)
def test_a_wide_name_is_cut_and_an_id_is_not(
    name: str,
    width: int,
    key: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    rows = [(name, key, name, name, "runs the installation"), ("a@b", key, "A", "a", "")]
    header, first, second = lines(capsys, *rows)
    assert all(cell_len(line) <= width for line in (header, first, second))
    assert (key in first, key in second) == (True, True)


def test_what_is_left_goes_to_those_that_are_cut(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    email = "ada.of.the.rivers@example.org"
    _, row = lines(capsys, (email, SHORT_ID, "Ada", "acme", "no password"))
    assert email in row
    _, row = lines(capsys, (email, SHORT_ID, "W" * 200, "acme", "no password"))
    assert row.startswith("ada.of.the.rivers@")
    assert "W" * 15 in row
