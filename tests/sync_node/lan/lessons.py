"""Lessons for the site's tests: small, but real media, a real PDF, and an app that tries things."""

from collections.abc import Callable
from functools import cache
from io import BytesIO

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from PIL import Image, ImageDraw

from content_packs.manifest import Captions, Item, Lesson, Rendition, Variant
from content_packs.source_names import EXERCISE_MEDIA_TYPE
from tests.support import media
from tests.sync_node.lan.quiz import encoded

Contents = dict[str, tuple[str, bytes]]
Put = Callable[[str, str, bytes | str], str]  # keeps a file of the lesson; returns its path

LESSON = "what-is-a-fraction"
CLIP_SECONDS = 6
INTRO = {
    "en": """<h2>Share it fairly</h2>
<p>Cut a pizza into <strong>four equal parts</strong>. Each part is
<math><mfrac><mn>1</mn><mn>4</mn></mfrac></math> of the pizza.
Two of them are as much as one half:</p>
<div class="math"><math display="block"><mfrac><mn>2</mn><mn>4</mn></mfrac><mo>=</mo>
<mfrac><mn>1</mn><mn>2</mn></mfrac></math></div>
<p><img src="pizza.png" alt="A pizza in four parts, one of them taken" width="320" height="200"></p>
<blockquote><p>The number below the line says how many equal parts there are.</p></blockquote>
<table><thead><tr><th>Part</th><th>We say</th></tr></thead>
<tbody><tr><td>1/2</td><td>one half</td></tr>
<tr><td>1/4</td><td>one quarter</td></tr></tbody></table>
<ul><li>Now watch <a href="halves.mp4">the film</a>,</li>
<li>or go on to <a href="practice.en.exercise.json">the exercise</a>,</li>
<li>or read <a href="../adding-fractions/intro.en.html#top">the next lesson</a>,</li>
<li>or look at <a href="https://example.org/pizza" class="outside">a page outside</a>.</li></ul>
<script>document.title = "owned"</script><p onclick="alert(1)">Done.</p>
""",
    "zh": """<h2>公平地分</h2>
<p>把一张披萨分成<strong>四个相等的部分</strong>。每一份是披萨的
<math><mfrac><mn>1</mn><mn>4</mn></mfrac></math>。两份就是二分之一：</p>
<p><img src="pizza.png" alt="分成四份的披萨，拿走了一份" width="320" height="200"></p>
<blockquote><p>横线下面的数表示一共有多少个相等的部分。</p></blockquote>
""",
}
APP_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>Slicer</title>
<link rel="stylesheet" href="style/app.css"><h1>Slicer</h1><p id="said">waiting</p>
<button type="button">Cut</button><img src="pie.svg" alt="" width="40" height="40">
<script src="classic.js"></script><script type="module" src="module.js"></script></html>
"""
APP_MODULE = """import { word } from "./inner/word.js";
const found = { word };
const tries = {
  parent: () => parent.document.title,
  cookie: () => document.cookie,
  storage: () => localStorage.length,
  top: () => { if (top === self) return "alone"; top.location = "about:blank"; },
};
for (const [name, attempt] of Object.entries(tries)) {
  try { found[name] = String(attempt()); } catch (error) { found[name] = error.name; }
}
found.data = (await (await fetch("data.json")).json()).slices;
found.site = await fetch("/").then(() => "read", () => "refused");
found.outside = await fetch("http://outside.invalid/").then(() => "read", () => "refused");
const fonts = await document.fonts.load("1rem Dots").catch((error) => error.name);
found.font = fonts.length === 1 ? "loaded" : String(fonts);
found.classic = window.classic;
found.origin = window.origin;
const title = document.querySelector("h1");
document.querySelector("button").onclick = () => { title.textContent = "Cut!"; };
document.getElementById("said").textContent = JSON.stringify(found);
"""
CAPTIONS = "WEBVTT\n\n00:00.000 --> 00:06.000\n{text}\n"


def drawn(kind: str, width: int, height: int) -> bytes:
    """Return a picture of a sliced disc."""
    image = Image.new("RGB", (width, height), (255, 236, 200))
    draw = ImageDraw.Draw(image)
    radius = int(min(width, height) * 0.4)
    box = (width // 2 - radius, height // 2 - radius, width // 2 + radius, height // 2 + radius)
    draw.pieslice(box, 0, 270, fill=(240, 160, 75), outline=(138, 75, 28), width=4)
    for end in (0, 90, 180):
        draw.pieslice(box, 0, end or 1, outline=(138, 75, 28), width=4)
    out = BytesIO()
    image.save(out, kind)
    return out.getvalue()


@cache
def font() -> bytes:
    """Return a font of one empty letter."""
    builder = FontBuilder(unitsPerEm=64)
    builder.setupGlyphOrder([".notdef", "A"])
    builder.setupCharacterMap({65: "A"})
    empty = TTGlyphPen(None).glyph()
    builder.setupGlyf({".notdef": empty, "A": empty})
    builder.setupHorizontalMetrics({".notdef": (64, 0), "A": (64, 0)})
    builder.setupHorizontalHeader(ascent=64, descent=0)
    builder.setupNameTable({"familyName": "Dots", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    out = BytesIO()
    builder.save(out)
    return out.getvalue()


def cover() -> bytes:
    """Return a pack's cover."""
    return drawn("PNG", 640, 360)


