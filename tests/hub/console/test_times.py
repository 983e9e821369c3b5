"""Times that are picked in a form are on the hub's clock, not on that of UTC or of the browser."""

from zoneinfo import ZoneInfo

from hub.console.times import for_field, picked

SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_a_time_without_a_zone_is_on_the_hubs_clock() -> None:
    assert picked("2026-09-01T06:00", SHANGHAI) == "2026-09-01T06:00:00+08:00"
    assert picked("", SHANGHAI) == ""


def test_a_time_that_names_its_zone_keeps_it() -> None:
    assert picked(" 2026-09-01T06:00:00Z ", SHANGHAI) == "2026-09-01T06:00:00Z"


def test_what_is_no_time_is_left_to_who_says_so() -> None:
    assert picked("soon", SHANGHAI) == "soon"
    assert for_field("soon", SHANGHAI) == ""


def test_what_was_picked_is_shown_again() -> None:
    assert for_field("2026-09-01T06:00", SHANGHAI) == "2026-09-01T06:00"
    assert for_field("2026-08-31T22:00:00Z", SHANGHAI) == "2026-09-01T06:00"
    assert for_field("0001-01-01T00:00:00+14:00", SHANGHAI) == ""
