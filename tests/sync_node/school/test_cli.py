"""From the console: a code for the first teacher, backups, checks, exports."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sync_node.cli import main
from tests.support.school import RIGHT, SchoolRig


@pytest.fixture
def node(tmp_path: Path) -> SchoolRig:
    rig = SchoolRig(tmp_path / "node")
    rig.data_dir.config.write_text("")
    _, (anna,) = rig.a_class("Anna", name="4/b <é>")
    rig.answer(anna, RIGHT)
    rig.close()
    return rig


def run(node: SchoolRig, *words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--data", str(node.data_dir.root)])


def test_a_code_makes_the_first_teacher(node: SchoolRig) -> None:
    code = run(node, "teacher-code").stdout.strip()
    school = node.reopen()
    assert school.signing_in.new_teacher(code, "Ms Li", "a cat sat down", device="d")
    node.close()
    said = json.loads(run(node, "teacher-code", "--technician", "--json").stdout)
    school = node.reopen()
    assert said["kind"] == "technician"
    assert school.signing_in.technician(said["code"], device="d")
    node.close()


def test_a_backup_goes_beside_it_or_onto_a_stick(node: SchoolRig, tmp_path: Path) -> None:
    assert "3 records" in run(node, "school", "backup").stdout
    assert node.data_dir.school_backup.is_file()
    stick = tmp_path / "stick"
    stick.mkdir()
    said = json.loads(run(node, "school", "backup", str(stick), "--json").stdout)
    assert (said["records"], Path(said["path"]).parent) == (3, stick)


def test_a_backup_is_put_back(node: SchoolRig, tmp_path: Path) -> None:
    run(node, "school", "backup", str(tmp_path))
    backup = str(tmp_path / "school-backup.db")
    said = json.loads(run(node, "school", "restore", backup, "--json").stdout)
    assert (said["records"], said["pupils"], said["newer"]) == (3, 1, "")
    assert said["kept"] == "school.db.before-1"
    assert "3 records, 1 pupils, 0 teachers" in run(node, "school", "restore", backup).stdout
    school = node.reopen()
    school.teachers.add("Ms Li", "four words are enough")
    node.close()
    refused = run(node, "school", "restore", backup)
    assert (refused.exit_code, "1 teachers" in refused.output) == (5, True)
    assert "with 1 teachers" in run(node, "school", "restore", backup, "--replace").stdout


def test_a_labels_code_is_made_anew(node: SchoolRig) -> None:
    said = json.loads(run(node, "teacher-code", "--label", "--json").stdout)
    school = node.reopen()
    assert said["kind"] == "label"
    for _ in range(2):
        assert school.signing_in.technician(said["code"], device="d")
    node.close()
    assert run(node, "teacher-code", "--label", "--technician").exit_code == 2


def test_a_check_says_whether_all_is_whole_and_saves_what_is_not(node: SchoolRig) -> None:
    done = run(node, "school", "check")
    assert (done.exit_code, "3 records" in done.stdout) == (0, True)
    run(node, "school", "backup")
    path = node.data_dir.school_db
    path.write_bytes(path.read_bytes()[:4096] + bytes(path.stat().st_size - 4096))
    done = run(node, "school", "check", "--json")
    said = json.loads(done.stdout)
    assert done.exit_code == 3
    assert said["records"] == 3
    assert not said["clean"]
    assert said["set_aside"] == "school.db.damaged-1"
    assert run(node, "school", "check").exit_code == 0


def test_an_export_is_two_files_a_class(node: SchoolRig, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    said = json.loads(run(node, "school", "export", str(stick), "--json").stdout)
    assert sorted(said["files"]) == sorted(path.name for path in stick.iterdir())
    assert len(said["files"]) == 2
    assert all(name.startswith("4-b-é-") for name in said["files"])
    assert "Anna" in (stick / said["files"][0]).read_text(encoding="utf-8-sig")


@pytest.mark.parametrize("words", [["teacher-code"], ["school", "backup"], ["school", "check"]])
def test_elsewhere_than_at_a_node_nothing_is_made(tmp_path: Path, words: list[str]) -> None:
    done = CliRunner().invoke(main, [*words, "--data", str(tmp_path / "nowhere")])
    assert done.exit_code == 2
    assert not (tmp_path / "nowhere").exists()
