"""What a technician sees and does on the page of a box under trial, in English."""

import re
from dataclasses import dataclass, field

from content_packs.errors import Refused
from deploy.image.booting.visiting import Visitor, expect

HOME = "/box"
# Each as the page says it (sync_node/lan/templates/technician/system.html).
STATES = {
    "current": "Nothing newer is offered.",
    "coming": "is on its way.",
    "here": "It will be written into the other slot",
    "writing": "is being written into the other slot.",
    "ready": "is ready. The box starts with it at night",
    "starting": "The box is being started with system",
    "trying": "is being tried.",
    "cannot": "couldn't be taken.",
    "unsaid": "Not known yet",
}
_SECTION = re.compile(r'<section[^>]*id="system".*?</section>', re.DOTALL)
_RUNS = re.compile(r"System (\d+)<br>.*?in slot ([ab]) of two", re.DOTALL)
_FAILED = re.compile(r"System (\d+) was tried, and the box went back by itself\.")


@dataclass(frozen=True)
class Shown:
    """What the page says of the box's own system. `failed`: versions that didn't serve."""

    version: int
    slot: str
    state: str
    failed: tuple[int, ...] = ()
    text: str = field(default="", compare=False)


def read(page: str) -> Shown | None:
    """Return what a page says of the box's system; None where it says nothing of it."""
    section = _SECTION.search(page)
    runs = _RUNS.search(section[0]) if section else None
    if not section or not runs:
        return None
    plain = section[0].replace("&#39;", "'")
    state = next((name for name, words in STATES.items() if words in plain), "")
    failed = tuple(int(each) for each in _FAILED.findall(plain))
    text = " ".join(re.sub(r"<[^>]+>", " ", plain).split())
    return Shown(int(runs[1]), runs[2], state, failed, text)


@dataclass
class Technician:
    """Somebody who has the card's code, with a phone at the box's page."""

    visitor: Visitor

    @classmethod
    def come(cls, host: str, code: str) -> "Technician":
        """Sign in. Raises `Gone`, `Refused`."""
        visitor = Visitor(host)
        expect(visitor.post(f"{HOME}/sign-in", {"code": code}), 303, "the technician's code")
        return cls(visitor)

    def look(self) -> Shown | None:
        """Return what the page says of the system; None before root has said it for the first time.

        Raises `Gone`, `Refused`.
        """
        found = read(expect(self.visitor.get(HOME), 200, "the technician's page").text)
        if found and not found.state:
            raise Refused(f"{HOME} says of the system what isn't known here: {found.text}")
        return found

    def sync(self) -> None:
        """Have the box ask its hub now. Raises `Gone`, `Refused`."""
        expect(self.visitor.post(f"{HOME}/sync-now", {"unbound": "1"}), 303, "asking for a sync")

    def start(self) -> None:
        """Have the box started with its new system now. Raises `Gone`, `Refused`."""
        answer = expect(self.visitor.post(f"{HOME}/system/start", {}), 303, "starting a system")
        if "done=system" not in answer.headers["location"]:
            raise Refused(f"the system isn't started: {answer.headers['location']}")
