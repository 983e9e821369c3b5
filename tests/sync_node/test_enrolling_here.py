"""A code that is typed while the one before is still asked about: the newer one counts."""

import threading
from pathlib import Path

from content_packs import enrolment_codes
from sync_node import claims, enrolment
from sync_node.claim_answer import Answer
from sync_node.data_dir import DataDir
from sync_node.enrolling_here import Ask, EnrollingHere
from sync_node.errors import HubRefused
from sync_node.held_documents import HeldDocuments
from sync_node.hub_source import HubSource, Told
from tests.support.identities import HARDWARE
from tests.support.protocol import counting
from tests.support.scripted_hub import CODE, problem

OTHER = enrolment_codes.generate(b"another")


def made(data_dir: DataDir, ask: Ask) -> EnrollingHere:
    return EnrollingHere(data_dir, ask=ask, hardware=lambda: HARDWARE, randomness=counting())


def test_an_answer_to_the_code_before_says_nothing_of_the_new_one(tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path)
    data_dir.make()
    go_on, asked = threading.Event(), threading.Semaphore(0)

    def ask() -> Answer:
        first = go_on.is_set()
        asked.release()
        go_on.wait(10)
        return Answer("pending") if first else Answer("refused", "no")

    here = made(data_dir, ask)
    here.begin(CODE, again=False)
    asked.acquire()
    assert here.answer.is_awaited
    before = here.answer
    here.begin(OTHER, again=False)
    assert here.answer is not before
    go_on.set()
    for thread in threading.enumerate():
        if thread.name == "enrolling":
            thread.join(10)
    assert here.answer.heard in {"pending", "refused"}
    assert enrolment.state_of(data_dir).state == "claimed"


class Refusing(HubSource):
    """A hub that refuses, after a person has typed another code."""

    def __init__(self, data_dir: DataDir) -> None:
        super().__init__("http://hub.example/")
        self._data_dir = data_dir

    def call(self, *_: object, **__: object) -> Told:
        enrolment.begin(self._data_dir, OTHER, HARDWARE, randomness=counting())
        status, kind, body = problem(403)
        return Told(status, kind, body)


def test_a_refusal_takes_no_claim_away_that_was_made_since(tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path)
    data_dir.make()
    asks = enrolment.begin(data_dir, CODE, HARDWARE, randomness=counting())
    assert asks
    hub = Refusing(data_dir)
    try:
        claims.ask(hub, asks, HeldDocuments(data_dir), {})
    except HubRefused:
        found = enrolment.state_of(data_dir)
    else:
        raise AssertionError("it was refused")
    assert found.state == "claimed"
    assert not asks.refused_path.exists()
