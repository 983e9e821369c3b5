"""A document page by page, in a real browser: by keyboard, by address, from parts of the file."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Request, expect

from content_packs.manifest import Item, Lesson, Variant
from sync_node.lan import vendor_files
from sync_node.lan.app import create_app
from tests.support.browser import DESKTOP, PHONE, Visit, visit
from tests.support.site import site_at
from tests.sync_node.lan.school import School, describe, new_school

pytestmark = pytest.mark.browser

PAGES = 30
HEAVY_BYTES = 30_000  # of each page, so that a whole file is much more than a page
READ = "[...document.querySelectorAll('[data-part=words] span')].map(e => e.textContent).join(' ')"
WIDER_THAN_ITS_PAPER = (
    "(p => p.scrollWidth > p.clientWidth * 1.2)(document.querySelector('.paper'))"
)
DRAWN = """() => { const c = document.querySelector("#reader canvas");
  if (!c) { return 0; }
  const p = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
  let dark = 0; for (let i = 0; i < p.length; i += 4) { dark += p[i] < 128 && p[i + 3] > 0; }
  return dark; }"""


def lined_pdf() -> bytes:
    """Return a PDF of many pages: first what they are, then what is on each, packed in nothing."""
    kids = " ".join(f"{4 + number} 0 R" for number in range(PAGES))
    lines = "".join(f"60 {y % 600} m 540 {y % 600} l S\n" for y in range(HEAVY_BYTES // 24))
    objects = [
        "<</Type/Catalog/Pages 2 0 R/Lang(en)>>",
        f"<</Type/Pages/Count {PAGES}/Kids[{kids}]>>",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        *(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F 3 0 R>>>>"
            f"/Contents {4 + PAGES + number} 0 R>>"
            for number in range(PAGES)
        ),
    ]
    for number in range(1, PAGES + 1):
        text = f"BT /F 24 Tf 60 760 Td (Fractions, sheet {number}) Tj ET\n{lines}"
        objects.append(f"<</Length {len(text)}>>\nstream\n{text}endstream")
    out, places = "%PDF-1.7\n", []
    for number, text in enumerate(objects, 1):
        places.append(f"{len(out):010} 00000 n \n")
        out += f"{number} 0 obj\n{text}\nendobj\n"
    size = len(objects) + 1
    table = f"xref\n0 {size}\n0000000000 65535 f \n{''.join(places)}"
    end = f"trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{len(out)}\n%%EOF\n"
    return (out + table + end).encode()


def _school(school: School) -> None:
    data = lined_pdf()
    broken = b"%PDF-1.7\nnothing of the kind"
    items = (
        Item("sheets", "document", {"en": "Sheets"}, (Variant("en", "one/sheets.pdf"),)),
        Item("broken", "document", {"en": "Broken"}, (Variant("en", "one/broken.pdf"),)),
    )
    contents = {
        "one/sheets.pdf": ("application/pdf", data),
        "one/broken.pdf": ("application/pdf", broken),
    }
    school.add(describe("papers", (Lesson("one", {"en": "One"}, items),)), contents)
    school.offer("papers", 1)
    school.activate("papers", 1, "one")


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    assert vendor_files.FOLDER.is_dir(), "run scripts/front_assets.py first, as scripts/test does"
    school = new_school(tmp_path_factory.mktemp("papers"))
    _school(school)
    with site_at(create_app(school.data_dir)) as address:
        yield address


def _open(here: Visit, number: int = 1) -> None:
    here.open(f"/packs/papers/one/sheets{f'?page={number}' if number > 1 else ''}")
    _is_at(here, number)


def _is_at(here: Visit, number: int) -> None:
    here.wait_until(f"{READ} === 'Fractions, sheet {number}'")
    here.wait_until(f"({DRAWN})() > 0")
    expect(here.page.locator("[data-part=number]")).to_have_value(str(number))


@pytest.mark.parametrize(
    ("size", "language"),
    [
        pytest.param(PHONE, "zh-CN", id="phone-zh"),
        pytest.param(DESKTOP, "en", id="desktop-en", marks=pytest.mark.long),
    ],
)
def test_a_document_is_read_page_by_page(
    browser: Browser, papers: str, size: tuple[int, int], language: str
) -> None:
    with visit(browser, papers, size=size, language=language) as here:
        _open(here)
        page = here.page
        page.locator("[data-part=later]").click()
        _is_at(here, 2)
        page.wait_for_url("**?page=2")  # the address says where the reader is
        page.locator("[data-part=number]").fill("7")
        page.locator("[data-part=number]").press("Enter")
        _is_at(here, 7)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= size[0]
        here.screenshot(f"document-{language[:2]}-{size[0]}")
        page.locator("[data-part=larger]").click()
        here.wait_until(WIDER_THAN_ITS_PAPER)
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        assert here.failures == []
        assert here.outside_requests() == []


def test_an_address_leads_to_its_page(browser: Browser, papers: str) -> None:
    with visit(browser, papers) as here:
        _open(here, 12)
        assert here.failures == []


def test_a_document_is_gone_on_with_where_it_was_left(browser: Browser, papers: str) -> None:
    with visit(browser, papers) as here:
        _open(here, 12)
        here.open("/packs/papers/one")  # it is told while the page goes
        here.wait_until_told("/packs/papers/one/sheets", 'data-percent="40"')
        here.open("/packs/papers/one/sheets")
        _is_at(here, 12)
        assert here.page.locator("#next input[name=_done]").input_value() == "", "it isn't read"
        here.screenshot("document-resumed-en-360")
        with here.page.expect_navigation():
            here.page.get_by_role("link", name="From the beginning").tap()
        _is_at(here, 1)
        here.page.locator(".paper").focus()
        here.page.keyboard.press("End")
        _is_at(here, PAGES)
        here.page.locator("#next button").click()
        here.page.wait_for_url("**/broken")
        here.open("/packs/papers/one")
        assert here.page.locator(".stop.done", has_text="Sheets").count() == 1
        # pdf.js warns of the broken one, which came last, if it got so far.
        assert [line for line in here.failures if "Indexing all PDF objects" not in line] == []


def test_the_keyboard_turns_the_pages(browser: Browser, papers: str) -> None:
    with visit(browser, papers, size=DESKTOP) as here:
        _open(here)
        here.page.keyboard.press("ArrowRight")
        _is_at(here, 2)
        here.page.locator(".paper").focus()
        here.page.keyboard.press("End")
        _is_at(here, PAGES)
        here.page.keyboard.press("ArrowLeft")
        _is_at(here, PAGES - 1)
        here.page.keyboard.press("Home")
        _is_at(here, 1)
        # A screen reader hears where it is.
        expect(here.page.locator("[data-part=said]")).to_have_text(f"Page 1 of {PAGES}")


def test_only_what_is_read_is_fetched(browser: Browser, papers: str) -> None:
    with visit(browser, papers) as here:
        parts: list[Request] = []
        # playwright looks into what it calls: a method written in C has nothing to look into
        here.page.on("requestfinished", lambda one: parts.append(one))  # noqa: PLW0108
        _open(here, 20)
        here.page.wait_for_timeout(300)
        fetched = [r for r in parts if "/content/" in r.url and r.response()]
        ranged = [r for r in fetched if "range" in r.headers]
        assert ranged, "parts are asked for"
        brought = sum(int((r.response() or r).headers.get("content-length", 0)) for r in ranged)
        assert brought < len(lined_pdf()) / 2


def test_without_a_script_the_file_is_opened_by_its_link(browser: Browser, papers: str) -> None:
    with visit(browser, papers, script=False) as here:
        here.open("/packs/papers/one/sheets")
        assert here.page.get_by_role("link", name="Open", exact=True).is_visible()
        assert here.page.get_by_role("link", name="Save on this device").is_visible()
        assert not here.page.locator("#reader").is_visible()


def test_a_file_that_is_no_pdf_says_so(browser: Browser, papers: str) -> None:
    with visit(browser, papers) as here:
        here.open("/packs/papers/one/broken")
        here.page.get_by_text("This browser can't show the document here.").wait_for()
        assert here.page.get_by_role("link", name="Open", exact=True).is_visible()
        assert here.outside_requests() == []
