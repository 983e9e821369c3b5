"""A hub with two of everything: what is one person's to see, and what is another's.

All that is of the hidden township, or of the rival publisher, has a mark in its names and texts.
"""

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from content_packs.reports import RecordsWaiting
from hub.clock import in_words
from hub.console.ground import Rule
from hub.edition import read_edition
from hub.fleet import codes, reports, saved
from hub.fleet.standing import Judge
from hub.fleet.tables import NodeKeyRow, NodeRow, SchoolRow
from hub.hub import Hub
from hub.jobs import service as jobs
from hub.people import sessions
from hub.people.actor import Actor
from hub.people.rights import ROLES, Role
from hub.people.tables import PersonRow, PersonSessionRow
from hub.records.tables import RecordBatchRow, RecordRow
from hub.uploads import receiving
from hub.use.tables import UseDayRow, UseRow
from hub.visits import planning as visits
from tests.hub.console.site import api_token
from tests.hub.console.wishes import add_wish
from tests.hub.fleet.boxes import randomness
from tests.hub.rollouts.fleets import fetches, report_of

HIDDEN = "zorgvale"  # the township that isn't the operator's
MARK = "zorg"  # what is in all names and texts of it
RIVAL = "qwyxpress"  # the publisher that isn't the publisher's
RIVAL_MARK = "qwyx"
HERE = {"Origin": "http://localhost"}
KEEPER = Actor("administrator", "administrator", "console")


@dataclass
class Side:
    """What there is of one township or publisher: names by the kind of a path's part."""

    names: dict[str, list[str]] = field(default_factory=dict)

    def add(self, kind: str, name: object) -> None:
        """Note a name."""
        self.names.setdefault(kind, []).append(str(name))


def add_township(hub: Hub, side: Side, mark: str, township: str, operator: Actor) -> None:
    """Add two schools of a township, with all that a hub has of schools."""
    for number in (1, 2):
        school, node = f"{mark}-{number}", f"{mark}-{number}-1"
        _add_box(hub, school, township, mark, number)
        side.add("school", school)
        side.add("node", node)
    _add_what_came(hub, f"{mark}-1", f"{mark}-1-1")
    codes.make(hub, [f"{mark}-1"], count=2, days=30, randomness=randomness)
    for what in ("wish", "offer"):
        words = {"what": what, "text": f"{mark} maps", "pack": "demo" if what == "wish" else ""}
        add_wish(hub, f"{mark}-1", township, **words)
        side.add("number", _newest_request(hub))
    visit = visits.plan(hub, operator, nodes=[f"{mark}-1-1"], title=f"{mark} way").visit
    side.add("visit", visit)
    side.add("job", jobs.start(hub, operator, "courier", {"visit": visit}).id)
    over = visits.plan(hub, operator, nodes=[f"{mark}-2-1"], title=f"{mark} old way").visit
    visits.cancel(hub, operator, over)
    side.add("visit", over)
    saved.save(hub, operator, f"{mark}-filter", f"township:{township}")
    side.add("name", f"{mark}-filter")


def add_publisher(hub: Hub, side: Side, publisher: Actor) -> None:
    """Add an upload that is under way, and a job that waits, of a publisher."""
    made = receiving.create(hub, publisher, f"{publisher.publisher}.cpack", 1000)
    side.add("upload", made.id)
    job = jobs.start(hub, publisher, "publish", {"upload": made.id, "name": publisher.publisher})
    side.add("job", job.id)


def _add_box(hub: Hub, school: str, township: str, mark: str, number: int) -> None:
    node = f"{school}-1"
    now = in_words(hub.clock())
    key = sha256(node.encode()).hexdigest()
    states = ("valid", "pending") if number == 1 else ("valid",)
    title = f"={mark}+1" if number == 1 else f"{mark};=1+2"  # what a spreadsheet would run
    with hub.database.writing():
        SchoolRow.insert(
            school=school, district="east", township=township, added_at=now, title=title,
            contact=f"@{mark}", latitude_e6=31_000_000 + number,
            longitude_e6=97_000_000,
        ).execute()  # fmt: skip
        NodeRow.insert(
            node=node, school=school, added_at=now, groups=["pilot"], alarm=f"{mark} moved",
            alarm_at=now,
        ).execute()  # fmt: skip
        for state in states:
            NodeKeyRow.insert(
                keyid=sha256(f"{key}{state}".encode()).hexdigest(), node=node, public=key,
                state=state, code="", nonce="", model=f"{mark} box", serial_number=f"{mark}9",
                software="0.1.0", origin="10.0.0.9", claimed_at=now,
            ).execute()  # fmt: skip
        Judge(hub, read_edition(hub.data.metadata)).judge(node)


