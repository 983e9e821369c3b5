"""What is asked of jobs, and who sees which."""

import pytest

from content_packs.errors import Missing, Refused, UsageError
from hub.fleet import audit
from hub.hub import Hub
from hub.jobs import service as jobs
from hub.jobs.claiming import claim, died, finish, give_back, standing, sweep, tell
from hub.jobs.limits import ATTEMPTS_MAX, LEASE_SECONDS, LOG_BYTES_MAX, QUEUED_OF_ACTOR_MAX
from hub.jobs.model import OF_HUB, new_id
from hub.jobs.running import run_waiting
from hub.people.actor import Actor, of_this_machine
from tests.hub.clients import START, MovableClock

pytestmark = pytest.mark.both_databases

ME = of_this_machine()
LHASA = Actor("tashi", "operator", "console", townships=frozenset({"lhasa"}))
PRESS = Actor("press-1", "publisher", "console", publisher="press")
OTHER_PRESS = Actor("other-1", "publisher", "console", publisher="other")
NOBODYS = "01234567-89ab-7def-8123-456789abcdef"
AUDITOR = Actor("eye", "auditor", "console")


def test_a_job_is_done_and_says_how_far_it_got(hub: Hub) -> None:
    job = jobs.start(hub, ME, "test-add_up", {"numbers": [1, 2, 3]})
    assert (job.state, job.login) == ("queued", ME.login)
    (ended,) = run_waiting(hub)
    assert ended == jobs.get(hub, ME, job.id)
    assert (ended.state, ended.done, ended.total, ended.words) == ("done", 3, 3, "added")
    assert ended.result == {"sum": 6, "by": ME.login}
    assert jobs.log_of(hub, ME, job.id) == ["adding 1", "adding 2", "adding 3"]
    assert jobs.wait(hub, job.id, 0).ended


def test_what_fails_says_why_and_what_to_do(hub: Hub) -> None:
    refused = jobs.start(hub, ME, "test-refuse", {})
    stumbled = jobs.start(hub, ME, "test-stumble", {})
    run_waiting(hub)
    ended = jobs.get(hub, ME, refused.id)
    assert (ended.state, ended.hint) == ("failed", "Give it one.")
    assert ended.problem == "lesson.toml: has no title"
    ended = jobs.get(hub, ME, stumbled.id)
    assert ended.state == "failed"
    assert "fault of this program" in ended.problem
    assert "RuntimeError: nobody thought of this" in jobs.log_of(hub, ME, stumbled.id)


def test_a_busy_hub_has_it_tried_again_later_and_not_for_ever(
    hub: Hub, clock: MovableClock
) -> None:
    job = jobs.start(hub, ME, "test-find_it_busy", {})
    for _ in range(ATTEMPTS_MAX):
        (found,) = run_waiting(hub)
        assert run_waiting(hub) == []  # not at once
        clock.go_on(minutes=2)
    assert found.id == job.id
    assert found.state == "failed"
    assert "another command is writing" in found.problem


def test_the_most_urgent_goes_first_then_the_oldest(hub: Hub, clock: MovableClock) -> None:
    order = []
    for priority in (0, 5, 0):
        order.append(jobs.start(hub, ME, "test-add_up", {"numbers": []}, priority=priority).id)
        clock.go_on(seconds=1)
    assert [job.id for job in run_waiting(hub)] == [order[1], order[0], order[2]]


def test_one_that_waits_for_its_time_isnt_begun_before(hub: Hub, clock: MovableClock) -> None:
    later = clock.now.replace(hour=20)
    job = jobs.start(hub, ME, "test-add_up", {"numbers": [4]}, not_before=later)
    assert run_waiting(hub) == []
    clock.go_on(hours=13)
    assert [one.id for one in run_waiting(hub)] == [job.id]


def test_what_is_asked_twice_is_done_once(hub: Hub) -> None:
    first = jobs.start(hub, ME, "test-add_up", {"numbers": [1]}, once="sum")
    assert jobs.start(hub, OF_HUB, "test-add_up", {"numbers": [1]}, once="sum") == first
    run_waiting(hub)
    assert jobs.start(hub, ME, "test-add_up", {"numbers": [1]}, once="sum").id != first.id


def test_people_see_the_jobs_of_what_is_theirs(hub: Hub) -> None:
    by_publisher = jobs.start(hub, PRESS, "deltas", {})
    by_me = jobs.start(hub, ME, "test-add_up", {"numbers": []})
    for who, seen in (
        (ME, {by_publisher.id, by_me.id}),
        (AUDITOR, {by_publisher.id, by_me.id}),
        (PRESS, {by_publisher.id}),
        (OTHER_PRESS, set()),
        (LHASA, set()),
    ):
        assert {job.id for job in jobs.find(hub, who).items} == seen
        assert sum(jobs.count(hub, who).values()) == len(seen)
        for one in {by_publisher.id, by_me.id} - seen:
            for ask in (jobs.get, jobs.log_of, jobs.cancel, jobs.again):
                with pytest.raises(Missing) as hidden:
                    ask(hub, who, one)
                with pytest.raises(Missing) as absent:
                    ask(hub, who, NOBODYS)
                assert hidden.value.message == absent.value.message.replace(NOBODYS, one)


def test_who_may_not_start_or_cancel_one_is_told_so(hub: Hub) -> None:
    with pytest.raises(Refused):
        jobs.start(hub, LHASA, "deltas", {})
    with pytest.raises(Refused):
        jobs.start(hub, PRESS, "test-add_up", {})
    job = jobs.start(hub, ME, "test-add_up", {"numbers": []})
    with pytest.raises(Refused):
        jobs.cancel(hub, AUDITOR, job.id)
    teacher = Actor("t", "teacher", "console")
    for ask in (jobs.find, jobs.count):
        with pytest.raises(Refused):
            ask(hub, teacher)


