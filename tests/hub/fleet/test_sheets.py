"""The sheet of codes: what a person reads, scans and types is the code."""

import re
import stat
from pathlib import Path

import pypdfium2
import pytest
from playwright.sync_api import Browser

from content_packs import enrolment_codes
from hub.fleet import sheets
from hub.fleet.codes import MadeCode

CODES = [
    MadeCode(
        enrolment_codes.generate(bytes([number]) * 7),
        "qamdo-7", '昌都第七小学 & <b>"Qamdo"</b>', "east", "qamdo-7-1" if number == 3 else "",
        "2027-02-19T12:30:34Z",
    )
    for number in range(9)
]  # fmt: skip


def test_every_code_is_there_to_be_read_in_two_languages() -> None:
    page = sheets.page(CODES, title="县 <hub>")
    for code in CODES:
        assert page.count(code.shown) == 1
    assert page.count("<svg") == len(CODES)
    assert page.count("有效期至 2027-02-19") == len(CODES)
    assert "replaces qamdo-7-1" in page
    assert "替换 qamdo-7-1" in page
    assert '<b>"Qamdo"' not in page
    assert "县 &lt;hub&gt;" in page
    assert not re.search(r"(?:src|href)=|url\(|@import|<script", page)


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    sheets.write(tmp_path / "sheet.html", CODES, title="Hub")
    assert stat.S_IMODE((tmp_path / "sheet.html").stat().st_mode) == 0o600


@pytest.mark.browser
def test_eight_cards_fit_on_a_sheet_of_a4(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "sheet.html"
    sheets.write(file, CODES, title="Hub of the eastern district")
    page = browser.new_page()
    try:
        page.goto(file.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        cut = "[...document.querySelectorAll('li *')].filter(e => e.scrollWidth > e.clientWidth + 1"
        assert page.evaluate(f"{cut} && getComputedStyle(e).display == 'block').length") == 0
        page.pdf(path=tmp_path / "sheet.pdf", prefer_css_page_size=True)
    finally:
        page.close()
    printed = pypdfium2.PdfDocument(tmp_path / "sheet.pdf")
    try:
        assert len(printed) == 2
        assert [round(points) for points in printed[0].get_size()] == [595, 842]
        texts = [printed[number].get_textpage().get_text_bounded() for number in range(2)]
    finally:
        printed.close()
    assert [sum(code.shown in text for code in CODES) for text in texts] == [8, 1]
