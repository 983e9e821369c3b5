"""Work of many threads shares transactions; what fails takes nothing of the others along."""

import threading
from collections.abc import Callable

import pytest

from content_packs.errors import Refused, SatchelError, StorageFailed
from hub.fleet.tables import SchoolRow
from hub.hub import Hub
from hub.together import Together

pytestmark = pytest.mark.both_databases
MANY = 40


def add(school: str) -> str:
    SchoolRow.create(force_insert=True, school=school, district="east", added_at="")
    return school


def schools(hub: Hub) -> set[str]:
    with hub.database.transaction():
        return {row.school for row in SchoolRow.select()}


def at_once(works: list[Callable[[], object]]) -> list[object]:
    """Run each in a thread of its own; return what came of it, errors too."""
    found: list[object] = [None] * len(works)
    begin = threading.Barrier(len(works))

    def run(number: int, work: Callable[[], object]) -> None:
        begin.wait()
        try:
            found[number] = work()
        except SatchelError as error:
            found[number] = error

    threads = [
        threading.Thread(target=run, args=(number, work)) for number, work in enumerate(works)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return found


def test_everybody_gets_their_own_answer_and_all_of_it_is_kept(hub: Hub):
    together = Together(hub.database)
    found = at_once([lambda n=n: together.run(lambda: add(f"s-{n}")) for n in range(MANY)])
    assert found == [f"s-{n}" for n in range(MANY)]
    assert schools(hub) == set(found)


def test_what_fails_is_gone_and_the_others_stay(hub: Hub):
    together = Together(hub.database)

    def half_done(number: int) -> str:
        school = add(f"s-{number}")
        if number % 3 == 0:
            raise Refused(f"not {number}")
        return school

    found = at_once([lambda n=n: together.run(lambda: half_done(n)) for n in range(MANY)])
    refused = {number for number, one in enumerate(found) if isinstance(one, Refused)}
    assert refused == {number for number in range(MANY) if number % 3 == 0}
    assert schools(hub) == {f"s-{number}" for number in range(MANY) if number % 3}


def test_a_database_that_refuses_is_said_to_whom_it_concerns(hub: Hub):
    together = Together(hub.database)
    with hub.database.writing():
        add("twice")
    found = at_once([lambda: together.run(lambda: add("twice")) for _ in range(4)])
    assert all(isinstance(one, StorageFailed) for one in found)
    assert schools(hub) == {"twice"}
    assert together.run(lambda: add("then")) == "then"
