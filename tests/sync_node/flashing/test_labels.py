"""What is stuck onto a box: phones join and open by it, whatever the school is called."""

import re
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from playwright.sync_api import Browser

from content_packs.card_receipts import CardReceipt
from content_packs.card_seeds import CardSeed, OpenedSeed, Wifi, open_seed
from content_packs.messages import to_second
from sync_node.flashing import labels, wifi_codes
from tests.support.cards import a_receipt, a_seed, document_of, seeds
from tests.support.protocol import NOON

_DOTS_PER_INCH = 203  # of a common label printer
LONG = "Tibetan Autonomous Prefecture Boarding School No. 7 for Grades One to Nine, Qamdo District"
TAGS = {
    "html", "meta", "title", "style", "section", "h1", "h2", "p", "div", "figure", "figcaption",
    "br", "span", "b", "dl", "dt", "dd", "svg", "path", "g", "rect", "text",
}  # fmt: skip
CHINESE = "西藏自治区昌都市卡若区第七寄宿制九年一贯制义务教育学校（城关镇校区）附属小学"


def opened(**changes: object) -> OpenedSeed:
    return open_seed(document_of(a_seed(**changes)))


def receipt(**changes: object) -> CardReceipt:
    return a_receipt(at=to_second(NOON), **{"label": "", **changes})


@pytest.mark.browser
@pytest.mark.parametrize(
    ("title", "passphrase"),
    [
        ("Qamdo No. 7", "eight or more"),
        (LONG, "correct horse battery staple"),
        (CHINESE * 2, ""),
        ("W" * 120, "W" * 63),
    ],
    ids=["short", "long", "Chinese", "wide"],
)
def test_phones_join_and_open_by_what_the_printer_prints(
    browser: Browser, tmp_path: Path, title: str, passphrase: str
) -> None:
    wifi = Wifi(name='a;"b\\c,d:e 学校', passphrase=passphrase)
    seed = opened(school_title=title[:120], wifi=wifi, language="")  # both: the most of text
    made = labels.write(tmp_path, seed, receipt(label="staff room"))
    page = browser.new_page()
    try:
        page.goto(made.page.as_uri())
        page.pdf(path=tmp_path / "label.pdf", prefer_css_page_size=True)
        overflows = page.evaluate(
            "[...document.querySelectorAll('section')].filter(one => "
            "one.scrollHeight > one.clientHeight + 1 || one.scrollWidth > one.clientWidth + 1)"
            ".length"
        )
        page.set_viewport_size({"width": 900, "height": 540})
        page.goto(made.drawing.as_uri())
        page.screenshot(path=tmp_path / "drawing.png")
        boxes = page.evaluate(
            "[...document.querySelectorAll('text')].map(one => one.getBBox()).filter(box => "
            "box.x + box.width > 99 || box.y + box.height > 60 || box.y < 0).length"
        )
    finally:
        page.close()
    assert overflows == 0, "nothing is cut off"
    assert boxes == 0, "no line runs out of the drawing"
    document = pypdfium2.PdfDocument(tmp_path / "label.pdf")
    try:
        assert len(document) == 1
        sheet = document[0].render(scale=_DOTS_PER_INCH / 72, grayscale=True).to_pil()
        text = document[0].get_textpage().get_text_bounded()
    finally:
        document.close()
    name = r"S:a\;\"b\\c\,d\:e 学校"
    joins = f"WIFI:T:WPA;{name};P:{passphrase};;" if passphrase else f"WIFI:T:nopass;{name};;"
    expected = {joins, "http://satchel.lan/"}
    assert {found.text for found in zxingcpp.read_barcodes(sheet)} == expected
    assert {found.text for found in _read(tmp_path / "drawing.png")} == expected
    for code in ("0123-4567-89AB", "CDEF-GHJK-MNPQ", seed.fingerprint):
        assert code in text
    assert "staff room" in text


def _read(path: Path) -> list[zxingcpp.Barcode]:
    with Image.open(path) as picture:
        return list(zxingcpp.read_barcodes(picture))


@settings(max_examples=15)
@given(seeds, st.text(st.characters(min_codepoint=32, max_codepoint=0x9FFF), max_size=60))
def test_any_school_has_a_label_that_hides_nothing_and_runs_nothing(
    seed: CardSeed, note: str
) -> None:
    found = open_seed(document_of(seed))
    made = receipt(card=seed.card, school=seed.school, label=note, packs=())
    for text in (labels.page(found, made), labels.drawing(found, made)):
        assert set(re.findall(r"</?([a-z0-9]+)", text)) <= TAGS
        assert text.count("<") == len(re.findall(r"</?[a-z0-9]+|<!doctype", text))
        assert "src=" not in text
        assert "href=" not in text


def test_the_secret_part_is_not_on_the_box() -> None:
    drawing = labels.drawing(opened(), receipt())
    for code in ("0123-4567-89AB", "0123456789AB", "CDEF-GHJK-MNPQ", "EDGQ8RV8CNX"):
        assert code not in drawing
        assert code not in labels.page(opened(), receipt()).split("</section>")[0]
    assert "EDGQ8RV8CNX" not in labels.page(opened(), receipt()), "the box has it, once"


def test_the_number_stands_there_once() -> None:
    """`hub seeds` calls a card by its number and school, and both are there anyhow."""
    seed = opened(language="")
    page = labels.page(seed, receipt(label="17 昌都小学"))
    assert page.count("No. 17 · 第 17 号<") == 1
    assert "No. 17 · 第 17 号 · staff room" in labels.page(seed, receipt(label="staff room"))


def test_an_open_network_is_joined_without_a_secret() -> None:
    assert wifi_codes.text_of(Wifi(name="Satchel")) == "WIFI:T:nopass;S:Satchel;;"
    assert "<b></b>" not in labels.page(opened(wifi=Wifi(name="Satchel")), receipt())


def test_labels_are_their_owners_alone(tmp_path: Path) -> None:
    made = labels.write(tmp_path / "labels", opened(), receipt())
    assert made.page.name == "qamdo-17.label.html"
    for path in (made.page, made.drawing):
        assert path.stat().st_mode & 0o777 == 0o600


CHINESE_SIGN = re.compile("[\u4e00-\u9fff]")


def test_a_label_is_in_the_language_that_its_seed_names() -> None:
    facts = {"school_title": "Qamdo", "hub_title": "Hub", "wifi": Wifi(name="Satchel")}
    for language in ("", "en", "zh"):
        seed = opened(language=language, node="qamdo-1", **facts)
        made = receipt()
        for text in (labels.page(seed, made), labels.drawing(seed, made)):
            assert bool(CHINESE_SIGN.search(text)) == (language != "en"), language
            assert ("Open" in text) == (language != "zh"), language
        page = labels.page(seed, made)
        assert f'<html lang="{language or "en"}">' in page
        assert ('lang="zh">技' in page) == (language == "")
        assert ("Keep this part" in page) == ("Replaces" in page) == (language != "zh")
        assert ("妥善保管" in page) == ("替换" in page) == (language != "en")
