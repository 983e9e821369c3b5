"""What is said of an alert: in its reader's language, of what people know by its name."""

import json
from datetime import UTC, datetime

import pytest
from msgspec import structs

from hub.alerts import keeping, messages, sayings
from hub.alerts.comparing import Alert, News
from hub.alerts.findings import Finding
from hub.alerts.messages import Telling
from hub.alerts.sources import SOURCES
from hub.alerts.tables import AlertRow
from hub.alerts.watching import watch
from hub.console.language import interface_language, speaking
from hub.hub import Hub
from hub.jobs import kinds
from hub.people.actor import of_this_machine
from hub.rollouts import deciding, planning
from tests.hub.commands import Commands
from tests.hub.rollouts.fleets import ANNA, BEN, add_schools
from tests.hub.rollouts.strategies import plan_of

ME = of_this_machine()
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
SAID = (
    ("disk", "disk-full", {}, "the disk is full", "磁盘已满"),
    (
        "records", "records", {"count": 12, "oldest": "2026-01-31"},
        "12 records, the oldest of 2026-01-31", "12 条记录，最早的是 2026-01-31",
    ),
    ("overdue", "silent", {"day": "2026-02-01"}, "last heard of on 2026-02-01",
     "最后一次联系：2026-02-01"),
    ("overdue", "never-heard", {}, "never heard of", "从未联系过"),
    ("stalled", "stalled", {"day": "2026-02-01"},
     "nothing has come since 2026-02-01, though it is in contact",
     "自 2026-02-01 起没有新内容到达，但设备有联系"),
)  # fmt: skip


@pytest.mark.parametrize("said", SAID, ids=lambda said: said[1])
def test_what_is_known_in_figures_is_said_in_both_languages(
    hub: Hub, said: tuple[str, str, dict[str, str | int], str, str]
) -> None:
    reason, code, figures, english, chinese = said
    keeping.keep(hub, [Finding(reason, "qamdo-1", "", code, figures)], {reason})
    (alert,) = keeping.open_now(hub)
    assert sayings.words(alert) == sayings.in_english(alert).words == english
    with speaking("zh"):
        assert sayings.words(alert) == chinese
        assert sayings.in_english(alert).words == english
    assert interface_language() == "en"


def test_what_others_wrote_stays_as_it_came(hub: Hub) -> None:
    keeping.keep(hub, [Finding("failed", "qamdo-1", "the card is worn out")], {"failed"})
    with hub.database.writing():
        AlertRow.insert(
            id="old", reason="failed", subject="qamdo-2", words="written by an earlier hub",
            since="2026-01-01T00:00:00Z",
        ).execute()  # fmt: skip
    with speaking("zh"):
        found = {alert.subject: sayings.words(alert) for alert in keeping.open_now(hub)}
    assert found == {"qamdo-1": "the card is worn out", "qamdo-2": "written by an earlier hub"}


def test_figures_that_change_are_no_new_alert(hub: Hub) -> None:
    for count in (3, 4):
        found = [Finding("records", "qamdo-1", "", "records", {"count": count, "oldest": "x"})]
        looked = keeping.keep(hub, found, {"records"})
        (alert,) = keeping.open_now(hub)
        assert (looked.begun, alert.figures["count"]) == (count == 3, count)


def test_a_rollout_is_called_by_its_pack_and_version(filled: Hub) -> None:
    add_schools(filled, range(3))
    waits = planning.plan(filled, ANNA, structs.replace(plan_of([100]), second_person=True))
    watch(filled, {"rollout-waits": SOURCES["rollout-waits"]})
    deciding.approve(filled, BEN, waits.rollout)
    deciding.pause(filled, ANNA, waits.rollout, why="the videos are silent")
    watch(filled, {"rollout-stopped": SOURCES["rollout-stopped"]})
    waited, stopped = sorted(keeping.open_now(filled), key=lambda one: one.reason, reverse=True)
    for alert in (waited, stopped):
        assert alert.subject == waits.rollout
        assert sayings.subject(alert) == "demo 2 on main"
    assert stopped.code == "paused-by-hand"
    assert "the videos are silent" in sayings.words(stopped)
    said = Commands(filled.data.root).say("alerts", "list")
    assert "rollout-stopped  demo 2 on main" in said
    chinese = messages.text(News((stopped,), ()), Telling("县", "", "UTC", "zh"))
    assert "demo 版本 2（频道 main）" in chinese
    assert waits.rollout not in chinese


def test_a_webhook_has_words_for_people_and_words_for_programs() -> None:
    figures: dict[str, str | int] = {"day": "2026-02-01"}
    alert = Alert("1", "stalled", "qamdo-1", "", NOW, code="stalled", figures=figures)
    for language in ("en", "zh"):
        told = Telling("县", "", "UTC", language)
        (said,) = json.loads(messages.body(News((alert,), ()), told))["begun"]
        assert (said["reason"], said["subject"]) == ("stalled", "qamdo-1")
        assert (said["code"], said["figures"]) == ("stalled", figures)
        assert said["words"].isascii() == (language == "en")


def test_a_job_is_called_as_its_page_is() -> None:
    number = "0123456789abcdef"
    alert = Alert("1", "job-failed", f"retention {number}", "", NOW)
    assert sayings.subject(alert) == f"{kinds.find('retention').title} (89abcdef)"
    with speaking("zh"):
        assert not sayings.subject(alert).isascii()
    unknown = Alert("1", "job-failed", f"of-later {number}", "", NOW)
    assert sayings.subject(unknown) == f"of-later {number}"
