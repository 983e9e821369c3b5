"""What waits together is committed together, and nobody is told before it is durable."""

import threading
from collections.abc import Callable

import pytest

from content_packs.errors import Refused, StorageFailed
from sync_node.school.errors import Busy
from sync_node.school.models import StatementRow, database_proxy
from sync_node.school.writer import Writer
from tests.support.school import RIGHT, SchoolRig


def in_threads(count: int, work: Callable[[int], object]) -> None:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def holding(rig: SchoolRig) -> tuple[threading.Event, threading.Thread]:
    """Keep the writer busy with a piece of work until the event is set."""
    begun, go_on = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        go_on.wait(10)

    thread = threading.Thread(target=lambda: rig.school.ground.writer.run(work))
    thread.start()
    assert begun.wait(10)
    return go_on, thread


def test_sixty_answers_that_wait_are_two_commits(rig: SchoolRig) -> None:
    _, pupils = rig.a_class(*(f"Pupil {number}" for number in range(60)))
    writer = rig.school.ground.writer
    before = writer.batches
    go_on, thread = holding(rig)
    answers = [threading.Thread(target=rig.answer, args=(pupil, RIGHT)) for pupil in pupils]
    for each in answers:
        each.start()
    while len(writer._waiting) < 60:
        pass
    go_on.set()
    for each in [*answers, thread]:
        each.join()
    assert writer.batches - before == 2
    assert len(rig.school.statements.after(0, count_max=1_000, bytes_max=10**7)) == 60 * 3


def test_who_fails_fails_alone(rig: SchoolRig) -> None:
    rig.a_class()
    failed: list[int] = []

    def add(number: int) -> None:
        try:
            rig.school.people.add_class("the same" if number % 2 else f"class {number}")
        except Refused:
            failed.append(number)

    in_threads(20, add)
    assert len(failed) == 9
    assert len(rig.school.people.classes()) == 1 + 11


def test_a_fault_of_ours_reaches_its_caller_and_nobody_else(rig: SchoolRig) -> None:
    def fault() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        rig.school.ground.writer.run(fault)
    rig.a_class("Anna")


def test_a_full_queue_is_refused_at_once(rig: SchoolRig) -> None:
    rig.a_class()
    small = Writer(rig.school.ground.database, waiting_max=2)
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        go_on.wait(10)

    first = threading.Thread(target=lambda: small.run(slow))
    first.start()
    assert begun.wait(10)
    others = [threading.Thread(target=lambda: small.run(lambda: None)) for _ in range(2)]
    for each in others:
        each.start()
    while len(small._waiting) < 2:
        pass
    with pytest.raises(Busy) as refused:
        small.run(lambda: None)
    assert refused.value.seconds > 0
    small.post(lambda: None)  # is dropped, and says nothing
    go_on.set()
    for each in [first, *others]:
        each.join()
    small.close()


def test_a_closed_school_takes_nothing_and_has_written_what_waited(rig: SchoolRig) -> None:
    _, (anna,) = rig.a_class("Anna")
    done: list[bool] = []
    go_on, thread = holding(rig)
    waiting = threading.Thread(target=lambda: done.append(rig.answer(anna, RIGHT)))
    waiting.start()
    while not rig.school.ground.writer._waiting:
        pass
    closing = threading.Thread(target=rig.school.ground.writer.close)
    closing.start()
    go_on.set()
    for each in (thread, waiting, closing):
        each.join()
    assert done == [True]
    with pytest.raises(Busy):
        rig.answer(anna, RIGHT)


def test_one_that_spoils_the_transaction_spoils_it_for_itself_alone(rig: SchoolRig) -> None:
    rig.a_class()
    go_on, thread = holding(rig)
    outcome: list[object] = []

    def spoil() -> None:
        database_proxy.execute_sql("SELECT * FROM no_such_table")

    def run(work: Callable[[], object]) -> None:
        try:
            rig.school.ground.writer.run(work)
            outcome.append("done")
        except StorageFailed:
            outcome.append("failed")

    threads = [
        threading.Thread(target=run, args=(work,))
        for work in (spoil, StatementRow.select().count, StatementRow.select().count)
    ]
    for each in threads:
        each.start()
    while len(rig.school.ground.writer._waiting) < 3:
        pass
    go_on.set()
    for each in [*threads, thread]:
        each.join()
    assert sorted(map(str, outcome)) == ["done", "done", "failed"]
