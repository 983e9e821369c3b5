"""Records that were written once stay readable, and are written the same: v1/ never changes."""

from pathlib import Path

from content_packs import record_batches, records

FOLDER = Path(__file__).parent / "v1" / "records"
STATEMENTS = (FOLDER / "statements.jsonl").read_bytes()


def test_each_record_is_read_and_written_the_same() -> None:
    lines = STATEMENTS.splitlines()
    assert len(lines) == 13
    for line in lines:
        assert records.encode(records.decode(line)) == line


def test_they_say_what_they_said() -> None:
    found = [records.decode(line) for line in STATEMENTS.splitlines()]
    assert [records.verb_of(one) for one in found] == [
        "initialized", *["answered", "answered", "completed"] * 3, "progressed", "completed",
        "scored",
    ]  # fmt: skip
    pupils = {records.actor_of(one) for one in found}
    assert sorted(actor.kind for actor in pupils) == ["device", "learner", "learner"]
    assert {records.place_of(one.object.id)[0].pack for one in found} == {"fractions"}


def test_the_same_try_has_the_same_ids() -> None:
    whole = records.decode(STATEMENTS.splitlines()[3])
    assert whole.context
    place, _ = records.place_of(whole.object.id)
    actor = str(records.actor_of(whole))
    assert whole.context.registration == records.name_based_id("attempt", actor, *place, "1")
    assert whole.id == records.name_based_id(str(whole.context.registration), "")


def test_a_batch_of_them_is_read() -> None:
    came = record_batches.decode((FOLDER / "batch").read_bytes())
    assert [each.body for each in came.records] == STATEMENTS.splitlines()
    assert came.broken == 0
