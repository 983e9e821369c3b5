"""Who may ask a node for what it holds, and that nothing but public content is ever offered."""

import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from content_packs import signed_documents
from content_packs.desired_state import DesiredState
from content_packs.digests import digest_of
from content_packs.errors import Missing
from content_packs.protocol import StatusList
from sync_node import identity, offering, revocations
from sync_node.admission import NOBODY, Admission, credential_field, is_own_address
from sync_node.config import PeersConfig
from sync_node.courtesy import Courtesy
from sync_node.data_dir import DataDir
from sync_node.held_documents import HeldDocuments
from sync_node.lan import peers
from sync_node.lan.app import create_app
from sync_node.limits import (
    PEER_BYTES_PER_SECOND_BUSY,
    PEER_PUPIL_SECONDS,
    PEER_REFUSAL_LOG_SECONDS,
    PEER_SEQUENCES_BEHIND,
    PEER_SLOTS,
)
from sync_node.offering import Offering
from sync_node.peer_places import CREDENTIAL_FIELD, HELD, PREFIX, desired_state_path, files_path
from sync_node.peer_source import Asking
from tests.support.identities import give_credential
from tests.support.peers import asking, enrol, site_of, trusted
from tests.support.protocol import NOON, OTHER_KEY, SERVICE_KEY, by_keyid
from tests.sync_node.lan.school import School

HOST = "127.0.0.1:8080"


@pytest.fixture
def client(school: School) -> FlaskClient:
    return site_of(school.data_dir, trusted()).test_client()


def get(
    client: FlaskClient, place: str, who: Asking | None, *, host: str = HOST, **headers: str
) -> TestResponse:
    path = f"{PREFIX}{place}"
    fields = {**(who.fields(f"http://{host}{path}") if who else {}), **headers}
    return client.get(path, headers=fields, base_url=f"http://{host}", buffered=True)


def said(response: TestResponse) -> tuple[int, bytes, list[tuple[str, str]]]:
    return response.status_code, response.data, sorted(response.headers)


def a_digest(school: School) -> str:
    return next(iter(school.data_dir.stored_digests()))


def test_a_node_of_the_district_gets_what_is_held(school: School, client: FlaskClient) -> None:
    who = asking("second")
    held = get(client, HELD, who)
    digests = list(school.data_dir.stored_digests())
    assert held.data.hex() == "".join(digests)
    for digest in digests[:5]:
        assert digest_of(get(client, files_path([digest]), who).data) == digest
    both = get(client, files_path(digests[:2]), who).data
    assert both == b"".join(
        school.data_dir.store_path(digest).read_bytes() for digest in digests[:2]
    )


def test_a_range_counts_over_all_files_of_a_request(school: School, client: FlaskClient) -> None:
    digests = list(school.data_dir.stored_digests())[:3]
    whole = b"".join(school.data_dir.store_path(digest).read_bytes() for digest in digests)
    middle = len(whole) // 2
    answer = get(client, files_path(digests), asking("second"), Range=f"bytes=1-{middle}")
    assert answer.status_code == 206
    assert answer.headers["Content-Range"] == f"bytes 1-{middle}/{len(whole)}"
    assert answer.data == whole[1 : middle + 1]


STRANGERS: dict[str, Asking | None] = {
    "a phone": None,
    "a node of another district": asking("second", district="west"),
    "a credential of another hub": asking("second", by=OTHER_KEY),
    "another key than the credential names": asking("second", key=OTHER_KEY),
    "a revoked node": asking("stolen"),
}


@pytest.mark.parametrize("stranger", STRANGERS)
def test_strangers_get_the_same_answer_whatever_they_ask_for(school: School, stranger: str) -> None:
    listed = StatusList(number=1, revoked={"stolen": NOON})
    client = site_of(school.data_dir, trusted(revoked=listed)).test_client()
    places = [HELD, files_path([a_digest(school)]), files_path(["00" * 32]), "school.db", "x"]
    answers = [said(get(client, place, STRANGERS[stranger])) for place in places]
    assert answers[0][0] == 401
    assert answers[0][1] == b""
    assert all(answer == answers[0] for answer in answers)
    phone = said(get(client, HELD, None))
    assert answers[0] == phone


@pytest.mark.parametrize("method", ["OPTIONS", "POST", "PUT", "DELETE", "PATCH", "TRACE"])
def test_nothing_but_reading_is_answered(client: FlaskClient, method: str) -> None:
    for place in (HELD, "x"):
        assert client.open(f"{PREFIX}{place}", method=method).status_code in {403, 405}


def test_a_node_enrolled_anew_after_its_revocation_counts(school: School) -> None:
    before = StatusList(number=1, revoked={"second": datetime(2026, 1, 1, tzinfo=UTC)})
    client = site_of(school.data_dir, trusted(revoked=before)).test_client()
    assert get(client, HELD, asking("second")).status_code == 200


def test_a_box_that_is_no_node_offers_nothing(school: School) -> None:
    client = site_of(school.data_dir, NOBODY).test_client()
    assert get(client, HELD, asking("second")).status_code == 401


