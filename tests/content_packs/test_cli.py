"""The command `content-packs`: what it prints, where, and how it ends."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from content_packs.cli import main
from content_packs.cpack import open_cpack
from content_packs.lint import lint
from tests.support.folders import PACK_TOML, sound_files, sound_folder, write_folder

COMMANDS = (
    "new", "lint", "build", "inspect", "verify", "keygen", "sign", "diff", "extract", "samples",
)  # fmt: skip


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def run_json(*arguments: str | Path) -> Any:
    result = run(*arguments, "--json")
    assert result.stderr == ""
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def cpacks(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The sound folder as version 1; as version 2 with its lesson's folder renamed."""
    root = tmp_path_factory.mktemp("cpacks")
    sound_folder(root / "one")
    moved = {path.replace("01-halves/", "01-parts/"): c for path, c in sound_files().items()}
    write_folder(root / "two", moved)
    for number, name in enumerate(("one", "two"), 1):
        result = run("build", root / name, "-o", root / f"{name}.cpack", "--version", str(number))
        assert result.exit_code == 0, result.output
    return root / "one.cpack", root / "two.cpack"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_an_example(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert f"  content-packs {command} " in result.stdout


def test_the_commands_are_those_told_here() -> None:
    assert set(main.commands) == set(COMMANDS)


def test_a_new_pack_has_no_fault_and_can_be_built(tmp_path: Path) -> None:
    folder = tmp_path / "Grade 4 Maths"
    result = run("new", folder)
    assert result.exit_code == 0, result.output
    assert f"content-packs lint '{folder}'" in result.stdout
    assert lint(folder) == []
    built = run_json("build", folder, "-o", tmp_path / "new.cpack")
    assert (built["pack"], built["version"], built["warnings"]) == ("grade-4-maths", 1, [])


def test_new_leaves_alone_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    result = run("new", tmp_path)
    assert result.exit_code == 2
    assert "there is something already" in result.stderr
    assert os.listdir(tmp_path) == ["mine.txt"]  # noqa: PTH208 - names only


def test_lint_says_that_a_folder_is_sound(tmp_path: Path) -> None:
    result = run("lint", sound_folder(tmp_path))
    assert (result.exit_code, result.stdout) == (0, "0 errors, 0 warnings\n")


def faulty_folder(root: Path) -> Path:
    changes = {"pack.toml": PACK_TOML.replace('"demo"', '"My Demo"'), "notes.txt": "x"}
    return write_folder(root, {**sound_files(), **changes})


def test_lint_tells_every_fault_with_its_place_and_ends_with_4(tmp_path: Path) -> None:
    result = run("lint", faulty_folder(tmp_path))
    assert result.exit_code == 4
    assert "error: pack.toml:1: id: 'My Demo' is not a name\n    A name is" in result.stdout
    assert "warning: notes.txt: not part of the pack" in result.stdout
    assert "1 error, 1 warning" in result.stdout
    assert "error: " in result.stderr


def test_lint_prints_one_json_object(tmp_path: Path) -> None:
    told = run_json("lint", faulty_folder(tmp_path))
    assert told["errors"] == 1
    assert [(f["severity"], f["file"], f["line"]) for f in told["faults"]] == [
        ("warning", "notes.txt", 0),
        ("error", "pack.toml", 1),
    ]


def test_lint_of_no_folder_says_how_to_start_one(tmp_path: Path) -> None:
    result = run("lint", tmp_path / "nowhere")
    assert result.exit_code == 2
    assert "content-packs new" in result.stderr


def test_build_writes_a_cpack_named_for_its_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("build", sound_folder(tmp_path / "folder"), "--version", "7")
    assert result.exit_code == 0, result.output
    with open_cpack(tmp_path / "demo-7.cpack") as cpack:
        assert cpack.digest in result.stdout
        assert cpack.manifest.version == 7


def test_build_refuses_a_faulty_folder_with_all_its_faults(tmp_path: Path) -> None:
    out = tmp_path / "out.cpack"
    result = run("build", faulty_folder(tmp_path / "folder"), "-o", out)
    assert result.exit_code == 4
    assert "'My Demo' is not a name" in result.stdout
    assert "notes.txt" in result.stdout
    assert not out.exists()
    told = CliRunner().invoke(main, ["build", str(tmp_path / "folder"), "--json"])
    assert (told.exit_code, json.loads(told.stdout)["errors"]) == (4, 1)


def test_build_warns_and_builds(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "folder", {**sound_files(), "notes.txt": "x"})
    result = run("build", folder, "-o", tmp_path / "out.cpack")
    assert result.exit_code == 0
    assert "warning: notes.txt" in result.stderr
    built = run_json("build", folder, "-o", tmp_path / "again.cpack")
    assert [fault["file"] for fault in built["warnings"]] == ["notes.txt"]
    assert (tmp_path / "out.cpack").read_bytes() == (tmp_path / "again.cpack").read_bytes()


def test_inspect_shows_the_outline_and_the_sizes(cpacks: tuple[Path, Path]) -> None:
    result = run("inspect", cpacks[0])
    assert result.exit_code == 0, result.output
    for words in ("demo 1", "1. Halves (20 min)", "page      One half [en zh]", "rendition 240p"):
        assert words in result.stdout, result.stdout
    told = run_json("inspect", cpacks[0])
    assert told["languages"] == ["en", "zh"]
    assert sum(told["sizes"].values()) == told["size"]
    assert [lesson["id"] for lesson in told["lessons"]] == ["halves"]


def test_verify_says_intact_or_what_is_wrong(cpacks: tuple[Path, Path], tmp_path: Path) -> None:
    result = run("verify", cpacks[0])
    assert (result.exit_code, "intact. demo 1" in result.stdout) == (0, True)
    assert run_json("verify", cpacks[0])["intact"] is True
    data = bytearray(cpacks[0].read_bytes())
    data[len(data) // 2] ^= 1
    damaged = tmp_path / "damaged.cpack"
    damaged.write_bytes(data)
    assert run("verify", damaged).exit_code == 3
    assert run_json("verify", damaged)["error"]["code"] in {"invalid-content", "digest-mismatch"}


def test_verify_of_no_file_ends_with_7(tmp_path: Path) -> None:
    assert run("verify", tmp_path / "nowhere.cpack").exit_code == 7


def test_diff_says_what_changed_and_what_it_costs(cpacks: tuple[Path, Path]) -> None:
    result = run("diff", *cpacks)
    assert result.exit_code == 0, result.output
    assert "demo 1 -> 2" in result.stdout
    assert "the lesson halves is now parts" in result.stdout
    assert "fetches" in result.stdout
    told = run_json("diff", *cpacks)
    assert told["cost"]["blocks"] == 0
    assert told["cost"]["total"] == told["cost"]["manifest"] + told["cost"]["layout"]


def test_extract_writes_the_files_into_an_empty_folder_only(
    cpacks: tuple[Path, Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    result = run("extract", cpacks[0], out)
    assert result.exit_code == 0, result.output
    assert (out / "halves/slicer/slice.js").read_text() == "document.title = 'ready';"
    again = run("extract", cpacks[0], out)
    assert again.exit_code == 2
    assert "there is something already" in again.stderr


def test_samples_of_no_version_are_refused(tmp_path: Path) -> None:
    assert run("samples", tmp_path / "out", "--version", "0").exit_code == 2
    assert run("samples", tmp_path / "out", "--version", "99").exit_code == 2
    assert not (tmp_path / "out").exists()


def content_packs(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-c", "from content_packs.cli import main; main()"] + [
        str(argument) for argument in arguments
    ]


def test_the_program_as_a_process_is_silent_where_nobody_looks_on(tmp_path: Path) -> None:
    folder = sound_folder(tmp_path / "folder")
    done = subprocess.run(
        content_packs("build", folder, "-o", tmp_path / "out.cpack"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "demo 1, 1 lesson" in done.stdout


def test_the_program_shows_its_progress_on_a_terminal(tmp_path: Path) -> None:
    folder = sound_folder(tmp_path / "folder")
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        content_packs("build", folder, "-o", tmp_path / "out.cpack"),
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
    ) as process:
        os.close(theirs)
        shown = b""
        try:
            while piece := os.read(ours, 4096):
                shown += piece
        except OSError:  # a terminal that closed reads as an error on Linux
            pass
        assert process.wait() == 0
    os.close(ours)
    assert b"building" in shown


def test_the_program_as_a_process_ends_with_the_errors_code(tmp_path: Path) -> None:
    done = subprocess.run(
        content_packs("inspect", tmp_path / "nowhere.cpack"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 7
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr


def test_a_file_in_place_of_a_pack_folder_is_told_from_a_folder_that_is_missing(
    cpacks: tuple[Path, Path],
) -> None:
    for command in ("lint", "build"):
        result = run(command, cpacks[0])
        assert result.exit_code == 2
        assert "is a file, expected a pack folder" in result.stderr
        assert "content-packs inspect" in result.stderr


def test_what_was_damaged_comes_with_what_to_do(tmp_path: Path, cpacks: tuple[Path, Path]) -> None:
    bent = bytearray(cpacks[0].read_bytes())
    with open_cpack(cpacks[0]) as cpack:
        block = cpack.layout.blocks[0]
        with cpack.open_bundle(cpack.layout.bundles[block.bundle].digest) as bundle:
            bundle.seek(block.offset)
            at = bytes(bent).index(bundle.read(block.stored))
    bent[at + block.stored // 2] ^= 1
    (tmp_path / "bent.cpack").write_bytes(bent)
    result = run("verify", tmp_path / "bent.cpack")
    assert result.exit_code == 3
    assert "copy or fetch it again" in result.stderr
