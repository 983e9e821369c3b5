"""Bounds of forgetting, with their units."""

from datetime import date

DAY_MIN = date(1970, 1, 2)  # in every zone after the beginning of the time that machines count
KEEP_DAYS_MIN = 30  # of what hub.toml has forgotten: schools that go by stick come that late
KEEP_DAYS_MAX = 36_500
BATCHES_TOGETHER = 32  # batches of records that go in one transaction: check-ins go on between
IDS_TOGETHER = 200  # ids of records in one statement
LOOK_SECONDS = 6 * 3_600  # whether something is due
RETRY_HOURS = 6  # after a job that failed
