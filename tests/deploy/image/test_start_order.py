"""What a start reads lies in the order in which it is read."""

import subprocess
import sys
from pathlib import Path

import pytest

from deploy.image import start_order
from tests.support.source_code import CHECKOUT

SITE = "usr/lib/satchel/venv/lib/python3.11/site-packages"


def put(root: Path, name: str, text: str) -> None:
    """A module, and what is compiled of it."""
    path = root / SITE / name
    (path.parent / "__pycache__").mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    (path.parent / "__pycache__" / f"{path.stem}.cpython-311.pyc").write_bytes(b"")


def order(root: Path, *first: str) -> list[str]:
    return [
        path.removeprefix(f"{SITE}/").replace("__pycache__/", "").removesuffix(".cpython-311.pyc")
        for path in start_order.files_in_order(root, first)
    ]


def test_a_module_comes_before_what_it_imports_and_a_package_before_both(tmp_path: Path) -> None:
    put(tmp_path, "box/__init__.py", "")
    put(tmp_path, "box/run.py", "import left\nfrom box import here\nfrom . import there\n")
    put(tmp_path, "box/here.py", "import deep.down")
    put(tmp_path, "box/there.py", "import left")
    put(tmp_path, "left.py", "from box import run  # a circle")
    put(tmp_path, "deep/__init__.py", "")
    put(tmp_path, "deep/down.py", "")
    put(tmp_path, "unused.py", "")
    assert order(tmp_path, "box.run") == [
        "box/__init__", "box/run", "left", "box/here", "deep/__init__", "deep/down", "box/there",
    ]  # fmt: skip


def test_what_is_tried_counts_and_what_only_readers_of_types_see_does_not(tmp_path: Path) -> None:
    put(tmp_path, "a.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import b\n"
                          "try:\n    import c\nexcept ImportError:\n    import d\n"
                          "def f():\n    import e\n")  # fmt: skip
    for name in "bcde":
        put(tmp_path, f"{name}.py", "")
    assert order(tmp_path, "a") == ["a", "c"]


def test_names_that_are_no_modules_are_passed_over(tmp_path: Path) -> None:
    put(tmp_path, "a.py", "from b import value, c\nimport nowhere.at_all\nfrom .. import above\n")
    put(tmp_path, "b/__init__.py", "value = 1")
    put(tmp_path, "b/c.py", "")
    assert order(tmp_path, "a", "missing") == ["a", "b/__init__", "b/c"]
    assert order(tmp_path) == []


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    """What a start really loads of ours."""
    code = "import sys, sync_node.daemon\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=CHECKOUT
    )
    return {
        name for name in done.stdout.split() if name.startswith(("sync_node.", "content_packs."))
    }


def test_nearly_all_that_a_start_loads_of_ours_is_found(tmp_path: Path, loaded: set[str]) -> None:
    (tmp_path / SITE).mkdir(parents=True)
    for name in ("sync_node", "content_packs"):
        for path in (CHECKOUT / name).rglob("*.py"):
            put(tmp_path, str(path.relative_to(CHECKOUT)), path.read_text(encoding="utf-8"))
    found = {
        path.replace("/__init__", "").replace("/", ".")
        for path in order(tmp_path, "sync_node.daemon")
    }
    assert len(loaded) > 150
    assert len(loaded - found) < len(loaded) / 50
