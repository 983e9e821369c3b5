"""A node in any trouble can still report, and what it says stays small."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from content_packs import reports
from content_packs.errors import InvalidContent
from content_packs.limits import REPORT_BYTES_MAX, SEALED_CONTENT_BYTES_MAX
from content_packs.reports import PackReadiness, Report, Trouble
from tests.support import protocol
from tests.support.protocol import NOON, a_report


def a_pack(number: int) -> PackReadiness:
    return PackReadiness(
        pack=f"pack-{number}-".ljust(63, "x") + "x",
        channel="c" * 64,
        version=2**31 - 1,
        lessons_ready=2_000,
        lessons_total=2_000,
        lessons_older=2_000,
        bytes_to_come=2**53 - 1,
        held_version=2**31 - 1,
        retired=True,
    )


@given(protocol.reports)
def test_what_is_reported_is_read(report: Report) -> None:
    assert reports.decode(reports.encode(report)) == report
    assert reports.fitted(report) == report


@given(st.lists(protocol.reports, min_size=1, max_size=4))
def test_reports_wait_for_each_other_in_one_batch(several: list[Report]) -> None:
    content = reports.encode_batch(tuple(several))
    assert reports.decode_batch(content) == tuple(several)


def test_a_report_of_a_healthy_node_is_a_few_hundred_bytes() -> None:
    few = replace(a_report(), packs=(PackReadiness(pack="maths", channel="main", version=3),))
    assert len(reports.encode(few)) < 500


def test_a_node_with_too_much_to_say_says_how_much_it_left_out() -> None:
    troubles = tuple(
        Trouble(code="invalid-content", text="漢" * 240, since=NOON) for _ in range(90)
    )
    packs = tuple(a_pack(number) for number in range(300))
    report = reports.fitted(replace(a_report(), packs=packs, troubles=troubles))
    assert len(reports.encode(report)) <= REPORT_BYTES_MAX
    assert report.packs == packs[: len(report.packs)]
    assert len(report.packs) >= 64
    assert report.packs_left_out == 300 - len(report.packs)
    assert (len(report.troubles), report.troubles_left_out) == (32, 58)


def test_uncut_it_is_refused() -> None:
    with pytest.raises(InvalidContent, match=r"report: .*packs"):
        reports.encode(replace(a_report(), packs=tuple(a_pack(number) for number in range(129))))


@given(st.text() | st.text(st.characters(codec=None), max_size=400), st.integers(1, 300))
def test_any_text_can_be_made_to_fit(text: str, most: int) -> None:
    short = reports.shortened(text, min(most, 240))
    assert len(short) <= most
    trouble = Trouble(code="x", text=short)
    assert reports.decode(reports.encode(replace(a_report(), troubles=(trouble,)))).troubles == (
        trouble,
    )


def test_a_long_text_is_cut_where_people_see_it() -> None:
    assert reports.shortened("Raspberry Pi 4\0") == "Raspberry Pi 4"
    assert reports.shortened("two\n  lines") == "two lines"
    assert reports.shortened("x" * 300) == "x" * 239 + "…"


def test_no_batch_is_empty_or_too_full() -> None:
    with pytest.raises(InvalidContent, match="reports"):
        reports.encode_batch(())
    with pytest.raises(InvalidContent, match="reports"):
        reports.encode_batch((a_report(),) * 65)
    full = replace(a_report(), packs=tuple(a_pack(number) for number in range(128)))
    with pytest.raises(InvalidContent, match=f"more than the {SEALED_CONTENT_BYTES_MAX} allowed"):
        reports.encode_batch((full,) * 4)


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"format":1}', b'{"format":1,"reports":[]}'])
def test_what_is_no_report_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidContent, match=r"^report: "):
        reports.decode(data)
    with pytest.raises(InvalidContent, match=r"^batch of reports: "):
        reports.decode_batch(data)
