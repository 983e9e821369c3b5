"""Enrolment: one code, one box; whoever is refused learns nothing."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from msgspec.structs import replace
from werkzeug.test import TestResponse

from content_packs import enrolment_codes, protocol
from content_packs.messages import to_base64
from content_packs.protocol import Credential
from content_packs.signed_documents import envelope_of
from hub.app import create_app
from hub.clock import system_clock
from hub.edition import read_edition
from hub.errors import ClaimRefused
from hub.fleet import audit, claims, codes, nodes, status_lists
from hub.fleet.audit import Refusals
from hub.fleet.limits import WRONG_CODES_AT_ONCE
from hub.hub import Hub, open_hub
from tests.hub.clients import MovableClock
from tests.hub.fleet.boxes import JSON, Box, a_code, a_school, claimed, enrolled, randomness
from tests.support.source_code import CHECKOUT

BOXES = 100


def post(web: FlaskClient, document: bytes, *, address: str = "192.0.2.1") -> TestResponse:
    return web.post(
        "/api/v1/claims", data=document, content_type=JSON, environ_base={"REMOTE_ADDR": address}
    )


def credential_in(hub: Hub, box: Box, answer: bytes) -> Credential:
    service = read_edition(hub.data.metadata).hub_keys.service_keys()
    return protocol.open_credential(answer, service, key=box.key.public_key())


def reasons(hub: Hub, event: str) -> list[str]:
    return [entry.reason for entry in audit.entries(hub, most=1_000, event=event)]


def test_a_person_compares_the_fingerprint_and_the_box_is_a_node(
    hub: Hub, web: FlaskClient
) -> None:
    box, code = Box(), a_code(hub)
    document = box.claim(code.code, model="Pi 4", serial="10000000abcdef01")
    answer = post(web, document)
    assert answer.status_code == 202
    pending = protocol.read_pending(answer.data)
    assert pending.fingerprint == enrolment_codes.fingerprint(box.keyid)
    (waiting,) = nodes.list_nodes(hub, pending=True)
    assert waiting.keys[0].fingerprint == pending.fingerprint
    assert (waiting.node, waiting.keys[0].model) == ("qamdo-1", "Pi 4")
    nodes.confirm(hub, "qamdo-1", fingerprint=pending.fingerprint.lower())
    answer = post(web, document)
    assert answer.status_code == 200
    credential = credential_in(hub, box, answer.data)
    assert (credential.node, credential.school_title) == ("qamdo-1", "Qamdo No. 7")
    assert post(web, document).data == answer.data


def test_another_fingerprint_is_not_confirmed(hub: Hub, web: FlaskClient) -> None:
    box = claimed(hub, web)
    with pytest.raises(nodes.Refused, match="has the fingerprint"):
        nodes.confirm(hub, box.node, fingerprint=enrolment_codes.fingerprint(Box().keyid))
    assert nodes.list_nodes(hub)[0].state == "pending"


def test_of_several_boxes_for_one_node_a_person_says_which(hub: Hub, web: FlaskClient) -> None:
    old = enrolled(hub, web)
    boxes = [Box(), Box()]
    for box in boxes:
        assert post(web, box.claim(a_code(hub, node=old.node).code)).status_code == 202
    for act in (nodes.confirm, nodes.deny):
        with pytest.raises(nodes.Refused, match="several boxes claim to be it"):
            act(hub, old.node)
    right, wrong = (enrolment_codes.fingerprint(box.keyid) for box in boxes)
    assert nodes.confirm(hub, old.node, fingerprint=right).keyid == boxes[0].keyid
    assert nodes.deny(hub, old.node, fingerprint=wrong).keyid == boxes[1].keyid
    assert [key.state for key in nodes.list_nodes(hub)[0].keys] == ["refused", "valid", "revoked"]


def test_a_box_that_is_turned_away_stays_so(hub: Hub, web: FlaskClient) -> None:
    box, code = Box(), a_code(hub)
    document = box.claim(code.code)
    post(web, document)
    nodes.deny(hub, "qamdo-1")
    assert post(web, document).status_code == 403
    with pytest.raises(nodes.Missing):
        nodes.confirm(hub, "qamdo-1")
    # With another code it may try again, and is somebody else.
    assert post(web, box.claim(a_code(hub).code)).status_code == 202
    assert [node.node for node in nodes.list_nodes(hub, pending=True)] == ["qamdo-2"]


def test_of_a_hundred_claims_of_one_code_at_once_one_wins(hub: Hub, web: FlaskClient) -> None:
    code = a_code(hub)
    documents = [Box().claim(code.code) for _ in range(BOXES)]
    app, together = create_app(hub), threading.Barrier(BOXES)

    def claim(document: bytes) -> int:
        client = app.test_client()
        together.wait()
        return post(client, document, address=str(hash(document))).status_code

    with ThreadPoolExecutor(BOXES) as threads:
        statuses = list(threads.map(claim, documents))
    assert sorted(statuses) == [202, *[403] * (BOXES - 1)]
    assert len(nodes.list_nodes(hub)) == 1
    assert len(reasons(hub, "claimed")) == 1
    # The same claims again: the same answers.
    assert [post(web, each).status_code for each in documents if each][:3] == statuses[:3]


def test_processes_that_claim_one_code_at_once_have_one_winner(hub: Hub, tmp_path: Path) -> None:
    hub = open_hub(hub.data.root, system_clock)
    code = a_code(hub)
    files = [tmp_path / f"{number}.json" for number in range(6)]
    for file in files:
        file.write_bytes(Box().claim(code.code))
    command = [sys.executable, "-m", "tests.hub.fleet.claiming", str(hub.data.root)]
    running = [
        subprocess.Popen([*command, str(file)], stdout=subprocess.PIPE, text=True, cwd=CHECKOUT)
        for file in files
    ]
    said = sorted(process.communicate(timeout=60)[0] for process in running)
    assert said == ["pending qamdo-1\n", *["refused\n"] * 5]


def test_every_refusal_is_the_same_and_the_audit_log_knows_why(
    hub: Hub, web: FlaskClient, clock: MovableClock
) -> None:
    used, expired, cancelled = a_code(hub), a_code(hub, days=1), a_code(hub, "lhasa")
    box = enrolled(hub, web, used)
    codes.cancel(hub, "lhasa")
    revoked = enrolled(hub, web)
    nodes.revoke(hub, revoked.node)
    clock.go_on(days=2)
    never = enrolment_codes.generate(b"forged!")
    answers = [
        post(web, Box().claim(used.code)),
        post(web, Box().claim(expired.code)),
        post(web, Box().claim(cancelled.code)),
        post(web, Box().claim(never)),
        post(web, revoked.claim(a_code(hub).code)),
        post(web, box.claim(a_code(hub, "lhasa").code)),
    ]
    assert {answer.status_code for answer in answers} == {403}
    assert len({answer.data for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers.items())) for answer in answers}) == 1
    said = " | ".join(reversed(reasons(hub, "claim-refused")))
    for part in ("the code was used on", "expired on", "no such code", "the key was revoked"):
        assert part in said
    assert "is that of qamdo-1 already; the code is for lhasa" in said
    everything = " ".join(str(entry) for entry in audit.entries(hub, most=1_000))
    for code in (used.code, expired.code, cancelled.code, never):
        assert code not in everything
        assert enrolment_codes.shown(code) not in everything


def test_codes_cannot_be_tried_one_after_the_other(hub: Hub, web: FlaskClient) -> None:
    good = a_code(hub)
    for number in range(WRONG_CODES_AT_ONCE):
        wrong = enrolment_codes.generate(number.to_bytes(7))
        assert post(web, Box().claim(wrong)).status_code == 403
    late = post(web, Box().claim(good.code))
    assert late.status_code == 429
    assert 0 < int(late.headers["Retry-After"]) <= 60
    assert late.json is not None
    assert late.json["code"] == "too-often"
    # Of the same network, too; elsewhere the code is as good as ever.
    assert post(web, Box().claim(good.code), address="198.51.100.7").status_code == 202
    assert any("too many wrong codes" in reason for reason in reasons(hub, "claim-refused"))


def test_who_has_one_good_code_cannot_try_others_either(hub: Hub, web: FlaskClient) -> None:
    box, code = Box(), a_code(hub)
    assert post(web, box.claim(code.code)).status_code == 202
    for number in range(WRONG_CODES_AT_ONCE):
        wrong = enrolment_codes.generate(number.to_bytes(7))
        assert post(web, box.claim(wrong)).status_code == 403
    assert post(web, box.claim(enrolment_codes.generate(b"another"))).status_code == 429
    assert post(web, box.claim(code.code)).status_code == 202


def test_an_ipv6_network_counts_as_one_address(hub: Hub, web: FlaskClient) -> None:
    a_school(hub)
    for number in range(WRONG_CODES_AT_ONCE):
        wrong = enrolment_codes.generate(number.to_bytes(7))
        assert post(web, Box().claim(wrong), address=f"2001:db8::{number + 1:x}").status_code == 403
    wrong = Box().claim(enrolment_codes.generate(b"another"))
    assert post(web, wrong, address="2001:db8::ffff:1").status_code == 429
    assert post(web, wrong, address="2001:db8:0:1::1").status_code == 403


def test_a_node_goes_on_asking_while_others_guess(hub: Hub, web: FlaskClient) -> None:
    box, code = Box(), a_code(hub)
    document = box.claim(code.code)
    assert post(web, document).status_code == 202
    for number in range(WRONG_CODES_AT_ONCE + 5):
        post(web, Box().claim(enrolment_codes.generate(number.to_bytes(7))))
    assert post(web, document).status_code == 202


def test_a_forged_claim_is_refused(hub: Hub, web: FlaskClient) -> None:
    code = a_code(hub)
    honest, thief = Box(), Box()
    document = honest.claim(code.code)
    swapped = document.replace(honest.keyid.encode(), thief.keyid.encode())
    assert post(web, swapped).status_code == 400
    altered = document.replace(b'"sig":"', b'"sig":"A')
    assert post(web, altered).status_code == 400
    assert nodes.list_nodes(hub) == []
    assert post(web, document).status_code == 202


def test_approved_boxes_need_nobody(hub: Hub, web: FlaskClient, tmp_path: Path) -> None:
    box, other = Box(), Box()
    listed = tmp_path / "list.txt"
    listed.write_text(
        f"# a delivery\n\n{enrolment_codes.fingerprint(box.keyid).lower()}\n"
        " 10000000ABCDEF01  # a Pi\n"
    )
    assert nodes.approve(hub, listed) == (2, 0)
    assert nodes.approve(hub, listed) == (0, 2)
    assert post(web, box.claim(enrolment_codes.generate(b"guessed"))).status_code == 403
    answer = post(web, box.claim(a_code(hub).code))
    assert answer.status_code == 200
    assert credential_in(hub, box, answer.data).node == "qamdo-1"
    by_serial = other.claim(a_code(hub).code, serial="10000000abcdef01")
    assert post(web, by_serial).status_code == 200
    # An approval is good once.
    again = Box().claim(a_code(hub).code, serial="10000000abcdef01")
    assert post(web, again).status_code == 202
    assert any("approved beforehand" in reason for reason in reasons(hub, "confirmed"))


def test_a_box_isnt_welcome_by_calling_itself_what_another_ones_key_is_known_by(
    hub: Hub, web: FlaskClient, tmp_path: Path
) -> None:
    welcome, thief = Box(), Box()
    fingerprint = enrolment_codes.fingerprint(welcome.keyid)
    listed = tmp_path / "list.txt"
    listed.write_text(fingerprint)
    nodes.approve(hub, listed)
    for serial in (fingerprint, f" {fingerprint.lower()} "):
        assert post(web, thief.claim(a_code(hub).code, serial=serial)).status_code == 202
    assert post(web, welcome.claim(a_code(hub).code)).status_code == 200


def test_a_forged_claim_and_none_at_all_stand_in_the_audit_log_without_the_code(
    hub: Hub, web: FlaskClient
) -> None:
    code = a_code(hub).code
    forged = replace(envelope_of(Box().claim(code)), payload_type="application/x").document
    bent = to_base64(f'{{"code":"{code}", "format":1}}'.encode())
    bent_claim = replace(envelope_of(Box().claim(code)), payload=bent).document
    for document in (forged, bent_claim, b"{}"):
        assert post(web, document).status_code == 400
    newest = reasons(hub, "claim-refused")
    assert newest[:2] == ["it is no claim"] * 2
    assert "it is signed as 'application/x'" in newest[2]
    assert code not in " ".join(newest)


def test_a_code_that_was_typed_on_the_wrong_box_stays_good(hub: Hub, web: FlaskClient) -> None:
    node, other = enrolled(hub, web), enrolled(hub, web)
    for code in (a_code(hub, "lhasa"), a_code(hub, node=other.node)):
        assert post(web, node.claim(code.code)).status_code == 403
        assert post(web, Box().claim(code.code)).status_code == 202
        assert post(web, Box().claim(code.code)).status_code == 403


def test_a_box_that_forgot_its_nonce_or_its_credential_gets_it_again(
    hub: Hub, web: FlaskClient
) -> None:
    box, code = Box(), a_code(hub)
    assert post(web, box.claim(code.code)).status_code == 202
    assert post(web, box.claim(code.code, nonce="f" * 32)).status_code == 202
    nodes.confirm(hub, "qamdo-1")
    first = post(web, box.claim(code.code, nonce="e" * 32))
    assert first.status_code == 200
    assert post(web, box.claim(a_code(hub).code)).data == first.data
    assert len(nodes.list_nodes(hub)) == 1


def test_a_replaced_card_has_a_new_key_and_the_old_one_counts_no_more(
    hub: Hub, web: FlaskClient, clock: MovableClock
) -> None:
    old = enrolled(hub, web)
    (before,) = nodes.list_nodes(hub)
    assert old.check_in(web).status_code == 200
    new, code = Box(), a_code(hub, node=old.node)
    document = new.claim(code.code)
    assert post(web, document).status_code == 202
    assert old.check_in(web).status_code == 200  # until somebody has looked
    nodes.confirm(hub, old.node)
    assert old.check_in(web).status_code == 401
    credential = credential_in(hub, new, post(web, document).data)
    assert (credential.node, credential.serial) == (old.node, before.serial + 1)
    new.node = old.node
    assert new.check_in(web).status_code == 200
    listed = status_lists.current(hub, read_edition(hub.data.metadata))
    assert listed.revoked == {old.node: clock.now}
    assert not listed.revokes(credential)
    (node,) = nodes.list_nodes(hub)
    assert [key.state for key in node.keys] == ["valid", "revoked"]


def test_a_revoked_node_can_be_replaced_the_same_second(hub: Hub, web: FlaskClient) -> None:
    old = enrolled(hub, web)
    nodes.revoke(hub, old.node)
    new = Box()
    document = new.claim(a_code(hub, node=old.node).code)
    post(web, document)
    nodes.confirm(hub, old.node)
    credential = credential_in(hub, new, post(web, document).data)
    listed = status_lists.current(hub, read_edition(hub.data.metadata))
    assert listed.revoked.keys() == {old.node}
    assert not listed.revokes(credential)


def test_a_replacement_can_be_revoked_the_same_second(hub: Hub, web: FlaskClient) -> None:
    old = enrolled(hub, web)
    new = Box()
    document = new.claim(a_code(hub, node=old.node).code)
    post(web, document)
    nodes.confirm(hub, old.node)
    credential = credential_in(hub, new, post(web, document).data)
    assert nodes.revoke(hub, old.node).listed
    listed = status_lists.current(hub, read_edition(hub.data.metadata))
    assert listed.revokes(credential)


def test_names_of_nodes_are_never_used_again(hub: Hub, web: FlaskClient) -> None:
    first = enrolled(hub, web)
    nodes.revoke(hub, first.node)
    assert enrolled(hub, web).node == "qamdo-2"


@pytest.mark.hub_db
def test_the_hub_keeps_no_code(hub: Hub) -> None:
    code = a_code(hub)
    kept = b"".join(path.read_bytes() for path in hub.data.root.glob("hub.db*"))
    assert code.code.encode() not in kept
    assert codes.hash_of(hub, code.code).encode() in kept


def test_a_claim_comes_on_a_stick_as_well(hub: Hub, clock: MovableClock) -> None:
    box, code = Box(), a_code(hub)
    document, refusals = box.claim(code.code), Refusals(lambda: 0.0)
    answer = claims.take(hub, document, origin="stick", refusals=refusals)
    assert answer.pending is not None
    assert protocol.read_pending(answer.body) == answer.pending
    nodes.confirm(hub, answer.node)
    clock.now += timedelta(days=400)  # the answer took its time: the code is long spent
    answer = claims.take(hub, document, origin="stick", refusals=refusals)
    assert credential_in(hub, box, answer.body).node == answer.node
    with pytest.raises(ClaimRefused):
        claims.take(hub, Box().claim(code.code), origin="stick", refusals=refusals)


def test_codes_are_for_schools_and_nodes_that_are_there(hub: Hub, web: FlaskClient) -> None:
    box = enrolled(hub, web)
    a_school(hub, "lhasa")
    for names, node, count in (
        (["nowhere"], "", 1),
        (["lhasa"], box.node, 1),
        (["qamdo"], "qamdo-9", 1),
        (["qamdo"], box.node, 2),
        (["qamdo", "qamdo"], "", 1),
        (["qamdo"], "", 0),
    ):
        with pytest.raises((nodes.Missing, nodes.Refused, nodes.UsageError)):
            codes.make(hub, names, count=count, days=1, node=node, randomness=randomness)
