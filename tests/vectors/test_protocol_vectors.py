"""Documents of version 1 that never change: what was signed in 2026 stays readable.

Their keys are those of tests/support/protocol.py. The batches were sealed with true randomness.
"""

from pathlib import Path

from content_packs import batches, protocol, reports, school_requests
from content_packs.batches import ChainEnd
from content_packs.desired_state import Window
from content_packs.digests import digest_of
from content_packs.publications import Publication
from content_packs.reports import Report
from content_packs.signed_documents import open_signed
from tests.support.protocol import (
    ESCROW_KEY,
    NODE_KEY,
    NOON,
    SEAL_KEY,
    SERVICE_KEY,
    a_full_report,
    a_report,
    by_keyid,
    seal_keyid,
)

VECTORS = Path(__file__).parent / "v1" / "protocol"
SERVICE = by_keyid(SERVICE_KEY)
NODE = by_keyid(NODE_KEY)


def kept(name: str) -> bytes:
    return (VECTORS / f"{name}.json").read_bytes()


def credential() -> protocol.Credential:
    return protocol.open_credential(kept("credential"), SERVICE, key=NODE_KEY.public_key())


def test_the_claim_and_the_credential() -> None:
    claim = protocol.open_claim(kept("claim"))
    assert (claim.code, claim.model) == ("EDGQ8RV8CNX", "Raspberry Pi 4")
    assert (credential().node, credential().school_title) == ("qamdo-7", "昌都小学")
    assert credential().key == claim.key


def test_the_time() -> None:
    time = protocol.open_time(kept("time"), SERVICE, node="qamdo-7", nonce="0f" * 16)
    assert time.time == NOON


def test_the_desired_state() -> None:
    desired = protocol.open_desired_state(kept("desired-state"), SERVICE, credential=credential())
    assert desired.number == 7
    assert desired.windows == (Window(opens="22:00", closes="06:00", classes=("video",)),)
    assert desired.budget is not None
    assert desired.budget.megabytes_per_month == 300


def test_a_report_with_every_part() -> None:
    assert open_signed(kept("report-2"), "report", Report, NODE) == a_full_report()


def test_the_report_the_batches_and_the_receipt() -> None:
    assert open_signed(kept("report"), "report", Report, NODE) == a_report()
    end = ChainEnd()
    for number in (1, 2):
        document = kept(f"batch-{number}")
        end = batches.verify_chain([document], NODE, node="qamdo-7", end=end)
        batch = batches.read(document, NODE, node="qamdo-7")
        for key in (SEAL_KEY, ESCROW_KEY):
            content = batches.content_of(batch, {seal_keyid(key): key})
            assert reports.decode_batch(content) == (a_report(),) * number
    receipt = protocol.open_receipt(kept("receipt"), SERVICE, credential=credential())
    assert ChainEnd(receipt.sequence, receipt.digest) == end


def test_the_requests_the_piece_and_the_answers() -> None:
    end = ChainEnd(2, digest_of(kept("batch-2")))
    contents = []
    for number in (3, 4):
        document = kept(f"batch-{number}")
        end = batches.verify_chain([document], NODE, node="qamdo-7", end=end)
        batch = batches.read(document, NODE, node="qamdo-7")
        contents.append(batches.content_of(batch, {seal_keyid(SEAL_KEY): SEAL_KEY}))
    requests = school_requests.decode_requests(contents[0])
    (wish,), (offer,) = requests.wishes, requests.offers
    assert (wish.pack, wish.text, wish.state) == ("grade5-maths", "还要第二单元", "open")
    assert (offer.title, offer.kind, offer.seconds) == ("我们的河", "video", 61)
    header, data = school_requests.decode_piece(contents[1])
    assert (header.id, header.offset, header.size) == (offer.id, 0, offer.size)
    assert digest_of(data) == offer.digest
    answers = protocol.open_answers(kept("answers"), SERVICE, node="qamdo-7")
    answer = answers.of(wish.id)
    assert answer
    assert (answer.state, answer.text, answer.pack) == ("answered", "九月发布", "grade5-maths")
    assert (answers.files[0].digest, answers.taken) == (offer.digest, (offer.id,))


def test_the_status_list() -> None:
    status = protocol.read_status_list(kept("status-list"))
    assert (status.number, status.revoked) == (2, {"qamdo-3": NOON})


def test_the_publication() -> None:
    """Written by another program, from PROTOCOL.md alone."""
    publication = open_signed(kept("publication"), "publication", Publication, NODE)
    assert (publication.pack, publication.version) == ("grade4-maths", 2)
    assert (publication.publisher, publication.manifest) == ("my-school", digest_of(b"manifest"))
