"""A rollout from the officer's word to two boxes, each of which knows alone whether it is next."""

from pathlib import Path

import pytest

from hub.clock import system_clock
from hub.hub import open_hub
from hub.rollouts import evaluating
from tests.support.district import Box, District, a_district
from tests.support.packs import make_demo


def _second_school(district: District) -> Box:
    district.hub("schools", "add", "markam", "--district", "east")
    [code] = [each["code"] for each in district.hub("enrol-codes", "markam")["codes"]]
    return district.enrolled("other", code)


def _synced(*boxes: Box) -> list[dict[str, int]]:
    """Let boxes sync, and report; return what each has open."""
    for box in boxes:
        ended, said = box.run("sync")
        assert ended == 0, said
    return [box.versions() for box in boxes]


@pytest.mark.long
@pytest.mark.timeout(900)  # some thirty processes, one after the other
def test_a_version_goes_to_one_school_first_and_on_where_it_does_well(tmp_path: Path) -> None:
    with a_district(tmp_path) as district:
        first = district.enrolled("first", district.codes()[0])
        other = _second_school(district)
        assert _synced(first, other) == [{"demo": 1}, {"demo": 1}]
        make_demo(tmp_path / "2.cpack", version=2, video_bytes=100_000)
        district.hub("publish", tmp_path / "2.cpack")
        stages = ["--stage", "schools:qamdo", "--stage", "100%", "--soak-hours", "0"]
        planned = district.hub(
            "rollouts", "plan", "demo", "--version", "2", "--channel", "main", *stages
        )
        rollout = planned["rollout"]
        assert planned["price"]["schools"] == 2
        assert _synced(first, other) == [{"demo": 1}, {"demo": 1}], "nobody approved it yet"
        district.hub("rollouts", "approve", rollout)
        assert _synced(first, other) == [{"demo": 2}, {"demo": 1}]
        evaluating.evaluate_all(open_hub(tmp_path / "hub", system_clock))
        shown = district.hub("rollouts", "show", rollout)
        assert (shown["rollout"]["stage"], shown["rollout"]["state"]) == (2, "running")
        assert _synced(first, other) == [{"demo": 2}, {"demo": 2}]
        district.hub("rollouts", "abort", rollout, "--revert", "--why", "a wrong page")
        assert _synced(first, other) == [{"demo": 1}, {"demo": 1}], "back where they were"
