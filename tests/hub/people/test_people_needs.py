"""What the first page says of sign-ins and of the audit log."""

from hub.audit import checkpoints
from hub.fleet import audit
from hub.hub import Hub
from hub.people.actor import Actor, of_this_machine
from hub.people.limits import REFUSED_NOTEWORTHY
from hub.people.needs import needs
from tests.hub.clients import MovableClock

ADMIN = of_this_machine()


def counts(hub: Hub) -> dict[str, int]:
    return {need.kind: need.count for need in needs(hub, ADMIN) if need.count}


def refuse(hub: Hub, count: int) -> None:
    with hub.database.writing():
        for _ in range(count):
            audit.note(hub, "sign-in-refused", refusal=True)


def test_a_few_slips_are_no_news_and_many_are(hub: Hub, clock: MovableClock) -> None:
    refuse(hub, REFUSED_NOTEWORTHY - 1)
    assert counts(hub) == {}
    refuse(hub, 1)
    assert counts(hub) == {"sign-ins-refused": REFUSED_NOTEWORTHY}
    clock.go_on(hours=25)
    assert counts(hub) == {}


def test_a_log_that_isnt_signed_any_more_is_said(hub: Hub, clock: MovableClock) -> None:
    assert counts(hub) == {}
    checkpoints.make(hub)
    clock.go_on(days=2)
    assert counts(hub) == {}
    clock.go_on(days=3)
    assert counts(hub) == {"audit-unsigned": 5}
    checkpoints.make(hub)
    assert counts(hub) == {}


def test_who_may_not_see_the_log_hears_nothing_of_it(hub: Hub) -> None:
    refuse(hub, REFUSED_NOTEWORTHY)
    assert needs(hub, Actor("otto", "operator", "console")) == []
