"""A code makes a box a node: at once, when a person confirms it, or by a stick."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from content_packs import enrolment_codes
from content_packs.errors import InvalidContent, Missing, SourceUnavailable, Untrusted, UsageError
from sync_node import checking, config, identity
from sync_node.errors import HubRefused
from sync_node.lock import engine_lock
from sync_node.orders import Orders
from tests.support.identities import Box, enrolled
from tests.support.protocol import OTHER_KEY
from tests.support.scripted_hub import CODE, JSON, ScriptedHub, problem


def test_a_code_makes_a_box_a_node(box: Box, hub: ScriptedHub) -> None:
    hub.confirmed = True
    found = box.enrol("0000 000-oooo")
    assert found.state == "enrolled"
    assert found.credential
    assert found.credential.node == "qamdo-1"
    assert hub.claims[0].code == CODE
    assert hub.claims[0].model == "Raspberry Pi 5"
    assert box.standing().school_title == "Qamdo No. 7"


def test_the_fingerprint_is_shown_until_a_person_confirms(box: Box, hub: ScriptedHub) -> None:
    found = box.enrol()
    assert found.state == "pending"
    assert len(found.fingerprint) == 19
    assert box.standing().enrolment == "claimed"
    hub.confirmed = True
    tick = box.tick()
    assert "enrolled as qamdo-1 of qamdo" in tick.detail
    assert box.standing().node == "qamdo-1"
    assert hub.check_ins  # and it is heard at once


def test_the_same_claim_is_sent_again_and_another_code_makes_another(
    box: Box, hub: ScriptedHub
) -> None:
    box.enrol()
    box.enrol()
    box.tick()
    assert len({claim.nonce for claim in hub.claims}) == 1
    other = enrolment_codes.generate(b"another")
    box.enrol(other)
    assert hub.claims[-1].code == other
    assert len({claim.key for claim in hub.claims}) == 1


def test_enrolling_twice_does_nothing(box: Box, hub: ScriptedHub) -> None:
    enrolled(box, hub)
    found = box.enrol()
    assert (found.state, found.before) == ("enrolled", True)
    assert len(hub.claims) == 1


def test_enrolled_again_it_has_another_key_and_goes_on_as_the_old_node_until_then(
    box: Box, hub: ScriptedHub
) -> None:
    enrolled(box, hub)
    before = identity.current(box.data_dir)
    hub.confirmed = False
    hub.now += timedelta(seconds=5)
    assert box.enrol(again=True).state == "pending"
    box.sync()
    count = len(hub.check_ins)
    assert count
    hub.confirmed = True
    box.sync()
    after = identity.current(box.data_dir)
    assert before
    assert after
    assert before.keyid != after.keyid
    assert len(hub.check_ins) == count + 1


def test_a_code_that_is_no_code_never_leaves_the_box(box: Box, hub: ScriptedHub) -> None:
    with pytest.raises(InvalidContent):
        box.enrol("7K3M-Q8T-X2YB")
    assert hub.calls == []
    assert identity.claiming(box.data_dir) is None


def test_a_code_that_the_hub_refuses_is_told_and_not_tried_again(
    box: Box, hub: ScriptedHub
) -> None:
    hub.answers["claims"] = problem(403, detail="the code isn't good")
    with pytest.raises(HubRefused, match="the code isn't good") as caught:
        box.enrol()
    assert caught.value.exit_code == 5
    assert "hub audit" in caught.value.hint
    box.tick()
    assert hub.calls == ["claims"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((404, "text/html", b"<h1>not here</h1>"), Missing),
        (problem(404), Missing),
        ((200, "text/html", b"<h1>log in</h1>"), InvalidContent),
        ((200, JSON, b"{}"), InvalidContent),
        ((202, JSON, b"[]"), InvalidContent),
        ((200, JSON, b"x" * 300_000), InvalidContent),
        ((503, JSON, b""), SourceUnavailable),
        ((302, JSON, b""), SourceUnavailable),
        (problem(429), SourceUnavailable),
    ],
)
def test_whatever_else_is_answered_the_claim_stays(
    box: Box, hub: ScriptedHub, answer: tuple[int, str, bytes], error: type[Exception]
) -> None:
    hub.answers["claims"] = answer
    with pytest.raises(error):
        box.enrol()
    hub.answers.clear()
    hub.confirmed = True
    box.tick()
    assert box.standing().node == "qamdo-1"


def test_a_credential_by_another_key_is_refused(box: Box, hub: ScriptedHub) -> None:
    hub.confirmed, hub.service = True, OTHER_KEY
    with pytest.raises(Untrusted):
        box.enrol()
    assert box.standing().node == ""


def test_a_fingerprint_that_isnt_ours_is_told(box: Box, hub: ScriptedHub) -> None:
    other = b'{"fingerprint":"AAAA-AAAA-AAAA-AAAA","format":1}'
    hub.answers["claims"] = (202, JSON, other)
    with pytest.raises(Untrusted, match="expected"):
        box.enrol()


@pytest.mark.long
def test_beside_a_tick_that_is_at_work_the_hub_is_asked_all_the_same(
    box: Box, hub: ScriptedHub
) -> None:
    """A first tick over a slow link may take days."""
    box.sync()
    with engine_lock(box.data_dir, wait_seconds=0):
        assert box.enrol().state == "pending"
        hub.confirmed = True
        assert box.enrol().state == "enrolled"
    assert Orders(box.data_dir).tick_asked_for
    assert box.tick().notes == []
    assert len(hub.check_ins) >= 1


def test_beside_a_tick_that_has_yet_to_learn_the_hubs_keys_the_engine_is_asked(
    box: Box, hub: ScriptedHub
) -> None:
    with engine_lock(box.data_dir, wait_seconds=0):
        assert box.enrol().state == "asked"
    assert Orders(box.data_dir).tick_asked_for
    hub.confirmed = True
    box.tick()
    assert box.standing().node == "qamdo-1"


def test_a_claim_goes_onto_a_stick(box: Box, hub: ScriptedHub, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    found = box.enrol(stick=stick)
    assert found.state == "carried"
    status, _, _ = hub.take_claim((stick / found.claim).read_bytes())
    assert status == 202


def test_a_hub_that_node_toml_doesnt_name_isnt_asked(box: Box) -> None:
    with pytest.raises(UsageError, match="isn't a source"):
        box.enrol(hub="http://127.0.0.1:9/")


def test_a_slash_at_the_end_of_an_address_is_no_matter(box: Box, hub: ScriptedHub) -> None:
    assert box.enrol(hub=hub.url.rstrip("/")).state == "pending"


def test_without_a_link_the_claim_is_kept_and_a_stick_is_named(box: Box, hub: ScriptedHub) -> None:
    hub.answers["claims"] = (503, JSON, b"")
    with pytest.raises(SourceUnavailable) as caught:
        box.enrol()
    assert "asks again" in caught.value.hint
    assert "--to DIR" in caught.value.hint


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_key_that_the_engine_couldnt_read_isnt_made(box: Box, hub: ScriptedHub) -> None:
    box.sync()
    os.chown(box.data_dir.node_db, 65_534, 65_534)
    with pytest.raises(UsageError, match="belongs to the user") as caught:
        box.enrol()
    assert "sudo -u" in caught.value.hint
    assert not box.data_dir.identity.exists()
    assert hub.calls == []


def test_a_key_that_rots_while_the_claim_waits_is_told_and_replaced(
    box: Box, hub: ScriptedHub
) -> None:
    box.enrol()
    asks = identity.claiming(box.data_dir)
    assert asks
    (asks.folder / identity.KEY).write_bytes(b"rot")
    assert any("key.pem" in note for note in box.sync().notes)
    assert "key.pem" in box.standing().trouble
    found = checking.check(box.data_dir, config.read(box.data_dir), now=datetime.now(UTC))
    assert "key.pem" in found.identity
    assert not found.clean
    hub.confirmed = True
    assert box.enrol().state == "enrolled"
    assert hub.claims[-1].key != asks.public_hex
    assert not asks.claim_path.exists()


def test_an_answered_claim_that_a_kill_left_is_neither_sent_nor_used_again(
    box: Box, hub: ScriptedHub
) -> None:
    box.enrol()
    asks = identity.claiming(box.data_dir)
    assert asks
    claim = asks.claim_path.read_bytes()
    hub.confirmed = True
    box.sync()
    asks.claim_path.write_bytes(claim)
    count = len(hub.claims)
    box.sync()
    assert len(hub.claims) == count
    hub.confirmed = False
    box.enrol(again=True)
    assert hub.claims[-1].key != asks.public_hex
