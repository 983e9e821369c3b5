"""A school that no network reaches: a stick brings its lessons, and takes its word home."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts.demonstration.programs import run, run_json
from scripts.demonstration.story import CHANNEL, Stage, no_neighbours

SCHOOL = "summit"


@dataclass
class Trips:
    """A courier between the hub and a school; `media` is where the school's box finds sticks."""

    stage: Stage
    node: str = ""
    media: Path = field(init=False)

    def __post_init__(self) -> None:
        self.media = self.stage.folder / "media"

    @property
    def stick(self) -> Path:
        """The folder of the stick."""
        return self.media / "stick"

    @property
    def box(self) -> Path:
        """The data directory of the school's box."""
        return self.stage.folder / "node-without-a-network"

    def make_box(self) -> None:
        """Set the school's box up: it knows the root of trust, and no hub's address."""
        self.stick.mkdir(parents=True)
        root = self.stage.hub_data / "repository" / "metadata" / "1.root.json"
        run(
            "sync-node", "init", "--folder", self.stick / "satchel" / "repository",
            "--trust", root, "--channel", CHANNEL, "--data", self.box,
        )  # fmt: skip
        config = self.box / "node.toml"
        mounted = f'couriers = ["{self.media}"]\n'
        config.write_text(mounted + config.read_text(encoding="utf-8"), encoding="utf-8")
        no_neighbours(self.box)

    def there(self) -> None:
        """Bring the first stick: lessons open, and the box's claim goes with it."""
        say = self.stage.say
        code = self.stage.code_for(SCHOOL)
        written = self.hub("courier", "write", self.stick)
        say(f"  a stick for it: {written['size'] / 1e6:.1f} MB, read back (hub courier write)")
        said = run_json("sync-node", "enrol", code, "--to", self.stick, "--data", self.box)
        opened = run_json("sync-node", "sync", "--data", self.box)["activated"]
        say(f"  at the school: {len(opened)} lessons opened from the stick (sync-node sync)")
        taken = self.hub("courier", "read", self.stick)
        say(f"  back at the hub: {taken['claims']} claim on it (hub courier read)")
        self.node = self.stage.confirm(said["fingerprint"])
        self.hub("courier", "read", self.stick)  # leaves the answer

    def and_back(self) -> dict[str, Any]:
        """Bring the answer, and the school's report home; return the report, as the hub has it."""
        run("sync-node", "sync", "--data", self.box)
        taken = self.hub("courier", "read", self.stick)
        self.stage.say(
            f"  the next trip takes its credential there, and brings {taken['reports']} report home"
        )
        known = self.hub("nodes", "show", self.node)["reports"]
        return dict(known[0]["report"]) if known else {}

    def hub(self, *arguments: str | Path) -> Any:
        """Run a command of the hub; return what it says."""
        return run_json("hub", *arguments, "--data", self.stage.hub_data)


def serve_the_unreached(stage: Stage) -> tuple[Trips, dict[str, Any]]:
    """Do all of it; return the trips, and the report that came home, empty for none."""
    stage.say("\nA school that no network reaches:")
    trips = Trips(stage)
    trips.make_box()
    trips.there()
    return trips, trips.and_back()
