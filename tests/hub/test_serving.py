"""`hub serve` with two processes that answer: who asks can't tell which one did.

Which one answers is decided by stopping the other, so that each test says what passes between them.
"""

import itertools
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from content_packs import enrolment_codes
from hub.clock import system_clock
from hub.fleet.limits import WRONG_CODES_AT_ONCE
from hub.hub import Hub, open_hub
from hub.in_service import out_of_service
from hub.uploads import tus
from tests.hub.console.site import PASSWORD, add_people, api_token
from tests.hub.fleet.boxes import Box
from tests.hub.uploads.tus_client import named
from tests.support.hub_databases import HubDatabases
from tests.support.source_code import CHECKOUT

ENOUGH = 60.0  # seconds until it is sure that something doesn't happen any more
HOME = "/console/"


@dataclass(frozen=True)
class Served:
    """A hub that is served: its process, its address, and a way to look into its database."""

    hub: Hub
    process: subprocess.Popen[str]
    address: str

    def children(self) -> list[int]:
        """Return its processes."""
        pid = self.process.pid
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        return [int(child) for child in text.split()]

    def answering(self) -> list[int]:
        """Return those that answer: they hold the socket that listens."""
        shared = sockets_of(self.process.pid)
        return [pid for pid in self.children() if shared & sockets_of(pid)]

    @contextmanager
    def only(self, number: int) -> Iterator[None]:
        """Let one of those that answer do so alone."""
        others = [pid for at, pid in enumerate(self.answering()) if at != number]
        with ExitStack() as going_on:
            for pid in others:
                os.kill(pid, signal.SIGSTOP)
                going_on.callback(os.kill, pid, signal.SIGCONT)
            yield

    def ask(self, method: str, place: str, **more: object) -> requests.Response:
        """Ask on a connection of its own."""
        headers = {"Connection": "close", **more.pop("headers", {})}  # type: ignore[dict-item]
        return requests.request(
            method, self.address + place, headers=headers, timeout=ENOUGH,
            allow_redirects=False, **more,  # type: ignore[arg-type]
        )  # fmt: skip


def sockets_of(pid: int) -> set[str]:
    """Return the sockets that a process has open, none if there is no such process."""
    found = set()
    try:
        for link in Path(f"/proc/{pid}/fd").iterdir():
            found.add(str(link.readlink()))
    except OSError:  # it has closed one, or ended: the next look sees that
        return set()
    return {target for target in found if target.startswith("socket:")}