def _add_what_came(hub: Hub, school: str, node: str) -> None:
    now = hub.clock()
    waiting = RecordsWaiting(count=7, oldest_at=now.replace(microsecond=0) - timedelta(days=9))
    with hub.database.writing():
        judge = Judge(hub, read_edition(hub.data.metadata))
        reports.keep(hub, node, [report_of(hub, fetches(1), records=waiting)], "check-in")
        judge.heard(NodeRow.get_by_id(node), "check-in")
        deeds = {"pupils": 30, "opened": 90, "done": 60, "answers": 50, "correct": 40}
        for pack in ("", "demo"):
            month = in_words(now)[:7]
            UseRow.insert(school=school, month=month, pack=pack, **deeds).execute()
        UseDayRow.insert(school=school, day=in_words(now)[:10], pupils=30).execute()
        batch = RecordBatchRow.insert(
            school=school, node=node, taken_at=in_words(now), records=1,
            first_at=in_words(now), last_at=in_words(now), frame="",
        ).execute()  # fmt: skip
        RecordRow.insert(school=school, id=str(uuid.uuid4()), batch=batch).execute()


def _newest_request(hub: Hub) -> int:
    with hub.database.transaction():
        (found,) = hub.database.execute("SELECT max(number) FROM request_row").fetchone()
    return int(found)


def add_person(
    hub: Hub, login: str, role: Role, *, township: str = "", publisher: str = ""
) -> None:
    """Add somebody beside the people of `add_people`, without a password."""
    with hub.database.writing():
        PersonRow.insert(
            person=str(uuid.uuid4()), login=login, name=login, role=role,
            townships=[township] if township else [], publisher=publisher,
            added_at=in_words(hub.clock()),
        ).execute()  # fmt: skip


@dataclass
class World:
    """The hub, what is whose, and callers. `answers`: see `recorded`."""

    hub: Hub
    app: Flask
    own: Side
    hidden: Side
    mine: Side  # of the publisher
    rival: Side
    rollout: str = ""
    answers: dict[str, dict[str, str]] = field(default_factory=dict)
    _tokens: dict[str, str] = field(default_factory=dict)
    _cookies: dict[str, str] = field(default_factory=dict)

    @property
    def rules(self) -> list[Rule]:
        """All pages and forms of the console."""
        found: list[Rule] = self.app.extensions["console"].rules
        return found

    def token(self, login: Any) -> str:
        """Return the API token of somebody; one for all tests."""
        if login not in self._tokens:
            self._tokens[login] = api_token(self.hub, login)
        return self._tokens[login]

    def cookie(self, login: str) -> str:
        """Return what the browser of somebody who is signed in sends."""
        if login not in self._cookies:
            with self.hub.database.writing():
                row = PersonRow.get(PersonRow.login == login)
                made = sessions.begin(self.hub, row, "127.0.0.1", randomness)
            self._cookies[login] = made
        return self._cookies[login]

    def warm(self) -> None:
        """Make the token and the session of everybody."""
        for login in (*ROLES, f"{MARK}-operator", f"{RIVAL_MARK}-publisher"):
            self.api(login, "GET", "/me")
            self.browser(login).get("/console/")

    def csrf(self, login: str) -> str:
        """Return the token of somebody's forms."""
        digest = sessions.digest_of(self.cookie(login))
        with self.hub.database.transaction():
            return str(PersonSessionRow.get(PersonSessionRow.digest == digest).csrf)

    def api(self, login: str, method: str, place: str, body: object = None) -> TestResponse:
        """Ask the API as a program of somebody's."""
        headers = {"Authorization": f"Bearer {self.token(login)}"}
        return self.app.test_client().open(
            f"/api/v1{place}", method=method, headers=headers, json=body
        )

    def browser(self, login: str) -> FlaskClient:
        """Return a browser of somebody who is signed in."""
        web = self.app.test_client()
        web.set_cookie("session", self.cookie(login), path="/console/")
        return web

    def form(self, login: str, place: str, **fields: str) -> TestResponse:
        """Send a form as our page would."""
        fields = {"csrf": self.csrf(login), **fields}
        return self.browser(login).post(place, data=fields, headers=HERE)


def filled(path: str, names: dict[str, str]) -> str:
    """Return an operation's path or a page's rule with names in the place of its parts."""
    for kind, name in names.items():
        path = path.replace(f"{{{kind}}}", name).replace(f"<{kind}>", name)
    return path


def parts_of(path: str) -> list[str]:
    """Return the names of the parts of a path or rule."""
    pieces = path.replace("<path:", "<").replace("{", "<").replace("}", ">").split("<")[1:]
    return [piece.partition(">")[0] for piece in pieces]


def state_of(hub: Hub, without: Iterable[str]) -> dict[str, str]:
    """Return a digest of each table of the hub's database, and of the files beside it."""
    found = {}
    left_out = set(without)
    with hub.database.transaction():
        for table in hub.database.tables():
            if table not in left_out:
                rows = hub.database.execute(f'SELECT * FROM "{table}"').fetchall()  # noqa: S608 - its own name
                found[table] = sha256(json.dumps(sorted(map(repr, rows))).encode()).hexdigest()
    for path in sorted(hub.data.root.rglob("*")):
        if path.is_file() and not path.name.startswith(("hub.db", "lock")):
            status = path.stat()
            name = path.relative_to(hub.data.root).as_posix()
            found[name] = f"{status.st_size} {status.st_mtime_ns}"
    return found