def test_a_request_counts_once(client: FlaskClient) -> None:
    path = f"{PREFIX}{HELD}"
    fields = dict(asking("second").fields(f"http://{HOST}{path}"))
    codes = [
        client.get(path, headers=fields, base_url=f"http://{HOST}", buffered=True).status_code
        for _ in range(3)
    ]
    assert codes == [200, 401, 401]


def test_requests_may_overtake_one_another(client: FlaskClient) -> None:
    path = f"{PREFIX}{HELD}"
    who = asking("second")
    many = [dict(who.fields(f"http://{HOST}{path}")) for _ in range(PEER_SEQUENCES_BEHIND + 2)]

    def code(number: int) -> int:
        answer = client.get(path, headers=many[number], base_url=f"http://{HOST}", buffered=True)
        return answer.status_code

    assert [code(5), code(3), code(4), code(4), code(3)] == [200, 200, 200, 401, 401]
    assert code(PEER_SEQUENCES_BEHIND + 1) == 200
    assert [code(0), code(1), code(2)] == [401, 401, 200]


@pytest.mark.parametrize(
    "host", ["192.0.2.7:8080", "box.lan:8080", "school.local", "[2001:db8::1]"]
)
def test_what_was_asked_of_another_box_isnt_answered_here(client: FlaskClient, host: str) -> None:
    assert get(client, HELD, asking("second"), host=host).status_code == 401


def test_a_request_for_another_place_or_with_a_query_isnt_signed(client: FlaskClient) -> None:
    fields = dict(asking("second").fields(f"http://{HOST}{PREFIX}{HELD}"))
    for path in (f"{PREFIX}metadata/timestamp.json", f"{PREFIX}{HELD}?x", f"{PREFIX}{HELD}%20"):
        answer = client.get(path, headers=fields, base_url=f"http://{HOST}")
        assert answer.status_code == 401
    assert client.head(f"{PREFIX}{HELD}", headers=fields).status_code == 401


@pytest.mark.parametrize(
    "field", ["", "!!", "e30=", "A" * 40_000, credential_field(b"{}"), credential_field(b"\xff")]
)
def test_a_credential_that_is_none_is_refused(client: FlaskClient, field: str) -> None:
    answer = get(client, HELD, asking("second"), **{CREDENTIAL_FIELD: field})
    assert answer.status_code == 401


PRIVATE = [
    "school.db", "node.db", "node.toml", "identity/key.pem", "incoming/x", "from-hub/receipt.json",
    "outbox/1.json", "files/../node.toml", "files/..%2Fnode.toml", "trust/timestamp.json",
    "metadata/../node.toml", "metadata/key.pem", "metadata/0.root.json", "files/",
    "files/" + "g" * 64,
    "files/" + "0" * 63, "manifests/" + "0" * 64, "bundles/" + "0" * 64 + ".bundle", "held/x", "x",
    "files/" + "+".join(["0" * 64] * 49), "files/" + "A" * 64,
]  # fmt: skip


@pytest.mark.sampled(3)
@pytest.mark.parametrize("place", PRIVATE)
def test_nothing_but_public_content_is_offered(
    school: School, client: FlaskClient, place: str
) -> None:
    for name in ("school.db", "identity/key.pem", "incoming/x", "outbox/1.json"):
        path = school.data_dir.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"secret")
    answer = get(client, place, asking("second"))
    assert answer.status_code in {401, 404}
    assert answer.data == b""


def test_the_metadata_of_the_version_that_is_asked_for(school: School, client: FlaskClient) -> None:
    trust = school.data_dir.trust
    trust.mkdir(exist_ok=True)
    (trust / "snapshot.json").write_bytes(b'{"signed": {"version": 7}}')
    (trust / "timestamp.json").write_bytes(b'{"signed": {"version": 9}}')
    who = asking("second")
    codes = {
        place: get(client, f"metadata/{place}.json", who).status_code
        for place in ("7.snapshot", "6.snapshot", "timestamp", "1.targets")
    }
    assert codes == {"7.snapshot": 200, "6.snapshot": 404, "timestamp": 200, "1.targets": 404}


def test_the_list_of_revoked_nodes_by_its_digest(school: School, client: FlaskClient) -> None:
    folder = school.data_dir.from_hub
    folder.mkdir()
    (folder / "revoked.json").write_bytes(b"a list")
    who = asking("second")
    assert get(client, f"status/{digest_of(b'a list')}.json", who).data == b"a list"
    assert get(client, f"status/{'0' * 64}.json", who).status_code == 404


