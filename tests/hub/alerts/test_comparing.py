"""What is told, and when: quiet by default."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hub.alerts.comparing import Alert, changes, news
from hub.alerts.findings import REASONS, Finding

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def alert(
    reason: str = "overdue", subject: str = "qamdo-1", *, minutes: int = 0, ended: bool = False
) -> Alert:
    since = NOW - timedelta(minutes=minutes)
    return Alert(f"{reason}/{subject}", reason, subject, "", since, NOW if ended else None)


def test_the_same_trouble_is_one_alert_until_it_ends():
    found = [Finding("overdue", "qamdo-1"), Finding("overdue", "qamdo-2")]
    compared = changes([alert()], found, {"overdue"})
    assert [each.subject for each in compared.begun] == ["qamdo-2"]
    assert compared.ended == ()
    assert [each.subject for each in changes([alert()], [], {"overdue"}).ended] == ["qamdo-1"]


def test_what_could_not_be_looked_at_does_not_end():
    assert changes([alert()], [], {"disk"}).ended == ()


def test_other_words_are_no_new_alert():
    compared = changes([alert()], [Finding("overdue", "qamdo-1", "3 days")], {"overdue"})
    assert compared.begun == ()
    assert [finding.words for _, finding in compared.reworded] == ["3 days"]


def test_what_passes_within_its_grace_is_never_told():
    hour = alert("disk", minutes=59)
    assert not news([hour], {}, (), now=NOW, last=None)
    assert news([alert("disk", minutes=60)], {}, (), now=NOW, last=None).begun


def test_a_route_is_told_once_and_then_of_the_end():
    known = alert(minutes=30)
    assert not news([known], {known.id: False}, (), now=NOW, last=None)
    over = alert(minutes=30, ended=True)
    assert news([over], {over.id: False}, (), now=NOW, last=None).ended == (over,)
    assert not news([over], {over.id: True}, (), now=NOW, last=None)
    assert not news([over], {}, (), now=NOW, last=None), "nobody heard that it began"


def test_a_message_that_has_just_gone_keeps_the_next_back_unless_it_is_urgent():
    just_now = NOW - timedelta(minutes=1)
    assert not news([alert(minutes=5)], {}, (), now=NOW, last=just_now)
    urgent = alert("identity", minutes=5)
    said = news([urgent, alert(minutes=5)], {}, (), now=NOW, last=just_now)
    assert len(said.begun) == 2
    assert news([alert(minutes=90)], {}, (), now=NOW, last=NOW - timedelta(hours=1))


def test_a_route_hears_only_of_what_it_wants():
    assert not news([alert(minutes=600)], {}, ("disk",), now=NOW, last=None)


@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(REASONS)), st.sampled_from("abc"), st.integers(0, 900)),
        unique_by=lambda each: each[:2],
    ),
    st.integers(0, 7_200),
)
def test_whatever_lasts_is_told_in_the_end(raised: list[tuple[str, str, int]], ago: int):
    alerts = [alert(reason, subject, minutes=minutes) for reason, subject, minutes in raised]
    later = NOW + timedelta(days=1)
    said = news(alerts, {}, (), now=later, last=NOW + timedelta(seconds=ago))
    assert {each.id for each in said.begun} == {each.id for each in alerts}
