"""A box is stolen, with all that is on its card: whoever has it gets nowhere, and it is noticed.

Hub and nodes are processes of their own on loopback. The thief has a copy of the whole data folder:
he runs it as it is, and he signs with its key what no program of ours would send.
"""

import base64
import itertools
import secrets
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from content_packs import batches, courier, protocol, reports, request_signing
from content_packs.batches import ChainEnd
from content_packs.hub_keys import HubKeys
from content_packs.protocol import CheckInRequest
from content_packs.request_signing import Request
from hub.edition import read_edition
from sync_node import identity
from sync_node.data_dir import DataDir
from sync_node.identity import Identity
from sync_node.limits import PEER_TRUST_SECONDS
from tests.support.district import Box, District, a_district
from tests.support.protocol import a_report

_CREDENTIAL = "api/v1/credential"


@dataclass
class Thief:
    """Who has a copy of a card, and programs of his own."""

    box: Box
    who: Identity
    _sequences: Iterator[int] = field(default_factory=lambda: itertools.count(10**12))

    def ask(self, url: str, body: bytes | None = None) -> int:
        """Ask with a good signature and the credential; return the status of the answer."""
        parts = urlsplit(url)
        method = "GET" if body is None else "POST"
        asked = Request(method, "http", parts.netloc, parts.path, body=body or b"")
        fields = request_signing.sign(
            asked, self.who.private_key, sequence=next(self._sequences), created=int(time.time())
        )
        shown = base64.urlsafe_b64encode(self.who.credential_path.read_bytes()).decode()
        headers = {
            **fields, "Content-Type": "application/json", "Satchel-Credential": shown,
        }  # fmt: skip
        request = urllib.request.Request(url, body, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code

    def held(self, address: str) -> int:
        """Ask a peer what it holds."""
        return self.ask(f"http://{address}/peer/v1/held")

    def batch(self, keys: HubKeys) -> bytes:
        """Return a sealed and signed batch, the first of a chain."""
        content = reports.encode_batch((a_report(),))
        document, _ = batches.make(
            content, node=self.box.node, kind="reports", end=ChainEnd(), hub_keys=keys,
            private_key=self.who.private_key, randomness=secrets.token_bytes,
        )  # fmt: skip
        return document


def with_card_of(box: Box, folder: Path) -> Thief:
    """Return who copied a whole card."""
    shutil.copytree(box.root, folder)
    who = identity.current(DataDir(folder))
    assert who
    return Thief(Box(folder, box.node), who)


def seal_keys(district: District) -> HubKeys:
    """The keys that everybody can read in the repository."""
    found = read_edition(district.folder / "hub" / "repository" / "metadata").hub_keys
    assert found
    return found


@dataclass
class Theft:
    """Three nodes of a district; one was stolen and is revoked, two know nothing of it yet."""

    district: District
    near: Box
    far: Box  # has no link any more
    thief: Thief

    @property
    def hub(self) -> str:
        return self.district.url


@pytest.fixture(scope="module")
def theft(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theft]:
    with a_district(tmp_path_factory.mktemp("district")) as district:
        codes = district.codes("--count", "3")
        stolen, near, far = (
            district.enrolled(name, code)
            for name, code in zip(("stolen", "near", "far"), codes, strict=True)
        )
        found = Theft(district, near, far, with_card_of(stolen, district.folder / "thief"))
        far.set_up(cut_off=True, media=district.folder / "media")
        assert found.thief.ask(f"{district.url}{_CREDENTIAL}") == 200, "nobody knows yet"
        said = district.hub("nodes", "revoke", stolen.node, "--reason", "stolen in the night")
        assert said["listed"]
        yield found


def test_the_hub_refuses_it_whatever_it_asks_and_writes_it_down(theft: Theft) -> None:
    check_in = CheckInRequest(nonce=secrets.token_hex(16), report=a_report())
    calls: dict[str, bytes | None] = {
        "api/v1/check-ins": protocol.check_in_request_bytes(check_in),
        "api/v1/batches": theft.thief.batch(seal_keys(theft.district)),
        _CREDENTIAL: None,
    }
    before = node_of(theft)
    for call, body in calls.items():
        assert theft.thief.ask(f"{theft.hub}{call}", body) == 401, call
    logged = theft.district.audit("request-refused", theft.thief.who.keyid)
    assert [each["reason"] for each in logged] == ["the key is revoked"] * len(calls)
    assert {each["node"] for each in logged} == {theft.thief.box.node}
    assert node_of(theft) == before, "nothing of it was kept"
    assert before["node"]["state"] == "revoked"


def node_of(theft: Theft) -> dict[str, Any]:
    """What the hub knows of the stolen node."""
    return theft.district.hub("nodes", "show", theft.thief.box.node)


@pytest.mark.long
def test_a_neighbour_that_heard_of_it_at_the_hub_serves_it_no_more(theft: Theft) -> None:
    thief, near = theft.thief, theft.near
    with near.running() as address:
        wait_for(lambda: thief.held(address) == 401, PEER_TRUST_SECONDS + 20)
    assert not near.status()["hub"]["revoked"]


def wait_for(what: Callable[[], bool], seconds: float) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "waited too long"
        time.sleep(0.2)


@pytest.mark.long
def test_a_neighbour_that_heard_of_it_by_a_stick_alone_serves_it_no_more(theft: Theft) -> None:
    district, thief, far = theft.district, theft.thief, theft.far
    with far.running() as address:
        assert thief.held(address) == 200, "no word of it came here"
    stick = district.folder / "media" / "stick"
    stick.mkdir(parents=True)
    district.release(2, video_bytes=100_000)
    district.hub("courier", "write", stick)
    assert far.run("sync")[0] == 0
    assert far.versions() == {"demo": 2}
    with far.running() as address:
        assert thief.held(address) == 401
        at_home = Box(district.folder / "at-home", thief.box.node)
        shutil.copytree(thief.box.root, at_home.root)
        at_home.set_up(cut_off=True, peers=[address])
        at_home.run("sync")
        status = at_home.status()
        assert status["last_tick"]["links"][f"peer {address}"][0] < 2_000, "401, and no more"
        assert at_home.versions(status) == {"demo": 1}


def test_no_stick_takes_its_word_to_the_hub_or_an_answer_back(theft: Theft, tmp_path: Path) -> None:
    district, thief = theft.district, theft.thief
    ended, left = thief.box.run("export", tmp_path)
    assert (ended, left["papers"]["report"]) == (0, True)
    leave_batch(tmp_path, thief, thief.batch(seal_keys(district)))
    before = node_of(theft)
    taken = district.hub("courier", "read", tmp_path, ends=3)
    assert (taken["reports"], taken["batches"], taken["documents"]) == (0, 0, 0)
    assert len(taken["troubles"]) == 2
    assert node_of(theft) == before
    logged = district.audit("document-refused", thief.who.keyid)
    assert [each["origin"] for each in logged] == ["stick", "stick"]
    written = district.hub("courier", "write", tmp_path, "--node", thief.box.node)
    assert written["documents"] == 0
    assert not list((tmp_path / courier.DOWN).glob("*/*")), "nothing is said to it"


def leave_batch(stick: Path, thief: Thief, document: bytes) -> None:
    """Put the first batch of a chain where a node would."""
    path = stick / courier.batch_path(thief.box.node, 1)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(document)


def test_two_cards_with_one_identity_are_noticed_by_stick(theft: Theft, tmp_path: Path) -> None:
    district, box = theft.district, theft.near
    copied = with_card_of(box, tmp_path / "copied")
    keys = seal_keys(district)
    for name, ends in (("true", 0), ("copied", 3)):
        stick = tmp_path / f"stick-{name}"
        leave_batch(stick, copied, copied.batch(keys))
        taken = district.hub("courier", "read", stick, ends=ends)
        assert taken["batches"] == (1 if name == "true" else 0)
    assert "share one identity" in district.hub("nodes", "show", box.node)["node"]["alarm"]
    assert any(box.node in each for each in district.hub("status")["warnings"])
    assert district.audit("alarm", copied.who.keyid)