class Time:
    """A clock that a sleep moves on."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_peers_have_a_rate_and_less_of_it_while_pupils_are_at_it() -> None:
    clock = Time()
    courtesy = Courtesy(monotonic=clock, sleep=clock.sleep, rate=1_000_000)
    courtesy.pay(2_000_000)
    assert clock.now == pytest.approx(102)
    courtesy.note_pupil()
    courtesy.pay(PEER_BYTES_PER_SECOND_BUSY)
    assert clock.now == pytest.approx(103)
    clock.now += PEER_PUPIL_SECONDS
    before = clock.now
    courtesy.pay(1_000_000)
    assert clock.now - before == pytest.approx(1)


def test_peers_take_only_some_of_the_sites_threads(school: School) -> None:
    courtesy = Courtesy(monotonic=time.monotonic, sleep=time.sleep)
    client = site_of(school.data_dir, trusted(), courtesy).test_client()
    who = asking("second")
    for _ in range(PEER_SLOTS):
        assert courtesy.enter()
    busy = get(client, HELD, who)
    assert busy.status_code == 503
    assert int(busy.headers["Retry-After"]) > 0
    courtesy.leave()
    for place in (HELD, "nonsense", files_path([a_digest(school)]), files_path(["0" * 64])):
        get(client, place, who).close()
    assert courtesy.enter()
    assert not courtesy.enter()


def test_refusals_are_logged_now_and_then(school: School) -> None:
    lines: list[str] = []
    clock = Time()
    found = peers.Peers(
        Offering(school.data_dir),
        Admission(trusted, is_own_address),
        Courtesy(monotonic=clock, sleep=clock.sleep),
        lines.append,
        clock,
    )
    from_app = site_of(school.data_dir, trusted())
    from_app.extensions["peers"] = found
    client = from_app.test_client()
    for _ in range(20):
        get(client, HELD, None)
    assert len(lines) == 1
    clock.now += PEER_REFUSAL_LOG_SECONDS
    get(client, HELD, asking("second", district="west"))
    assert len(lines) == 2
    assert "refused 20 requests" in lines[1]
    assert "district west" in lines[1]


def test_many_at_once_are_told_apart() -> None:
    admission = Admission(trusted, is_own_address)
    window = admission._is_new
    taken: list[bool] = []
    threads = [
        threading.Thread(target=lambda: taken.extend(window("key", n) for n in range(1, 200)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(taken) == 199


class TestTheWholeSite:
    """Wired as the node serves it."""

    @pytest.fixture
    def furnished(self, school: School) -> School:
        enrol(school.data_dir, "first")
        return school

    @staticmethod
    def codes(data_dir: DataDir, how: PeersConfig | None) -> Mapping[str, int]:
        client = create_app(data_dir, to_peers=how).test_client()
        return {
            "node": get(client, HELD, asking("second")).status_code,
            "phone": get(client, HELD, None).status_code,
            "post": client.post(f"{PREFIX}{HELD}").status_code,
        }

    def test_a_box_that_doesnt_know_the_hubs_keys_lets_nobody_in(self, furnished: School) -> None:
        codes = self.codes(furnished.data_dir, PeersConfig())
        assert codes == {"node": 401, "phone": 401, "post": 403}

    def test_a_box_that_shall_not_offer_doesnt(self, furnished: School) -> None:
        assert self.codes(furnished.data_dir, PeersConfig(offer=False))["node"] == 404
        assert self.codes(furnished.data_dir, None)["phone"] == 404


def test_own_addresses() -> None:
    answers: dict[str, Any] = {
        "127.0.0.1": True,
        "127.0.0.1:8080": True,
        "0.0.0.0:8080": False,
        "192.0.2.7:80": False,
        "localhost": False,
        "224.0.0.1:80": False,
        "[::]:80": False,
        "": False,
        "127.0.0.1:8080:9": False,
        "x" * 300: False,
    }
    assert {host: is_own_address(host) for host in answers} == answers


def test_what_is_gone_meanwhile_ends_the_answer(school: School, tmp_path: Path) -> None:
    digest = a_digest(school)
    found = Offering(school.data_dir).find(files_path([digest]))
    school.data_dir.store_path(digest).rename(tmp_path / "gone")
    with pytest.raises(Missing, match="can't be read"):
        list(found.pieces(0, found.size))


def test_the_list_that_is_offered_is_the_one_that_is_kept() -> None:
    assert offering.REVOKED == revocations.REVOKED


def test_the_desired_state_of_a_group_is_passed_on_and_one_for_this_node_isnt(
    school: School, client: FlaskClient
) -> None:
    give_credential(identity.ensured(school.data_dir, another=True), groups=("pilot",))
    documents = HeldDocuments(school.data_dir)
    place, who = desired_state_path("pilot"), asking("second")
    assert get(client, place, who).status_code == 404
    group = DesiredState(number=1, issued_at=NOON, group="pilot")
    said_to_all = signed_documents.sign("desired-state", group, SERVICE_KEY)
    of = identity.credential(school.data_dir)
    assert of
    assert documents.take_desired_state(said_to_all, by_keyid(SERVICE_KEY), of)
    assert get(client, place, who).data == said_to_all
    assert get(client, place, None).status_code == 401
    assert get(client, desired_state_path("others"), who).status_code == 404
    ours = DesiredState(number=2, issued_at=NOON, node="qamdo-1")
    said_to_us = signed_documents.sign("desired-state", ours, SERVICE_KEY)
    assert documents.take_desired_state(said_to_us, by_keyid(SERVICE_KEY), of)
    assert get(client, place, who).status_code == 404
