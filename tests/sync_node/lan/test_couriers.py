"""The technician sees when a courier's disk may be pulled, in English and in Chinese."""

import pytest
from flask.testing import FlaskClient

from sync_node import courier_visits
from sync_node.courier_visits import Visit
from tests.sync_node.lan.school import School

CHINESE = {"Accept-Language": "zh"}


def page(client: FlaskClient, headers: dict[str, str] | None = None) -> str:
    return " ".join(client.get("/box", headers=headers or {}).text.split())


@pytest.mark.parametrize(
    ("state", "english", "chinese"),
    [("reading", "It is being read: don't pull it", "正在读取，请勿拔出"),
     ("writing", "It is being written to: don't pull it", "正在写入，请勿拔出"),
     ("done", "It may be pulled", "可以拔出"),
     ("kept-back", "nothing could be left on it", "但无法往上写入内容"),
     ("failed", "It couldn't be used, and may be pulled", "无法使用，可以拔出"),
     ("pulled", "put it in again, it goes on", "拔得太早了")],
)  # fmt: skip
def test_what_to_do_with_a_disk_is_said(
    school: School, client: FlaskClient, state: courier_visits.State, english: str, chinese: str
) -> None:
    courier_visits.note(school.data_dir, Visit("/media/stick", state, "2026-06-01T08:00:00Z"))
    assert english in page(client)
    assert chinese in page(client, CHINESE)
    assert "/media/stick" in page(client)


def test_what_it_brought_and_took_along_is_said(school: School, client: FlaskClient) -> None:
    courier_visits.note(
        school.data_dir,
        Visit(
            "/media/stick", "done", "2026-06-01T08:00:00Z", bytes_in=5_000_000, lessons=2,
            taken=("receipt",), batches=3, report=True,
        ),
    )  # fmt: skip
    words = page(client)
    for said in ("2 lessons opened", "A receipt for batches", "A report", "3 sealed batches"):
        assert said in words
    assert "3 个密封批次" in page(client, CHINESE)


def test_what_a_stick_says_of_itself_is_no_html(school: School, client: FlaskClient) -> None:
    courier_visits.note(
        school.data_dir,
        Visit("/media/<b>x</b>", "failed", "2026", trouble="<script>alert(1)</script>"),
    )
    assert "<script>alert" not in page(client)
    assert "<b>x" not in page(client)


def test_without_a_disk_nothing_is_said(client: FlaskClient) -> None:
    assert "Disks of couriers" not in page(client)
