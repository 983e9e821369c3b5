"""What the sites take from npm: pinned by digest, from no named host, made once."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sync_node.lan.vendor_files import FOLDER
from tests.support.source_code import CHECKOUT

FRONTS = [CHECKOUT / "sync_node" / "lan" / "front", CHECKOUT / "hub" / "front"]
HUBS = CHECKOUT / "hub" / "vendor"
SCRIPT = CHECKOUT / "scripts" / "front_assets.py"


@pytest.mark.parametrize("front", FRONTS, ids=lambda front: front.parent.name)
def test_every_package_is_pinned_by_its_digest_and_no_host_is_named(front: Path) -> None:
    lock = json.loads((front / "package-lock.json").read_text(encoding="utf-8"))
    wanted = json.loads((front / "package.json").read_text(encoding="utf-8"))
    assert "scripts" not in wanted
    for version in (wanted["dependencies"] | wanted.get("devDependencies", {})).values():
        assert version[0].isdigit(), "an exact version"
    for place, package in lock["packages"].items():
        resolved = package.get("resolved", "")
        assert not resolved or resolved.startswith("file:"), place
        if place and not resolved:
            assert package["integrity"].startswith("sha512-"), place


def test_made_once_it_is_left_alone() -> None:
    assert FOLDER.is_dir(), "run scripts/front_assets.py first, as scripts/test does"
    before = (FOLDER / "document.js").stat()
    done = subprocess.run([sys.executable, str(SCRIPT)], capture_output=True, check=True, text=True)
    assert done.stdout == ""
    assert (FOLDER / "document.js").stat() == before


def test_each_script_of_the_console_comes_with_its_licence() -> None:
    assert {place.name for place in HUBS.iterdir()} == {
        ".made", "htmx.js", "LICENSE_HTMX", "tus.js", "LICENSE_TUS-JS-CLIENT",
    }  # fmt: skip


def test_phones_of_2018_can_read_it() -> None:
    """Lowering to Chrome 64 once more changes nothing: nothing newer is left to lower."""
    programs = list((CHECKOUT / ".cache/front/node_modules/@esbuild").glob("*/bin/esbuild"))
    for name in ("document.js", "pdf.worker.js"):
        lowered, kept = (
            subprocess.run(
                [str(programs[0]), str(FOLDER / name), f"--target={target}", "--charset=utf8"],
                capture_output=True,
                check=True,
            ).stdout
            for target in ("chrome64", "esnext")
        )
        assert lowered == kept, name
