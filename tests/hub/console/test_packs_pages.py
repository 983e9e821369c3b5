"""Pages of packs and uploads, as publishers and district staff see them."""

from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from hub.edition import read_edition
from hub.hub import Hub, open_hub
from hub.initialising import initialise
from hub.jobs.running import run_waiting
from hub.publishing import publish
from hub.releasing import Terms, release
from tests.hub.clients import START, MovableClock
from tests.hub.console.site import LOOKS, ConsoleSite, assert_usable
from tests.support.browser import Visit, follow
from tests.support.folders import LESSON_TOML, PACK_TOML, sound_files, write_folder
from tests.support.hub_databases import HubDatabases
from tests.support.packs import make_demo

pytestmark = pytest.mark.browser

LESSON = "/console/packs/demo/versions/3/lessons/halves"
PLACES = (
    "/console/packs",
    "/console/packs/demo",
    "/console/packs/demo/versions/3",
    "/console/packs/demo/differences?older=1&newer=3",
    "/console/packs/demo/versions/3/release",
    "/console/packs/demo/versions/1/withdraw",
    "/console/channels",
    "/console/uploads",
    "/console/retention",
    LESSON,
    *(f"{LESSON}?item={item}" for item in ("halves", "worksheet", "slicer", "more", "practice")),
)
HOSTILE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>x</title></head>
<body>
<p id="said">nothing</p><script>
let said = [];
try { said.push("cookie:" + document.cookie); } catch (error) { said.push("cookie refused"); }
try { said.push(parent.document.title); } catch (error) { said.push("parent refused"); }
fetch("/console/packs").then(
  () => { said.push("fetched"); }, () => { said.push("fetch refused"); }
).finally(() => { document.getElementById("said").textContent = said.join(", "); });
</script></body></html>
"""


@pytest.fixture(scope="module")
def console_hub(tmp_path_factory: pytest.TempPathFactory, lasting_databases: HubDatabases) -> Hub:
    """A hub with three versions of a pack with everything in it, and a pack of another's."""
    folder = tmp_path_factory.mktemp("packs")
    initialise(folder / "hub", "main", MovableClock(START), database=lasting_databases.new())
    hub = open_hub(folder / "hub", MovableClock(START))
    files = sound_files()
    for version in (1, 2, 3):
        files["pack.toml"] = PACK_TOML.replace("version = 1", f"version = {version}")
        if version == 2:
            files["01-halves/intro.en.md"] = "# One half\n\nHalf of a pizza: $\\frac{1}{2}$.\n"
        if version == 3:
            files["01-halves/trap.html"] = HOSTILE
            files["01-halves/lesson.toml"] = f'{LESSON_TOML}\n[[items]]\nid = "trap"\n'
            files["02-thirds/lesson.toml"] = LESSON_TOML.split("[[items]]")[0]
            files["02-thirds/intro.md"] = "# One third\n"
        publish(hub, write_folder(folder / f"demo-{version}", files))
    release(hub, "demo", 1, "main", Terms())
    make_demo(folder / "thief.cpack", pack="stolen", publisher="thief")
    publish(hub, folder / "thief.cpack")
    return hub


@pytest.mark.parametrize(("size", "language"), LOOKS)
def test_everybody_can_use_the_pages(
    signed_in: Callable[..., Visit], size: tuple[int, int], language: str
) -> None:
    here = signed_in("administrator", language, size)
    for place in PLACES:
        assert_usable(here, place, name=place.removeprefix("/console/"))


def test_a_publisher_sees_its_own_packs_and_no_others(signed_in: Callable[..., Visit]) -> None:
    here = signed_in("publisher")
    here.open("/console/packs")
    assert "stolen" not in here.page.inner_text("main")
    for place in ("", "/versions/1", "/versions/1/lessons/one", "/differences?older=1&newer=2"):
        answer = here.page.goto(f"{here.address}/console/packs/stolen{place}")
        nowhere = here.page.goto(f"{here.address}/console/packs/nowhere{place}")
        assert answer
        assert nowhere
        assert (answer.status, nowhere.status) == (404, 404)
    answer = here.page.goto(f"{here.address}/console/packs/demo/versions/1/release")
    assert answer
    assert answer.status == 403


