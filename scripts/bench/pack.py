"""Builds and verifies a made-up pack, and measures it beside zstd and sha256sum.

Every program is a process of its own: wall time and peak memory are what the kernel says of it.
The pack is like a course with films: 80% bytes that don't compress, 17% rows of a table, 3% pages.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

MB = 1_000_000
MEASURED = Path(__file__).parents[1] / "measured.py"
PACK_TOML = """\
id = "bench"
version = 1
languages = ["en"]
title = { en = "Bench" }
summary = { en = "Made to be measured" }
licence = "CC0-1.0"
publisher = { id = "bench", title = { en = "Bench" } }
stage = "primary"
grade = "4"
subject = "mathematics"
"""
WORDS = [
    "river", "cloud", "rain", "lake", "vapour", "sun", "field", "half", "third", "whole", "equal",
    "part", "share", "school", "lesson", "teacher", "answer", "count", "measure", "compare",
]  # fmt: skip
PAGES_IN_LESSON = 100


@dataclass(frozen=True)
class Run:
    """What one program took: seconds of wall time, and the most memory it had, in MB."""

    name: str
    seconds: float
    megabytes_per_second: float
    peak_memory_mb: float


def make_folder(folder: Path, size: int) -> int:
    """Write a pack folder of about `size` bytes; return how many bytes it has."""
    chance = random.Random(1)  # noqa: S311 - the same bytes in every run
    items = 'items = [{ id = "archive", title = { en = "Archive" } }]\n'
    app = make_lesson(folder, 0, items) / "archive"
    app.mkdir()
    (folder / "pack.toml").write_text(PACK_TOML, encoding="utf-8")
    (app / "index.html").write_text("<!doctype html><title>Archive</title>", encoding="utf-8")
    films = max(1, size * 80 // 100 // (20 * MB))
    for number in range(films):
        (app / f"film-{number:03}.dat").write_bytes(chance.randbytes(size * 80 // 100 // films))
    with (app / "rows.dat").open("w", encoding="utf-8") as rows:
        while rows.tell() < size * 17 // 100:
            rows.writelines(
                f"{chance.getrandbits(32)},{chance.choice(WORDS)},{chance.random():.6f}\n"
                for _ in range(10_000)
            )
    for number in range(size * 3 // 100 // 20_000):
        if number % PAGES_IN_LESSON == 0:
            lesson = make_lesson(folder, 1 + number // PAGES_IN_LESSON)
        text = " ".join(chance.choices(WORDS, k=3_200)).replace(" river ", ".\n\nA river ")
        page = f"# Page {number}\n\n{text}.\n"
        (lesson / f"page-{number:05}.md").write_text(page, encoding="utf-8")
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def make_lesson(folder: Path, number: int, items: str = "") -> Path:
    """Make a lesson's folder, and return it."""
    lesson = folder / f"{number:02}-part-{number}"
    lesson.mkdir(parents=True)
    title = f'title = {{ en = "Part {number}" }}\n'
    (lesson / "lesson.toml").write_text(title + items, encoding="utf-8")
    return lesson


def run(name: str, command: list[str], size: int, into: Path | None = None) -> Run:
    """Run a program to its end, and return what it took for `size` bytes."""
    measured = [sys.executable, "-I", "-S", str(MEASURED)]
    with (into or Path(os.devnull)).open("wb") as out, tempfile.NamedTemporaryFile() as figures:
        done = subprocess.run([*measured, figures.name, *command], stdout=out, check=False)
        if done.returncode:
            sys.exit(f"{name} ended with {done.returncode}: {' '.join(command)}")
        found = json.loads(Path(figures.name).read_bytes())
    return Run(name, found["seconds"], size / found["seconds"] / MB, found["peak"] / MB)


def measure(size: int) -> tuple[int, int, list[Run]]:
    """Return the bytes of the folder, the bytes of the cpack, and every run."""
    with tempfile.TemporaryDirectory(prefix="satchel-bench-") as place:
        folder = Path(place, "pack")
        size = make_folder(folder, size)
        tar = Path(place, "pack.tar")
        shutil.make_archive(str(tar.with_suffix("")), "tar", folder)
        cpack = Path(place, "bench.cpack")
        ours = [str(Path(sys.executable).with_name("content-packs"))]
        runs = [
            run("sha256sum", ["sha256sum", str(tar)], size),
            run("zstd -3", ["zstd", "-3", "-T1", "-q", "-c", str(tar)], size, Path(place, "zst")),
            run("build", [*ours, "build", str(folder), "--output", str(cpack)], size),
            run("verify", [*ours, "verify", str(cpack)], size),
        ]
        return size, cpack.stat().st_size, runs


def table(size: int, packed: int, runs: list[Run]) -> str:
    """Return the runs as a table, each with its share of the two speeds to compare with."""
    speed = {one.name: one.megabytes_per_second for one in runs}
    lines = [
        f"{size / MB:.0f} MB in a folder, {packed / MB:.0f} MB as a cpack",
        "",
        f"{'':<10} {'MB/s':>7} {'of zstd -3':>11} {'of sha256sum':>13} {'peak memory':>12}",
    ]
    lines += [
        f"{one.name:<10} {one.megabytes_per_second:7.1f} "
        f"{one.megabytes_per_second / speed['zstd -3']:11.2f} "
        f"{one.megabytes_per_second / speed['sha256sum']:13.2f} "
        f"{one.peak_memory_mb:9.0f} MB"
        for one in runs
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--quick", action="store_true", help="50 MB in place of 500")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures there")
    given = parser.parse_args()
    size, packed, runs = measure((50 if given.quick else 500) * MB)
    print(table(size, packed, runs))
    if given.json:
        figures = {"bytes": size, "cpack_bytes": packed, "runs": [asdict(one) for one in runs]}
        given.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