@contextmanager
def serving(root: Path, *, workers: int = 2, port: int = 0) -> Iterator[Served]:
    """Serve a hub; let it end as it is told to, if it hasn't."""
    config = root / "hub.toml"
    lines = [line for line in config.read_text().splitlines() if not line.startswith("workers")]
    config.write_text("\n".join([*lines, f"workers = {workers}", ""]))
    command = [sys.executable, "-m", "hub.cli", "serve", "--data", str(root), "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=CHECKOUT) as process:
        assert process.stdout
        found = re.search(r"listening on (http://[^/]+)/", process.stdout.readline())
        try:
            assert found
            yield Served(open_hub(root, system_clock), process, found[1])
        finally:
            process.terminate()
            process.wait(ENOUGH)


@pytest.fixture(scope="module")
def root(
    new_hub: Path, tmp_path_factory: pytest.TempPathFactory, lasting_databases: HubDatabases
) -> Path:
    """The data directory of a hub with people."""
    root = lasting_databases.copy_hub(new_hub, tmp_path_factory.mktemp("serving") / "hub")
    hub = open_hub(root, system_clock)
    add_people(hub)
    hub.database.close()
    return root


@pytest.fixture
def alone(new_hub: Path, tmp_path: Path, databases: HubDatabases) -> Path:
    """The data directory of a hub that nobody else serves."""
    return databases.copy_hub(new_hub, tmp_path / "hub")


@pytest.fixture(scope="module")
def served(root: Path) -> Iterator[Served]:
    """The hub, served by two processes, and a third for what is done besides."""
    with serving(root) as found:
        yield found


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + ENOUGH
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.both_databases
def test_who_signed_in_at_one_is_known_to_the_other(served: Served) -> None:
    with requests.Session() as browser, served.only(0):
        page = browser.get(f"{served.address}/console/sign-in", timeout=ENOUGH)
        token = re.search(r'name="csrf" value="([^"]+)"', page.text)
        assert token
        answer = browser.post(
            f"{served.address}/console/sign-in",
            data={"csrf": token[1], "login": "administrator", "password": PASSWORD},
            headers={"Sec-Fetch-Site": "same-origin"},
            allow_redirects=False,
            timeout=ENOUGH,
        )
        assert (answer.status_code, answer.headers["Location"]) == (303, HOME)
        cookies = {name: value for name, value in browser.cookies.items() if name == "session"}
    assert served.ask("GET", HOME).status_code == 303
    for number in (0, 1):
        with served.only(number):
            assert served.ask("GET", HOME, cookies=cookies).status_code == 200


@pytest.mark.both_databases
def test_an_upload_begun_at_one_goes_on_at_the_other(served: Served) -> None:
    token = {"Authorization": f"Bearer {api_token(served.hub, 'publisher')}"}
    headers = {**token, "Tus-Resumable": tus.VERSION}
    data = os.urandom(40_000)
    more = {"Upload-Length": str(len(data)), "Upload-Metadata": named("new.cpack")}
    with served.only(0):
        begun = served.ask("POST", "/api/v1/uploads/files", headers={**headers, **more})
        place = urlsplit(begun.headers["Location"]).path
        assert _send(served, place, headers, 0, data[:25_000]) == 204
    with served.only(1):
        told = served.ask("HEAD", place, headers=headers)
        assert told.headers["Upload-Offset"] == "25000"
        assert _send(served, place, headers, 25_000, data[25_000:]) == 204


def _send(served: Served, place: str, headers: dict[str, str], at: int, data: bytes) -> int:
    more = {"Upload-Offset": str(at), "Content-Type": tus.PIECE}
    return served.ask("PATCH", place, headers={**headers, **more}, data=data).status_code


@pytest.mark.both_databases
def test_wrong_codes_count_wherever_they_are_tried(served: Served) -> None:
    numbers = itertools.count(1)

    def tries(count: int) -> set[int]:
        headers = {"Content-Type": "application/json"}
        wrong = [enrolment_codes.generate(next(numbers).to_bytes(7)) for _ in range(count)]
        asked = [
            served.ask("POST", "/api/v1/claims", headers=headers, data=Box().claim(code))
            for code in wrong
        ]
        return {answer.status_code for answer in asked}

    with served.only(0):
        assert tries(WRONG_CODES_AT_ONCE // 2) == {403}
    with served.only(1):
        assert tries(WRONG_CODES_AT_ONCE // 2) == {403}
        assert tries(1) == {429}
    with served.only(0):
        assert tries(1) == {429}


@pytest.mark.both_databases
def test_figures_are_those_of_all(served: Served) -> None:
    token = {"Authorization": f"Bearer {api_token(served.hub, 'administrator')}"}

    def asked() -> float:
        text = served.ask("GET", "/metrics", headers=token).text
        lines = [one for one in text.splitlines() if 'rule="/healthz"' in one]
        return sum(float(one.split()[-1]) for one in lines if one.startswith("satchel_answers"))

    with served.only(0):
        before = asked()
        assert served.ask("GET", "/healthz").status_code == 200
    with served.only(1):
        assert served.ask("GET", "/healthz").status_code == 200
        assert asked() == before + 2


@pytest.mark.both_databases
def test_one_that_is_killed_is_started_again_and_the_other_answers_meanwhile(
    served: Served,
) -> None:
    first, second = served.answering()
    besides = (set(served.children()) - {first, second}).pop()
    for pid in (first, besides):
        os.kill(pid, signal.SIGKILL)
        assert served.ask("GET", "/readyz").status_code in {200, 503}
    killed = {first, besides}
    until(lambda: len(served.children()) == 3 and not killed & set(served.children()))
    until(lambda: len(served.answering()) == 2)
    assert second in served.answering()
    with served.only(1 - served.answering().index(second)):
        assert served.ask("GET", "/healthz").status_code == 200


def test_all_end_when_told_to(alone: Path) -> None:
    with serving(alone) as served:
        children = served.children()
        assert len(children) == 3
        served.process.terminate()
        assert served.process.wait(ENOUGH) == 0
        assert not any(Path(f"/proc/{pid}").exists() for pid in children)


def test_kill_minus_9_of_the_server_leaves_neither_its_port_nor_its_lock_taken(alone: Path) -> None:
    with serving(alone, workers=1) as served:
        children = served.children()
        port = urlsplit(served.address).port or 0
        served.process.kill()
        served.process.wait(ENOUGH)
        with serving(alone, port=port) as again:
            assert again.address == served.address
            assert again.ask("GET", "/healthz").status_code == 200
            assert not set(children) & set(again.children())
    until(lambda: not any(_runs(pid) for pid in children))
    with out_of_service(alone):
        pass


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"  # whoever adopted it may not have looked yet
