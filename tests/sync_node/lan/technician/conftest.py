"""A school whose box has been there for a month; a guest's client, and a technician's."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient

from sync_node.lan.app import create_app
from sync_node.school.school import School as SchoolData
from sync_node.school.school import open_school
from sync_node.trusted_time import Uptime
from tests.sync_node.lan.school import School
from tests.sync_node.lan.technician.box import a_month_at_school

NOW = datetime(2026, 9, 1, 6, 3, tzinfo=UTC)
BOOT = Uptime("this start", 5_000.0)


class Started:
    """For how long the box is on: a test lets time go by."""

    def __init__(self) -> None:
        self.uptime = BOOT

    def goes_on(self, seconds: float) -> None:
        self.uptime = Uptime(self.uptime.boot, self.uptime.seconds + seconds)


@pytest.fixture
def started() -> Started:
    return Started()


@pytest.fixture
def at_work(school: School) -> School:
    a_month_at_school(school, NOW)
    return school


@pytest.fixture
def data(at_work: School) -> Iterator[SchoolData]:
    found = open_school(at_work.data_dir, clock=lambda: NOW, system_clock=lambda: NOW)
    try:
        yield found
    finally:
        found.close()


@pytest.fixture
def app(at_work: School, data: SchoolData, started: Started) -> Flask:
    return create_app(
        at_work.data_dir, clock=lambda: NOW, read_uptime=lambda: started.uptime, school=data
    )


@pytest.fixture
def guest(app: Flask) -> FlaskClient:
    client = app.test_client()
    client.environ_base["HTTP_ORIGIN"] = "http://localhost"
    return client


@pytest.fixture
def technician(guest: FlaskClient, data: SchoolData) -> FlaskClient:
    code = data.teachers.make_code("technician")
    answer = guest.post("/box/sign-in", data={"code": code.lower().replace("-", " ")})
    assert answer.status_code == 303
    return guest
