"""The search page, and what it suggests while somebody types."""

from urllib.parse import quote, urlencode

from flask import (
    Blueprint,
    Flask,
    Response,
    current_app,
    jsonify,
    render_template,
    request,
    url_for,
)

from content_packs.code_lists import FOR_TEACHERS
from sync_node.lan.interface_language import wishes
from sync_node.lan.visitor import visitor
from sync_node.search.limits import HITS_OFFSET_MAX, HITS_SHOWN, QUESTION_CHARACTERS_MAX
from sync_node.search.query import Searcher
from sync_node.search.results import DIMENSIONS, Chosen, Hit, Place

blueprint = Blueprint("search", __name__)

_KEY = "searcher"


def set_up(app: Flask, searcher: Searcher) -> None:
    """Give the application its searcher, and the templates where hits lead."""
    app.extensions[_KEY] = searcher
    app.register_blueprint(blueprint)
    app.jinja_env.globals.update(
        hit_address=hit_address, place_address=place_address,
        question_characters_max=QUESTION_CHARACTERS_MAX,
    )  # fmt: skip


def searcher() -> Searcher:
    """Return the searcher of the application that handles this request."""
    found: Searcher = current_app.extensions[_KEY]
    return found


@blueprint.get("/search")
def search() -> str:
    """Show what `?q=` finds; `?stage=`, `?grade=`, … narrow it, `?from=` shows later hits."""
    text = request.args.get("q", "")[:QUESTION_CHARACTERS_MAX]
    chosen = _chosen(**{each: request.args.get(each, "") for each in DIMENSIONS})
    start = min(max(request.args.get("from", 0, type=int), 0), HITS_OFFSET_MAX)
    found = searcher().search(text, chosen=chosen, languages=wishes(), offset=start)
    asked = text.strip() or any(request.args.get(each) for each in DIMENSIONS)

    def address(**changed: str) -> str:
        """Return this page's address with facets changed, and from the first hit on."""
        values = {"q": text} | {each: getattr(chosen, each) for each in DIMENSIONS} | changed
        kept = {key: value for key, value in values.items() if value}
        return f"{url_for('search.search')}?{urlencode(kept)}"

    further = start + HITS_SHOWN
    return render_template(
        "search/search.html",
        text=text,
        asked=asked,
        found=found,
        chosen=chosen,
        dimensions=DIMENSIONS,
        address=address,
        start=start,
        further=further if len(found.hits) == HITS_SHOWN and further <= HITS_OFFSET_MAX else 0,
    )


@blueprint.get("/search/suggest")
def suggest() -> Response:
    """Answer with a few titles for what is being typed, as JSON."""
    hits = searcher().suggest(request.args.get("q", ""), chosen=_chosen(), languages=wishes())
    answer = jsonify([_suggested(hit) for hit in hits])
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def _chosen(**facets: str) -> Chosen:
    """Return what is looked for: lesson plans and teacher training by signed-in teachers alone."""
    return Chosen(**facets, without_stage="" if visitor().is_teacher else FOR_TEACHERS)


def _suggested(hit: Hit) -> dict[str, object]:
    return {
        "kind": hit.kind,
        "title": [[part.text, part.found] for part in hit.title],
        "language": hit.title_language,
        "above": " › ".join(str(text) for text in hit.above),
        "address": hit_address(hit),
    }


def hit_address(hit: Hit) -> str:
    """Return where a hit is opened."""
    if hit.item:
        return url_for("items.item", pack=hit.pack, lesson=hit.lesson, item=hit.item)
    if hit.lesson:
        return url_for("student.lesson", pack=hit.pack, lesson=hit.lesson)
    return url_for("student.outline", pack=hit.pack)


def place_address(hit: Hit, place: Place) -> str:
    """Return where a hit is opened at one of its places: a second, a page, or words.

    Browsers that know text fragments scroll to the words; others show the page's beginning.
    """
    address = hit_address(hit)
    if not hit.item:
        return address
    if place.second is not None:
        return f"{address}?at={place.second}"
    language = f"?language={quote(place.language)}" if place.language else ""
    if place.page is not None:
        return f"{address}{language}{'&' if language else '?'}page={place.page}"
    words = quote(place.words, safe="").replace("-", "%2D")
    return f"{address}{language}#:~:text={words}" if words else f"{address}{language}"
