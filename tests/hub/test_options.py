"""Which hub a command works on."""

from pathlib import Path

from click.testing import CliRunner

from hub.cli import main
from hub.options import DATA_VARIABLE


def _said(*words: str | Path, variable: Path | None = None) -> str:
    """Return what `hub` says of a hub that isn't there: it names the folder it looked in."""
    environment = {DATA_VARIABLE: str(variable)} if variable else {DATA_VARIABLE: None}
    result = CliRunner().invoke(main, [str(word) for word in words], env=environment)
    assert result.exit_code != 0
    return result.stderr


def test_what_is_typed_counts_for_the_commands_of_a_group(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    assert f"{here}: there is no hub" in _said("packs", "--data", here, "show", "grade4")
    assert f"{here}: there is no hub" in _said("packs", "show", "grade4", "--data", here)
    assert f"{there}: there is no hub" in _said(
        "audit", "--data", here, "verify", "--data", there, variable=tmp_path
    )
    assert f"{here}: there is no hub" in _said(
        "channels", "--data", here, "add", "x", variable=there
    )


def test_else_the_environment_says_it(tmp_path: Path) -> None:
    assert f"{tmp_path}: there is no hub" in _said("packs", "show", "grade4", variable=tmp_path)
    assert "hub-data: there is no hub" in _said("packs", "show", "grade4")