def test_a_waiting_job_is_cancelled_at_once_and_the_audit_log_says_by_whom(hub: Hub) -> None:
    job = jobs.start(hub, ME, "test-add_up", {"numbers": []})
    assert jobs.cancel(hub, ME, job.id).state == "cancelled"
    assert run_waiting(hub) == []
    assert jobs.cancel(hub, ME, job.id).state == "cancelled"
    (entry,) = audit.entries(hub, most=5, event="job-cancelled")
    assert entry.actor == ME.login
    once_more = jobs.again(hub, ME, job.id)
    assert once_more.id != job.id
    assert jobs.again(hub, ME, job.id) == once_more
    (entry,) = audit.entries(hub, most=5, event="job-again")
    assert (entry.actor, entry.reason) == (ME.login, f"test-add_up {job.id}, as {once_more.id}")
    with pytest.raises(Refused):
        jobs.again(hub, ME, once_more.id)


def test_a_flood_of_jobs_is_refused(hub: Hub) -> None:
    for _ in range(QUEUED_OF_ACTOR_MAX):
        jobs.start(hub, PRESS, "deltas", {})
    with pytest.raises(Refused, match="wait already"):
        jobs.start(hub, PRESS, "deltas", {})
    jobs.start(hub, ME, "deltas", {})


def test_arguments_are_json_and_no_more_than_some(hub: Hub) -> None:
    with pytest.raises(UsageError):
        jobs.start(hub, ME, "deltas", {"pack": object()})
    with pytest.raises(UsageError):
        jobs.start(hub, ME, "deltas", {"pack": "x" * 70_000})
    with pytest.raises(Missing):
        jobs.start(hub, ME, "mine-bitcoin", {})


def test_a_worker_that_is_gone_loses_its_job_and_says_nothing_for_it_any_more(
    hub: Hub, clock: MovableClock
) -> None:
    jobs.start(hub, ME, "test-add_up", {"numbers": [1]})
    dead = claim(hub, "dead")
    assert dead is not None
    assert claim(hub, "other") is None
    clock.go_on(seconds=LEASE_SECONDS - 1)
    assert sweep(hub) == []
    clock.go_on(seconds=2)
    assert sweep(hub) == [dead.job.id]
    assert standing(hub, dead) == "lost"
    clock.go_on(minutes=1)
    living = claim(hub, "other")
    assert living is not None
    assert not tell(hub, dead, (9, 9, "nonsense"), ["nonsense"])
    assert not finish(hub, dead, {"nonsense": True})
    assert not died(hub, dead, "nonsense")
    assert finish(hub, living, {"sum": 1})
    assert jobs.get(hub, ME, dead.job.id).result == {"sum": 1}
    assert not any("nonsense" in line for line in jobs.log_of(hub, ME, dead.job.id))


def test_a_job_whose_workers_die_fails_in_the_end(hub: Hub, clock: MovableClock) -> None:
    job = jobs.start(hub, ME, "test-add_up", {"numbers": [1]})
    for _ in range(ATTEMPTS_MAX):
        assert claim(hub, "doomed") is not None
        clock.go_on(minutes=2)
        sweep(hub)
        clock.go_on(minutes=2)
    assert claim(hub, "another") is None
    found = jobs.get(hub, ME, job.id)
    assert (found.state, found.attempts) == ("failed", ATTEMPTS_MAX)
    assert "worker that did it is gone" in found.problem


def test_giving_back_is_no_failure(hub: Hub) -> None:
    job = jobs.start(hub, ME, "test-add_up", {"numbers": [1]})
    for _ in range(ATTEMPTS_MAX + 2):
        mine = claim(hub, "ending")
        assert mine is not None
        assert give_back(hub, mine)
    run_waiting(hub)
    assert jobs.get(hub, ME, job.id).state == "done"


def test_a_log_keeps_its_beginning_and_its_end_and_nothing_that_moves_a_terminal(
    hub: Hub,
) -> None:
    job = jobs.start(hub, ME, "test-shout", {})
    run_waiting(hub)
    lines = jobs.log_of(hub, ME, job.id)
    assert len("\n".join(lines).encode()) <= LOG_BYTES_MAX
    assert lines[0].startswith("line 0:")
    assert lines[-1].startswith("line 9999:")
    assert lines.count("… lines left out …") == 1
    assert "\x1b" not in "".join(lines)
    assert "多少钱" in lines[-1]


def test_lists_come_in_pages_the_newest_first(hub: Hub, clock: MovableClock) -> None:
    made = []
    for _ in range(5):
        made.append(jobs.start(hub, ME, "test-add_up", {"numbers": []}).id)
        clock.go_on(seconds=1)
    seen, after = [], ""
    while True:
        page = jobs.find(hub, ME, after=after, limit=2)
        seen += [job.id for job in page.items]
        after = page.next
        if not after:
            break
    assert seen == made[::-1]
    assert jobs.find(hub, ME, state="done").items == []
    for wrong in ({"state": "asleep"}, {"kind": "\x00"}, {"after": "\x00"}, {"kind": "nap"}):
        with pytest.raises(UsageError):
            jobs.find(hub, ME, **wrong)  # type: ignore[arg-type]
    for nonsense in ("", "\x00", "é", "' OR 1=1", made[0].upper()):
        with pytest.raises(Missing):
            jobs.get(hub, ME, nonsense)


def test_ids_rise_with_time() -> None:
    ids = [new_id(START.replace(second=n), bytes([255 - n] * 10)) for n in range(5)]
    assert ids == sorted(ids)
