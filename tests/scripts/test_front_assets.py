"""What the site takes from npm: pinned by digest, from no named host, made once."""

import json
import subprocess
import sys

from sync_node.lan.vendor_files import FOLDER
from tests.support.source_code import CHECKOUT

FRONT = CHECKOUT / "sync_node" / "lan" / "front"
SCRIPT = CHECKOUT / "scripts" / "front_assets.py"


def test_every_package_is_pinned_by_its_digest_and_no_host_is_named() -> None:
    lock = json.loads((FRONT / "package-lock.json").read_text(encoding="utf-8"))
    wanted = json.loads((FRONT / "package.json").read_text(encoding="utf-8"))
    assert "scripts" not in wanted
    for version in (wanted["dependencies"] | wanted["devDependencies"]).values():
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
