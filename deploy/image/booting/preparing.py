"""A card to try an image with: a hub of its own, one school, one small pack, `sync-node flash`.

Everything is made with the commands that people use, in a folder, with no network. The school's box
has its access points on Ethernet (`--mode access-points`): the emulator has a wire and no radio.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from content_packs import card_seeds, systems
from content_packs.errors import Refused

PACK, LESSON, ITEM, QUESTION = "trial-lessons", "first-lesson", "practice", "number"
SCHOOL = "trial"
REPOSITORY = "hub/repository"
CARD_BYTES = 4 << 30
NO_HUB = "http://192.0.2.1/"  # an address that nobody has
_QUIZ = f"""title = "Numbers"
[[question]]
id = "{QUESTION}"
kind = "numeric"
prompt = "How many records did you send?"
answer = 1000000
"""


@dataclass(frozen=True)
class Prepared:
    """A card in a file, and the codes that its first teacher and its technicians come in by."""

    card: Path
    teacher_code: str
    technician_code: str


def prepare(
    image: Path, folder: Path, *, hub: str = NO_HUB, say: Callable[[str], None]
) -> Prepared:
    """Make a card from an image, in a folder that is empty or isn't there.

    `hub`: where its box looks for its hub, which isn't served yet.

    Raises `Refused` where one of the commands fails; what it said is in the message.
    """
    say("a hub, a school and a pack")
    seed = make_school(folder, hub=hub)
    card = folder / "card.img"
    say("the card, as sync-node flash writes it")
    command("sync-node", "flash", str(card), "--image", str(image), "--digest", _map_digest(image),
         "--seed", str(seed), "--preload", PACK, "--from", str(folder / REPOSITORY),
         "--labels", str(folder / "labels"), "--receipts", str(folder / "receipts.jsonl"),
         "--work", str(folder / "work"), "--size", f"{CARD_BYTES >> 30}G")  # fmt: skip
    shutil.rmtree(folder / "work", ignore_errors=True)
    found = card_seeds.open_seed(seed.read_bytes()).seed
    return Prepared(card, found.teacher_code, found.technician_code)


def make_school(folder: Path, *, hub: str = NO_HUB) -> Path:
    """Make a hub with a school and a pack below `folder`; return the seed of the school's card.

    Raises `Refused`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    data = ("--data", str(folder / "hub"))
    command("content-packs", "new", str(folder / PACK))
    for path in (folder / PACK).glob("*/*.quiz.toml"):
        path.write_text(_QUIZ, encoding="utf-8")
    command("hub", "init", *data)
    command("hub", "channels", "add", *data, systems.CHANNEL)
    command("hub", "publish", *data, str(folder / PACK))
    command("hub", "release", *data, PACK, "--version", "1", "--channel", "main")
    command(
        "hub", "schools", "add", *data, SCHOOL, "--district", "trial", "--title", "Trial school"
    )
    command("hub", "seeds", SCHOOL, *data, "--output", str(folder / "seeds"),
         "--hub", hub, "--mode", "access-points", "--no-captive")  # fmt: skip
    (seed,) = (folder / "seeds").glob("*.seed.json")
    return seed


def _map_digest(image: Path) -> str:
    """Return the digest of an image's map, made where it isn't there."""
    done = json.loads(command("sync-node", "image-map", str(image), "--json"))
    return str(done["digest"])


def command(program: str, *arguments: str) -> str:
    """Run a command of ours and return what it printed. Raises `Refused`."""
    words = [str(Path(sys.executable).with_name(program)), *arguments]
    done = subprocess.run(words, capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL)  # fmt: skip
    if done.returncode:
        raise Refused(
            f"{program} {' '.join(arguments)} ended with {done.returncode}: {done.stderr.strip()}"
        )
    return done.stdout
