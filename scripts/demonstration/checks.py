"""Looks whether everything is as it has to be, as a phone in the school would see it."""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from scripts.demonstration.phone import Answer, Page, Phone
from scripts.demonstration.programs import run

_CONTENT = re.compile(r"/content/([^/]+)/(\d+)/(.+)")
_RIGHT = re.compile(r'<fieldset class="question right"')


@dataclass
class Checks:
    """What was looked at, and what was wrong."""

    say: Callable[[str], None]
    faults: list[str] = field(default_factory=list)

    def expect(self, *, that: bool, what: str, instead: object = None) -> None:
        """Say `what`, and whether it is so; `instead` says what was found where it isn't."""
        if instead and not that:
            what = f"{what}: {instead}"
        self.say(f"  {'ok   ' if that else 'WRONG'} {what}")
        if not that:
            self.faults.append(what)


@dataclass
class Visit:
    """A walk through the whole site: every answer, and what packs it has to match."""

    phone: Phone
    truth: Path
    answers: dict[str, Answer] = field(default_factory=dict)
    pages: dict[str, Page] = field(default_factory=dict)
    outside: set[str] = field(default_factory=set)

    def walk(self) -> None:
        """Follow every link from home."""
        self.answers, self.pages, self.outside = self.phone.wander()

    def content(self, kind: str = "") -> dict[str, Answer]:
        """Return the files of packs that were fetched, of one media type."""
        return {
            address: answer
            for address, answer in self.answers.items()
            if _CONTENT.search(urlsplit(address).path)
            and answer.headers.get("content-type", "").startswith(kind)
        }

    def true_bytes(self, address: str) -> bytes:
        """Return what the pack says that a file's bytes are."""
        found = _CONTENT.search(urlsplit(address).path)
        if not found:
            raise ValueError(address)
        pack, version, path = found.groups()
        return (self.truth / f"{pack}-{version}" / unquote(path)).read_bytes()


def extract(cpack: Path, truth: Path) -> None:
    """Unpack a cpack as the truth to compare with."""
    target = truth / cpack.stem
    if not target.exists():
        run("content-packs", "extract", cpack, target)


def look_at_site(visit: Visit, versions: dict[str, int], checks: Checks) -> None:
    """Walk through the site, and check all of it."""
    visit.walk()
    bad = [
        address
        for address, answer in visit.answers.items()
        if answer.status != 200 and not answer.is_redirect
    ]
    checks.expect(
        that=not bad, what=f"{len(visit.answers)} addresses, each answers", instead=bad[:3]
    )
    checks.expect(
        that=not visit.outside,
        what="nothing is fetched from elsewhere",
        instead=sorted(visit.outside)[:3],
    )
    for kind in ("text/html", "image/", "video/", "text/vtt", "application/pdf"):
        found = visit.content(kind)
        wrong = [at for at, answer in found.items() if answer.body != visit.true_bytes(at)]
        checks.expect(
            that=bool(found) and not wrong,
            what=f"{len(found)} addresses of {kind} give the pack's bytes",
            instead=wrong[:3],
        )
    shown = {
        (found[1], int(found[2]))
        for address in visit.content()
        if (found := _CONTENT.search(urlsplit(address).path))
    }
    said = ", ".join(f"{pack} {version}" for pack, version in sorted(shown))
    checks.expect(that=shown == set(versions.items()), what=f"versions served: {said}")


def look_at_films(visit: Visit, checks: Checks) -> None:
    """Seek in every video as a player does, and put one together from parts."""
    films = sorted(address for address in visit.content("video/") if "?" not in address)
    for address in films:
        truth = visit.true_bytes(address)
        first, last = len(truth) // 2, len(truth) // 2 + 99_999
        part = visit.phone.get(address, range=f"bytes={first}-{last}")
        last = min(last, len(truth) - 1)
        if (part.status, part.headers.get("content-range"), part.body) != (
            206, f"bytes {first}-{last}/{len(truth)}", truth[first : last + 1],
        ):  # fmt: skip
            checks.expect(that=False, what=f"{address}: bytes {first} to {last}")
    checks.expect(that=bool(films), what=f"{len(films)} videos can be sought in (206)")
    digest, size, tag = hashlib.sha256(), len(visit.true_bytes(films[0])), ""
    for at in range(0, size, 200_000):
        part = visit.phone.get(films[0], range=f"bytes={at}-{at + 199_999}", if_range=tag or '"-"')
        piece = part.body if part.status == 206 else part.body[at : at + 200_000]
        digest.update(piece)
        tag = part.headers["etag"]
    checks.expect(
        that=tag == f'"{digest.hexdigest()}"', what="a video fetched in parts has its digest"
    )


def answer_an_exercise(visit: Visit, checks: Checks) -> None:
    """Fill an exercise in, wrongly and rightly, and see it graded."""
    address, page = next(
        (at, page)
        for at, page in sorted(visit.pages.items())
        if any(name.name == "_version" for form in page.forms.values() for name in form)
    )
    pack, lesson, item = urlsplit(address).path.split("/")[2:5]
    action, form = next(
        (action, form) for action, form in page.forms.items() if form[0].name == "_version"
    )
    hidden = [(choice.name, choice.values[0]) for choice in form if choice.kind == "hidden"]
    version = dict(hidden)["_version"]
    language = "zh" if "language=zh" in action else "en"
    file = visit.truth / f"{pack}-{version}" / lesson / f"{item}.{language}.exercise.json"
    questions = [q for q in json.loads(file.read_bytes())["questions"] if q["kind"] == "choice"]
    graded = {}
    for right in (False, True):
        chosen = [
            (question["id"], option["id"])
            for question in questions
            for option in question["options"]
            if (option.get("credit", 0) == 100) == right
        ]
        answer = visit.phone.post(action, [*hidden, *dict(chosen).items()])
        graded[right] = len(_RIGHT.findall(answer.text)) if answer.status == 200 else -1
    checks.expect(
        that=graded == {False: 0, True: len(questions)} and bool(questions),
        what=f"an exercise is graded: {graded[True]} of {len(questions)} choices right when "
        f"answered rightly, {graded[False]} when not",
    )
