"""The demonstration: `scripts/demo`, and headless `scripts/demo --check`."""

import argparse
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from scripts.demonstration import checks as checking
from scripts.demonstration.checks import Checks, Visit
from scripts.demonstration.courier import Trips, serve_the_unreached
from scripts.demonstration.phone import Phone
from scripts.demonstration.programs import ProgramFailed, run_json
from scripts.demonstration.story import (
    PACKS,
    SITE_PORT,
    Stage,
    Sync,
    addresses_on_the_wifi,
    free_port,
)


def say(text: str) -> None:
    """Print at once, for whoever waits."""
    print(text, flush=True)


def bring_first_versions(stage: Stage) -> dict[str, Sync]:
    """Start a hub, publish version 1 of each pack, and bring it to the node."""
    stage.start_hub()
    stage.make_packs(1)
    stage.make_node()
    first = {}
    for pack in PACKS:
        stage.release(pack, 1)
        first[pack] = stage.sync()
        say(f"  {in_words(first[pack])} (sync-node sync)")
    return first


def in_words(sync: Sync) -> str:
    """Say what a sync did and cost."""
    lessons = len(sync.tick["activated"])
    return (
        f"{lessons} lessons opened; {sync.down:,} bytes down and {sync.up:,} up in "
        f"{sync.tick['requests']} requests"
    )


def show(stage: Stage, host: str) -> None:
    """Open the school's site, say where, and wait for Ctrl-C."""
    bring_first_versions(stage)
    serve_the_unreached(stage)
    address = stage.open_site(host, free_port(host, SITE_PORT))
    say("\nThe school's site is open (sync-node run):")
    if host == "127.0.0.1":
        say(f"  {address}")
        say("  From a phone on the same Wi-Fi: scripts/demo --host 0.0.0.0")
    else:
        port = address.rstrip("/").rsplit(":", 1)[1]
        for found in ["127.0.0.1", *addresses_on_the_wifi()]:
            say(f"  http://{found}:{port}/")
    say("The district's console; choose a password, your login is officer:")
    say(f"  {stage.way_into_the_console()}")
    say(f"The hub's home page: {stage.servers[0].address}")
    say(f"Everything lies in {stage.folder}")
    say("\nCtrl-C stops everything.")
    while all(server.process.poll() is None for server in stage.servers):
        time.sleep(0.5)
    raise ProgramFailed("a program ended by itself: see the logs in the folder above")


def check(stage: Stage) -> list[str]:
    """Do all of it headless, with an update; return what was wrong."""
    checks = Checks(say)
    first = bring_first_versions(stage)
    phone = Phone(stage.open_site("127.0.0.1", 0))
    truth = stage.folder / "truth"
    say("\nWhat a phone sees:")
    look(stage, Visit(phone, truth), 1, checks)
    say("")
    stage.make_packs(2)
    update = {}
    for pack in PACKS:
        stage.release(pack, 2)
        update[pack] = stage.sync()
        say(f"  {in_words(update[pack])} (sync-node sync)")
    again = stage.sync()
    say("\nWhat a phone sees now:")
    look(stage, Visit(phone, truth), 2, checks)
    say("\nBytes that crossed the link, all overhead included:")
    report(stage, first, update, again, checks)
    look_at_the_unreached(*serve_the_unreached(stage), checks)
    for server in reversed(stage.servers):
        checks.expect(that=server.stop() == 0, what=f"{server.name} ends when told to")
    stage.servers.clear()
    return checks.faults


def look(stage: Stage, visit: Visit, version: int, checks: Checks) -> None:
    """Compare all that the site serves with version `version` of each pack."""
    for pack in PACKS:
        checking.extract(stage.cpack(pack, version), visit.truth)
    checking.look_at_site(visit, dict.fromkeys(PACKS, version), checks)
    checking.look_at_films(visit, checks)
    checking.answer_an_exercise(visit, checks)


def look_at_the_unreached(trips: Trips, came_home: dict[str, Any], checks: Checks) -> None:
    """Look whether the school without a network has every lesson, and the hub its word of it."""
    told = {
        each["pack"]: each["version"] for each in came_home.get("packs", ())
        if each["lessons_ready"] == each["lessons_total"] > 0
    }  # fmt: skip
    checks.expect(
        that=told == dict.fromkeys(PACKS, 2),
        what="its report says that every lesson of both packs is open, at version 2",
        instead=told,
    )
    held = run_json("sync-node", "check", "--data", trips.box)
    checks.expect(
        that=held["clean"] and held["files"] > 0,
        what=f"{held['files']} files in its store, each has its digest",
    )


def report(
    stage: Stage, first: dict[str, Sync], update: dict[str, Sync], again: Sync, checks: Checks
) -> None:
    """Print what each sync cost, and check it against what the node itself says."""
    say(f"  {'':<12} {'cpack':>12} {'first sync':>12} {'update':>12} {'update, of cpack':>17}")
    for pack in PACKS:
        whole, came, changed = costs(stage, pack, first, update)
        say(f"  {pack:<12} {whole:>12,} {came:>12,} {changed:>12,} {changed / whole:>17.1%}")
    for pack in PACKS:
        whole, came, changed = costs(stage, pack, first, update)
        checks.expect(
            that=came < whole * 1.02 + 20_000,
            what=f"the first sync of {pack} costs little more than its cpack",
        )
        checks.expect(
            that=changed < whole * 0.8, what=f"the update of {pack} costs less than all of it"
        )
    for sync in (*first.values(), *update.values()):
        said = sync.tick["bytes_in"]
        checks.expect(
            that=said <= sync.down <= said + 100 * sync.tick["requests"],
            what=f"the node counted {said:,} bytes, the link {sync.down:,}",
        )
    checks.expect(
        that=again.tick["outcome"] == "nothing-new" and again.down < 1_000,
        what=f"a poll that finds nothing new costs {again.down} bytes",
    )


def costs(
    stage: Stage, pack: str, first: dict[str, Sync], update: dict[str, Sync]
) -> tuple[int, int, int]:
    """Return the bytes of a pack's cpack, of its first sync and of its update."""
    return stage.cpack(pack, 2).stat().st_size, first[pack].down, update[pack].down


def parsed() -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(prog="scripts/demo", description="Satchel, from end to end.")
    parser.add_argument("--check", action="store_true", help="headless: do all of it, and check it")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="work in DIR, and leave it there")
    parser.add_argument(
        "--host", default="127.0.0.1", help="where the school's site listens; 0.0.0.0 for phones"
    )
    return parser.parse_args()


def main() -> int:
    """Run the demonstration; return the exit code."""
    given = parsed()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # some shells start us deaf to Ctrl-C
    with ExitStack() as at_end:
        folder = given.keep or Path(
            at_end.enter_context(tempfile.TemporaryDirectory(prefix="satchel-demo-"))
        )
        folder.mkdir(parents=True, exist_ok=True)
        stage = Stage(folder.resolve(), say)
        at_end.callback(stage.close)
        try:
            if not given.check:
                show(stage, given.host)
            faults = check(stage)
        except ProgramFailed as error:
            say(f"\nerror: {error}")
            return 1
        except KeyboardInterrupt:
            say("\nStopped.")
            return 0
    say(f"\n{len(faults)} of the checks failed." if faults else "\nAll was right.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
