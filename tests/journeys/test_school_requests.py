"""A teacher asks, is answered, and gets; keeps a version for a term; offers a film of the school.

Hub and node are processes of their own. The teacher's word is given over HTTP, and the site is
killed the moment that it says "written down".
"""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest

from sync_node.data_dir import DataDir
from sync_node.school.school import School, open_school
from tests.support import node_process
from tests.support.district import Box, District, a_district
from tests.support.packs import make_demo

PASSPHRASE = "seven green lanterns swing"
FORM = "application/x-www-form-urlencoded"
SECONDS_MAX = 30

# Their quick versions: talking/test_asking.py, test_teachers_pins.py, tests/hub/school_requests.
pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Iterator[District]:
    with a_district(tmp_path_factory.mktemp("district")) as found:
        yield found


@contextmanager
def the_school(box: Box, *, back: timedelta = timedelta()) -> Iterator[School]:
    """The school's data, while no site runs; its clock stands `back`."""
    school = open_school(DataDir(box.root), clock=lambda: datetime.now(UTC) - back, hash_cost=2)
    try:
        yield school
    finally:
        school.close()


class Teacher:
    """A teacher with a browser."""

    def __init__(self, address: str, teacher: str) -> None:
        self.address, self.cookie = address, ""
        form = {"teacher": teacher, "passphrase": PASSPHRASE}
        cookies = self.post("/teacher/sign-in", form)
        self.cookie = "; ".join(each.split(";")[0] for each in cookies)

    def post(self, path: str, form: dict[str, str]) -> list[str]:
        """Send a form that has to be taken; return the cookies that came."""
        connection = HTTPConnection(self.address, timeout=SECONDS_MAX)
        try:
            fields = {"Content-Type": FORM, "Origin": f"http://{self.address}"}
            if self.cookie:
                fields["Cookie"] = self.cookie
            connection.request("POST", path, urlencode(form), fields)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 303, answer.status
            return answer.headers.get_all("Set-Cookie") or []
        finally:
            connection.close()


def release(district: District, pack: str) -> None:
    cpack = district.folder / f"{pack}.cpack"
    make_demo(cpack, pack=pack, video_bytes=20_000)
    district.hub("publish", cpack, "--release", "main")


def asked(district: District, *more: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = district.hub("requests", "list", *more)["requests"]
    return found


def test_a_wish_reaches_the_hub_once_and_is_closed_when_the_pack_comes(
    district: District,
) -> None:
    box = district.enrolled("asks", district.codes()[0])
    box.set_up()
    with the_school(box) as school:
        teacher = school.teachers.add("Ms Li", PASSPHRASE).id
    said_by_the_site = (box.root / "said").open("w")
    process = subprocess.Popen(
        node_process.command("run", "--host", "127.0.0.1", "--port", "0", "--data", box.root),
        env=node_process.environment(), stdout=subprocess.PIPE, stderr=said_by_the_site, text=True,
    )  # fmt: skip
    try:
        assert process.stdout
        address = process.stdout.readline().split("http://")[1].split("/")[0]
        Teacher(address, teacher).post(
            "/teacher/wishes", {"text": "the rivers of our county", "pack": "rivers"}
        )
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
        said_by_the_site.close()
    for _ in range(2):
        assert box.run("sync")[0] == 0
    [wish] = asked(district)
    assert (wish["school"], wish["pack"], wish["text"]) == (
        "qamdo", "rivers", "the rivers of our county",
    )  # fmt: skip
    assert district.hub("requests", "list")["packs"] == {"rivers": 1}
    district.hub("requests", "answer", str(wish["number"]), "--text", "next week")
    assert asked(district) == []
    (box.root / "node.db").unlink()  # the node forgets what it said, and says it once more
    assert box.run("sync")[0] == 0
    assert len(asked(district, "--all")) == 1
    release(district, "rivers")
    assert box.run("sync")[0] == 0
    [wish] = asked(district, "--all")
    assert (wish["state"], wish["answer_text"]) == ("here", "next week")


def test_a_version_is_kept_through_a_release_and_let_go_after_its_last_day(
    district: District,
) -> None:
    box = district.enrolled("keeps", district.codes()[0])
    half_a_day = timedelta(hours=12)
    last_day: date = (datetime.now(UTC) - half_a_day).date()  # today, where the day is youngest
    with the_school(box, back=half_a_day) as school:
        school.pinned_versions.pin("demo", 1, last_day, by="teacher")
    in_zone(box, "-12:00")
    district.release(2, seeds={"one": 5})
    assert box.run("sync")[0] == 0
    assert box.versions()["demo"] == 1
    [pack] = [each for each in box.status()["packs"] if each["pack"] == "demo"]
    assert (pack["held_by"], pack["held_until"]) == ("teacher", last_day.isoformat())
    assert box.run("plan")[1]["pinned"] == [
        {"pack": "demo", "version": 1, "until": last_day.isoformat(), "why_not": ""}
    ]
    in_zone(box, "+14:00")  # where that day is over
    assert box.run("sync")[0] == 0
    assert box.versions()["demo"] == 2


def in_zone(box: Box, zone: str) -> None:
    file = box.root / "node.toml"
    lines = [
        line for line in file.read_text(encoding="utf-8").splitlines()
        if not line.startswith("time_zone")
    ]  # fmt: skip
    file.write_text("\n".join([f'time_zone = "{zone}"', *lines]), encoding="utf-8")


def test_a_film_of_the_school_is_offered_asked_for_and_sent(district: District) -> None:
    box = district.enrolled("offers", district.codes()[0])
    data = b"%PDF-1.7\n" + os.urandom(400_000) + b"\n%%EOF\n"
    with the_school(box) as school:
        made = school.materials.receive(
            [data], len(data), title="Our river", class_id="", by="teacher"
        )
        school.materials.offer(made.id, offered=True)
    assert box.run("sync")[0] == 0
    [offer] = district.hub("offers", "list")["offers"]
    assert (offer["text"], offer["size"], offer["digest"]) == ("Our river", len(data), made.digest)
    district.hub("offers", "ask", str(offer["number"]))
    for _ in range(2):
        assert box.run("sync")[0] == 0
    [offer] = district.hub("offers", "list")["offers"]
    assert offer["file"] == "whole"
    assert Path(district.folder, "hub", offer["place"]).read_bytes() == data
