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

from content_packs import card_seeds
from content_packs.errors import Refused

PACK, LESSON, ITEM, QUESTION = "trial-lessons", "first-lesson", "practice", "number"
SCHOOL = "trial"
REPOSITORY = "hub/repository"
CARD_BYTES = 4 << 30
_QUIZ = f"""title = "Numbers"
[[question]]
id = "{QUESTION}"
kind = "numeric"
prompt = "How many records did you send?"
answer = 1000000
"""


@dataclass(frozen=True)
class Prepared:
    """A card in a file, and the code that its school's first teacher begins with."""

    card: Path
    teacher_code: str


def prepare(image: Path, folder: Path, *, say: Callable[[str], None]) -> Prepared:
    """Make a card from an image, in a folder that is empty or isn't there.

    Raises `Refused` where one of the commands fails; what it said is in the message.
    """
    say("a hub, a school and a pack")
    seed = make_school(folder)
    card = folder / "card.img"
    say("the card, as sync-node flash writes it")
    _run("sync-node", "flash", str(card), "--image", str(image), "--digest", _map_digest(image),
         "--seed", str(seed), "--preload", PACK, "--from", str(folder / REPOSITORY),
         "--labels", str(folder / "labels"), "--receipts", str(folder / "receipts.jsonl"),
         "--work", str(folder / "work"), "--size", f"{CARD_BYTES >> 30}G")  # fmt: skip
    shutil.rmtree(folder / "work", ignore_errors=True)
    return Prepared(card, card_seeds.open_seed(seed.read_bytes()).seed.teacher_code)


def make_school(folder: Path) -> Path:
    """Make a hub with a school and a pack below `folder`; return the seed of the school's card.

    Raises `Refused`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    data = ("--data", str(folder / "hub"))
    _run("content-packs", "new", str(folder / PACK))
    for path in (folder / PACK).glob("*/*.quiz.toml"):
        path.write_text(_QUIZ, encoding="utf-8")
    _run("hub", "init", *data)
    _run("hub", "publish", *data, str(folder / PACK))
    _run("hub", "release", *data, PACK, "--version", "1", "--channel", "main")
    _run("hub", "schools", "add", *data, SCHOOL, "--district", "trial", "--title", "Trial school")
    _run("hub", "seeds", SCHOOL, *data, "--output", str(folder / "seeds"),
         "--hub", "http://192.0.2.1/", "--mode", "access-points", "--no-captive")  # fmt: skip
    (seed,) = (folder / "seeds").glob("*.seed.json")
    return seed


def _map_digest(image: Path) -> str:
    """Return the digest of an image's map, made where it isn't there."""
    done = json.loads(_run("sync-node", "image-map", str(image), "--json"))
    return str(done["digest"])


def _run(program: str, *arguments: str) -> str:
    """Run a command of ours and return what it printed. Raises `Refused`."""
    command = [str(Path(sys.executable).with_name(program)), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL)  # fmt: skip
    if done.returncode:
        raise Refused(
            f"{program} {' '.join(arguments)} ended with {done.returncode}: {done.stderr.strip()}"
        )
    return done.stdout