def rich_lesson() -> tuple[Lesson, Contents]:
    """Return a lesson with every kind of item, and its files."""
    contents: Contents = {}

    def put(path: str, media_type: str, data: bytes | str) -> str:
        full = f"{LESSON}/{path}"
        contents[full] = (media_type, data.encode() if isinstance(data, str) else data)
        return full

    pizza = put("pizza.png", "image/png", drawn("PNG", 320, 200))
    items = [
        _intro(put, pizza),
        _video(put),
        Item(
            "song", "audio", {"en": "The fraction song", "zh": "分数歌"},
            (Variant("en", renditions=(
                Rendition(put("song.mp3", "audio/mpeg", media.sound("song.mp3", "libmp3lame")),
                          seconds=2),)),),
        ),
        Item(
            "worksheet", "document", {"en": "Worksheet: colour the parts", "zh": "练习纸：涂颜色"},
            (Variant("en", put("worksheet.en.pdf", "application/pdf", media.pdf(2))),),
        ),
        Item(
            "practice", "exercise", {"en": "Practice: fractions", "zh": "练习：分数"},
            (Variant("en", put("practice.en.exercise.json", EXERCISE_MEDIA_TYPE, encoded()),
                     needs=(pizza,)),),
        ),
        _app(put),
        Item(
            "manual", "page", {"en": "A page of its own", "zh": "单独的网页"},
            (Variant("und", put("manual.html", "text/html",
                                "<!doctype html><meta charset=utf-8><title>Manual</title>"
                                "<style>body{font:16px sans-serif}</style><h1>Manual</h1>"
                                "<p>A whole document.</p>")),),
        ),
    ]  # fmt: skip
    lesson = Lesson(
        LESSON, {"en": "What is a fraction?", "zh": "什么是分数？"}, tuple(items), minutes=25,
        objectives=(
            {"en": "Say what the two numbers of a fraction mean.", "zh": "说出两个数的意思。"},
            {"en": "Share something into equal parts.", "zh": "把东西分成相等的几份。"},
        ),
    )  # fmt: skip
    return lesson, contents


def _intro(put: Put, pizza: str) -> Item:
    variants = tuple(
        Variant(tag, put(f"intro.{tag}.html", "text/html", text), needs=(pizza,))
        for tag, text in INTRO.items()
    )
    return Item("intro", "page", {"en": "Sharing a pizza", "zh": "分披萨"}, variants, fragment=True)


def _video(put: Put) -> Item:
    variants = []
    for tag in ("en", "zh"):
        renditions = []
        for name, width, height in (("240p", 320, 180), ("480p", 640, 360)):
            seconds = CLIP_SECONDS if tag == "en" else CLIP_SECONDS - 1
            clip = media.mp4(width=width, height=height, seconds=seconds)
            path = put(f"halves.{tag}.{name}.mp4", "video/mp4", clip)
            renditions.append(Rendition(path, name, seconds))
        variants.append(Variant(tag, renditions=tuple(renditions)))
    captions = tuple(
        Captions(tag, put(f"halves.{tag}.vtt", "text/vtt", CAPTIONS.format(text=text)))
        for tag, text in (("en", "One half."), ("zh", "二分之一。"))
    )
    title = {"en": "Halves and quarters", "zh": "一半和四分之一"}
    return Item("halves", "video", title, tuple(variants), captions)


def _app(put: Put) -> Item:
    style = '@font-face{font-family:Dots;src:url("dots.ttf")} h1{color:#a12f4b}'
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4"><circle r="2"/></svg>'
    needs = (
        put("slicer/classic.js", "text/javascript", "window.classic = 'ran';"),
        put("slicer/module.js", "text/javascript", APP_MODULE),
        put("slicer/inner/word.js", "text/javascript", "export const word = 'sliced';"),
        put("slicer/style/app.css", "text/css", style),
        put("slicer/style/dots.ttf", "font/ttf", font()),
        put("slicer/data.json", "application/json", '{"slices": 4}'),
        put("slicer/pie.svg", "image/svg+xml", svg),
    )
    main = put("slicer/index.html", "text/html", APP_PAGE)
    title = {"en": "Cut it yourself", "zh": "自己切一切"}
    return Item("slicer", "app", title, (Variant("und", main, needs=needs),))


def plain_lesson(name: str, english: str, chinese: str) -> tuple[Lesson, Contents]:
    """Return a lesson of one page, and its files."""
    contents: Contents = {
        f"{name}/intro.{tag}.html": (
            "text/html",
            f"<p>{text}.</p>".encode() + f"<p>{name}</p>".encode() * 40,
        )
        for tag, text in (("en", english), ("zh", chinese))
    }
    variants = tuple(Variant(path.split(".")[1], path) for path in contents)
    item = Item("intro", "page", {"en": english, "zh": chinese}, variants, fragment=True)
    return Lesson(name, {"en": english, "zh": chinese}, (item,), minutes=10), contents
