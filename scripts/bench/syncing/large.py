"""What a pack of 2 GB takes of its publisher: build, publish, release; then an update of it."""

from dataclasses import dataclass
from pathlib import Path

from scripts.bench import pack
from scripts.bench.syncing.ours import CHANNEL
from scripts.bench.syncing.report import MB
from scripts.bench.syncing.using import Used, run
from scripts.demonstration import programs

SIZE = 2_000 * MB
_PACK = "bench"
_FOOTER = "\n\nLooked through again.\n"
_CHANGED_ROWS = 50  # one row of so many


@dataclass(frozen=True)
class Step:
    """One program's run by the publisher."""

    name: str
    used: Used


def measure(place: Path, size: int = SIZE) -> list[Step]:
    """Make a pack of that size below `place`, publish it, change it, and publish that."""
    folder, hub = place / "folder", place / "hub"
    pack.make_folder(folder, size)
    run(*programs.command("hub", "init", "--data", hub, "--channel", CHANNEL))
    steps = _publish(folder, hub, 1)
    _change(folder)
    return steps + _publish(folder, hub, 2)


def _publish(folder: Path, hub: Path, version: int) -> list[Step]:
    cpack, data = hub.with_name("built.cpack"), ("--data", hub)
    number = str(version)
    commands: dict[str, tuple[str | Path, ...]] = {
        "build": ("content-packs", "build", folder, "--output", cpack),
        "publish": ("hub", "publish", cpack, *data),
        "release": ("hub", "release", _PACK, "--version", number, "--channel", CHANNEL, *data),
    }
    return [
        Step(f"{name} {number}", run(*programs.command(str(command[0]), *command[1:])))
        for name, command in commands.items()
    ]


def _change(folder: Path) -> None:
    """Change the pages' end, one row of fifty, one film; and the version's number."""
    description = folder / "pack.toml"
    text = description.read_text(encoding="utf-8")
    description.write_text(text.replace("version = 1", "version = 2"), encoding="utf-8")
    for page in folder.rglob("*.md"):
        with page.open("a", encoding="utf-8") as out:
            out.write(_FOOTER)
    rows = next(folder.rglob("rows.dat"))
    lines = rows.read_text(encoding="utf-8").splitlines(keepends=True)
    for number in range(0, len(lines), _CHANGED_ROWS):
        lines[number] = f"{number},changed,0.5\n"
    rows.write_text("".join(lines), encoding="utf-8")
    films = sorted(folder.rglob("film-*.dat"))
    films[0].write_bytes(films[0].read_bytes()[::-1])


def table(steps: list[Step]) -> str:
    """Return the steps as a table."""
    lines = [f"A pack of {SIZE / MB:.0f} MB, and an update of it: the publisher"]
    lines += [
        f"{step.name:<12} {step.used.cpu_seconds:>8.1f} s CPU {step.used.peak_bytes / MB:>6.0f} MB"
        for step in steps
    ]
    return "\n".join(lines)
