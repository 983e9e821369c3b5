"""The box's venv: wheels unpacked as installing would, and compiled the same each time."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from content_packs.errors import InvalidContent
from deploy.image import environment

MODULE = 'GREETING = {"hello", "world", "school"}\n\n\ndef main():\n    print("here")\n'


def make_wheel(path: Path, files: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def own_wheel(folder: Path) -> Path:
    """A wheel with the parts of ours that matter here."""
    return make_wheel(
        folder / "satchel-0.1.0-py3-none-any.whl",
        {
            "sync_node/__init__.py": "",
            "sync_node/cli.py": MODULE,
            "content_packs/cli.py": MODULE,
            "content_packs/samples/voice.py": "",
            "hub/__init__.py": "",
            "satchel-0.1.0.dist-info/METADATA": "Name: satchel\n",
            "satchel-0.1.0.dist-info/entry_points.txt": "[console_scripts]\n"
            "content-packs = content_packs.cli:main\nhub = hub.cli:main\n"
            "sync-node = sync_node.cli:main\n",
        },
    )


@pytest.fixture
def box(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    library = make_wheel(
        tmp_path / "library-1-py3-none-any.whl",
        {
            "library/__init__.py": "ONE = 1\n",
            "library-1.data/purelib/library/more.py": "TWO = 2\n",
            "library-1.data/scripts/library": "#!python\n",
            "library-1.dist-info/METADATA": "Name: library\n",
        },
    )
    environment.make(root, [library], own_wheel(tmp_path))
    return root


def test_the_venv_has_the_programs_of_a_box_and_no_hub(box: Path) -> None:
    venv = box / environment.VENV
    packages = venv / "lib/python3.11/site-packages"
    assert {path.name for path in (venv / "bin").iterdir()} == {
        "python", "python3", "sync-node", "content-packs",
    }  # fmt: skip
    assert (venv / "bin/python").readlink().as_posix() == "/usr/bin/python3.11"
    assert (packages / "library/more.py").read_text() == "TWO = 2\n"
    assert not (packages / "hub").exists()
    assert not (packages / "content_packs/samples").exists()
    program = venv / "bin/sync-node"
    assert program.read_text().startswith("#!/usr/lib/satchel/venv/bin/python -I\n")
    assert program.stat().st_mode & 0o777 == 0o755
    assert (packages / "library/__init__.py").stat().st_mode & 0o777 == 0o644


def test_python_takes_it_for_a_venv_and_its_program_runs(box: Path) -> None:
    venv = box / environment.VENV
    (venv / "bin/python").unlink()
    (venv / "bin/python").symlink_to(os.path.realpath(sys.executable))  # as on the box, another one
    done = subprocess.run(
        [venv / "bin/python", "-I", venv / "bin/sync-node"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "here\n", done.stderr


@pytest.mark.parametrize(
    "name",
    ["../outside.py", "/etc/passwd", "a/../../b.py", "l-1.data/headers/l.h", "l-1.data/data/etc/l"],
)
def test_a_wheel_with_files_for_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    wheel = make_wheel(tmp_path / "l-1-py3-none-any.whl", {name: "x"})
    with pytest.raises(InvalidContent, match=r"l-1-py3-none-any\.whl"):
        environment.unpack_wheel(wheel, tmp_path / "packages")
    assert not (tmp_path / "outside.py").exists()


def test_a_link_in_a_wheel_is_refused(tmp_path: Path) -> None:
    wheel = tmp_path / "l-1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        entry = zipfile.ZipInfo("l.py")
        entry.external_attr = 0o120777 << 16
        archive.writestr(entry, "/etc/passwd")
    with pytest.raises(InvalidContent, match="is a link"):
        environment.unpack_wheel(wheel, tmp_path / "packages")


def test_compiled_modules_are_the_same_whenever_they_were_made(box: Path) -> None:
    module = box / environment.VENV / "lib/python3.11/site-packages/sync_node/cli.py"
    compiled = module.parent / "__pycache__/cli.cpython-311.pyc"
    made = []
    for seconds in (1_000_000_000, 1_700_000_000):
        os.utime(module, (seconds, seconds))
        environment.compile_modules(box)
        made.append(compiled.read_bytes())
    assert made[0] == made[1]
    assert made[0][4] == 1, "a digest that isn't looked at: PEP 552"
    assert b"/usr/lib/satchel/venv/lib" in made[0], "tracebacks name the file as it lies on the box"
    assert str(box).encode() not in made[0]