def test_a_packs_own_script_reaches_nothing_of_the_console(
    signed_in: Callable[..., Visit],
) -> None:
    here = signed_in("administrator")
    here.open(f"{LESSON}?item=trap")
    frame = here.page.frame_locator("iframe")
    frame.locator("#said", has_text="fetch").wait_for()
    said = frame.locator("#said").inner_text()
    assert "refused" in said
    assert "fetched" not in said
    assert "session" not in said
    address = here.page.get_attribute("iframe", "src")
    here.page.goto(here.address + str(address))  # and when it is opened alone
    here.page.locator("#said", has_text="fetch").wait_for()
    assert "fetched" not in here.page.inner_text("#said")
    assert "session" not in here.page.inner_text("#said")


def test_a_page_brings_its_own_pictures_and_styles(signed_in: Callable[..., Visit]) -> None:
    here = signed_in("administrator")
    here.open("/console/packs/demo/versions/2/lessons/halves?item=slicer")
    here.page.wait_for_load_state("networkidle")
    assert not [line for line in here.failures if "slice.js" in line or "style.css" in line]
    assert any("slice.js" in url for url in here.requests)


def test_a_preview_without_a_good_ticket_shows_nothing(console_site: ConsoleSite) -> None:
    for ticket in ("x", "demo.3.9999999999.AAAA", "demo.3.1.x"):
        answer = requests.get(
            f"{console_site.address}/console/preview/{ticket}/cover.png", timeout=10
        )
        assert answer.status_code == 404


def test_staff_release_and_withdraw_and_it_says_who(
    signed_in: Callable[..., Visit], console_hub: Hub
) -> None:
    here = signed_in("administrator")
    here.open("/console/packs/demo")
    follow(here.page.locator("text=Release version 3"))
    here.page.fill("#activate_at", "2026-02-20T06:00")
    follow(here.page.locator("text=Release to all at once"))
    offer = read_edition(console_hub.data.metadata).offer_of("main", "demo")
    assert offer is not None
    assert (offer.version, offer.activate_at) == (3, "2026-02-20T06:00:00Z")
    assert "Released on main" in here.page.inner_text("main")
    assert "administrator" in here.page.inner_text("section:has(#releases)")
    here.open("/console/packs/demo/versions/3/withdraw")
    here.page.select_option("#fall_back_to", "1")
    here.page.select_option("#channel", "main")
    here.page.check("#sure")
    follow(here.page.locator("main button.is-danger"))
    assert "Withdrawn" in here.page.inner_text("main")
    assert "version 1 on main" in here.page.inner_text("main")


def test_a_file_is_uploaded_over_a_line_that_breaks_and_after_a_reload(
    signed_in: Callable[..., Visit], console_site: ConsoleSite, tmp_path: Path
) -> None:
    make_demo(tmp_path / "new.cpack", pack="fresh", video_bytes=4_000_000)
    here = signed_in("publisher")
    here.open("/console/uploads")
    sent = [0]

    def sometimes(route: object) -> None:
        sent[0] += 1
        if sent[0] in {3, 4}:
            route.abort()  # type: ignore[attr-defined]
        elif sent[0] == 8:
            here.page.wait_for_timeout(50)
            route.abort()  # type: ignore[attr-defined]
        else:
            route.continue_()  # type: ignore[attr-defined]

    here.page.route("**/console/uploads/files/*", sometimes)
    here.page.set_input_files("#files", tmp_path / "new.cpack")
    here.wait_until("document.getElementById('progress').value > 1000000")
    here.page.unroute("**/console/uploads/files/*")
    here.page.reload()
    asked: list[str] = []
    here.page.on("request", lambda request: asked.append(request.method))
    here.page.set_input_files("#files", tmp_path / "new.cpack")
    here.page.locator("#words", has_text="has come whole").wait_for()
    assert "POST" not in asked  # it went on where it was
    assert "HEAD" in asked
    run_waiting(console_site.hub)
    here.open("/console/uploads")
    assert "published" in here.page.inner_text("#lines")
    here.screenshot("hub-uploads-published")
