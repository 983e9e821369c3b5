"""A technician enrols a box from a printed code; the hub tells it what to hold; a copy is noticed.

Hub and node are processes of their own, as people start them, and meet over HTTP.
"""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from playwright.sync_api import Browser

from content_packs import enrolment_codes
from tests.support.district import Box, District, a_district

_DOTS_PER_INCH = 150  # as a cheap office printer's sheet is seen by a phone


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Iterator[District]:
    with a_district(tmp_path_factory.mktemp("district")) as found:
        yield found


@pytest.mark.browser
def test_a_technician_enrols_a_box_from_the_printed_sheet(
    district: District, browser: Browser, tmp_path: Path
) -> None:
    sheet = tmp_path / "sheet.html"
    made = district.hub("enrol-codes", "qamdo", "--count", "3", "--days", "9", "--sheet", sheet)
    assert made["codes"] == [], "they stand on the sheet alone"
    scanned, text = printed(browser, sheet)
    assert len(set(scanned)) == 3
    assert all(enrolment_codes.shown(code) in text for code in scanned), "QR and letters agree"

    box, code = district.box("printed"), scanned[1]
    ended, said = box.run("enrol", typed_carelessly(code))
    assert (ended, said["state"]) == (0, "pending"), said
    assert box.run("sync")[0] == 0
    assert box.status()["hub"]["enrolment"] == "claimed", "it waits for a person"
    [waiting] = district.hub("nodes", "list", "--pending")["nodes"]
    assert [key["fingerprint"] for key in waiting["keys"]] == [said["fingerprint"]]
    other = said["fingerprint"][-4:] + said["fingerprint"][4:]
    district.hub("nodes", "confirm", waiting["node"], "--fingerprint", other, ends=5)
    district.hub("nodes", "confirm", waiting["node"], "--fingerprint", said["fingerprint"])
    assert box.run("sync")[0] == 0
    status = box.status()
    assert status["hub"]["node"] == waiting["node"]
    assert status["hub"]["school_title"] == "Qamdo No. 7"
    assert box.versions(status) == {"demo": 1}
    district.release(2, seeds={"one": 9})
    assert box.run("sync")[0] == 0
    assert box.versions() == {"demo": 2}
    ended, said = district.box("late").run("enrol", code)
    assert (ended, said["error"]["code"]) == (5, "hub-refused"), "a code is good once"


def printed(browser: Browser, sheet: Path) -> tuple[Sequence[str], str]:
    """Print a sheet; return what its QR codes say to a reader of somebody else, and its text."""
    page = browser.new_page()
    try:
        page.goto(sheet.as_uri())
        page.pdf(path=sheet.with_suffix(".pdf"), prefer_css_page_size=True)
    finally:
        page.close()
    document = pypdfium2.PdfDocument(sheet.with_suffix(".pdf"))
    try:
        paper = document[0].render(scale=_DOTS_PER_INCH / 72, grayscale=True).to_pil()
        text = document[0].get_textpage().get_text_bounded()
    finally:
        document.close()
    return [found.text for found in zxingcpp.read_barcodes(paper)], text


def typed_carelessly(code: str) -> str:
    """A code as it is typed from paper: small letters, O for 0, l and I for 1, blanks, dashes."""
    mistaken = code.lower().replace("0", "o").replace("1", "l", 1).replace("1", "I")
    return f" {mistaken[:4]} {mistaken[4:7]}\u2013{mistaken[7:]}. "


@pytest.mark.long
def test_a_box_does_as_it_is_told_a_copy_is_noticed_and_revoked(district: District) -> None:
    [code] = district.codes()
    box = district.enrolled("box", code)
    kept = district.hub("nodes", "show", box.node)["reports"][0]
    assert kept["report"]["packs"][0]["lessons_ready"] == 2

    wanted = district.folder / "wanted.toml"
    wanted.write_text('time_zone = "+08:00"\n[budget]\nmegabytes_per_month = 300\n')
    number = district.hub("desired", "set", wanted, "--node", box.node)["number"]
    assert box.run("sync")[0] == 0
    assert box.status()["hub"]["desired_state"] == number
    (box.root / "node.db").unlink()  # all of it but what the box keeps elsewhere
    assert box.run("sync")[0] == 0
    assert box.status()["hub"]["refused"] == 0
    kept = district.hub("nodes", "show", box.node)["reports"][0]
    assert kept["report"]["desired_state"] == number

    copied = Box(district.folder / "copied", box.node)
    shutil.copytree(box.root, copied.root)
    assert box.run("sync")[0] == 0
    assert copied.run("sync")[0] == 0
    assert copied.status()["hub"]["refused"] == 1, "the true box has used these numbers"
    assert district.hub("nodes", "show", box.node)["node"]["alarm"]

    district.hub("nodes", "revoke", box.node)
    for each in (copied, box):
        ended, said = each.run("sync")
        assert (ended, said["error"]["code"]) == (5, "revoked")
    assert "demo" in box.versions(), "what it has stays open"

    [again] = district.codes("--node", box.node)
    assert box.run("enrol", again, "--again")[1]["state"] == "pending"
    district.hub("nodes", "confirm", box.node)
    assert box.run("sync")[0] == 0
    standing = box.status()["hub"]
    assert (standing["revoked"], standing["refused"]) == (False, 0)
    assert copied.run("sync")[0] == 5, "the copy stays out"


def test_a_wrong_code_gets_no_box_in(district: District) -> None:
    box = district.box("stranger")
    ended, said = box.run("enrol", "00000000000")
    assert (ended, said["error"]["code"]) == (5, "hub-refused"), "as of a used one"
    assert box.run("enrol", "00000000001")[0] == 3, "that can't be a code"
