"""All that somebody can look at: each GET of the API and the console, asked in many ways."""

from collections.abc import Iterator
from itertools import product
from urllib.parse import quote

from hub.rooms import all_operations
from tests.hub.attacks.world import HIDDEN, MARK, Side, World, filled, parts_of

# What is asked of lists beside nothing: each is one query.
QUERIES: dict[str, tuple[str, ...]] = {
    "listSchools": (
        *(f"sort={way}{column}" for way, column in product(("", "-"), (
            "need", "school", "township", "state", "heard", "behind", "records", "done",
        ))),
        *(f"query={quote(text)}" for text in (
            MARK, f"township:{HIDDEN}", f"node:{MARK}-1-1", f"school:{MARK}-1", "state:any",
            "behind>0", "overdue", "group:pilot", f"{MARK} or near", f"not {MARK}",
            f"(township:{HIDDEN})", f"-township:{HIDDEN}", "alarm", "claim", "records>0",
        )),
        "limit=1", f"after={MARK}-1", f"after={quote('zzz')}",
    ),
    "listNodes": (f"school={MARK}-1", "pending=true", f"school={MARK}-1&pending=true"),
    "listNeededVisits": (f"query=township:{HIDDEN}", "by=2027-01-01", f"query={MARK}"),
    "listVisits": ("ended=true",),
    "listWishes": (f"school={MARK}-1", "everything=true", "after=0", "limit=1", "after=999"),
    "listOffers": (f"school={MARK}-1", "everything=true", "after=0", "limit=1", "after=999"),
    "showUse": (f"township={HIDDEN}", "month=2026-01", f"township={HIDDEN}&month=2026-01"),
    "showUseOfPack": (f"township={HIDDEN}", "month=2026-01"),
    "listJobs": (
        *(f"state={state}" for state in ("open", "queued", "running", "done", "failed")),
        "kind=courier", "kind=publish", "limit=1",
        "after=ffffffff-ffff-7fff-bfff-ffffffffffff",
    ),
    "listTokens": (f"login={MARK}-operator", f"login={MARK}-publisher"),
    "listUploads": ("limit=1", f"after={'f' * 32}"),
    "listPacks": ("limit=1", f"after={MARK}"),
    "listRollouts": ("limit=1", "after=2026-01-01T08:00:01Z%20x"),
    "listRolloutSchools": ("outcome=failed", "stage=1", f"after={MARK}", "limit=1"),
}  # fmt: skip
# The same of pages, whose queries have other names.
PAGE_QUERIES: dict[str, tuple[str, ...]] = {
    "/console/schools": QUERIES["listSchools"],
    "/console/schools.csv": QUERIES["listSchools"],
    "/console/visits": (f"query=township:{HIDDEN}", "by=2027-01-01", "ended=1"),
    "/console/requests": (f"school={MARK}-1", "all=1"),
    "/console/requests/offers": (f"school={MARK}-1", "all=1"),
    "/console/use": QUERIES["showUse"],
    "/console/use/packs/<pack>": QUERIES["showUseOfPack"],
    "/console/jobs": QUERIES["listJobs"],
    "/console/enrolment": (f"school={MARK}-1",),
    "/console/rollouts/<rollout>/schools": QUERIES["listRolloutSchools"],
    "/console/packs": ("limit=1",),
}


def recorded(world: World, login: str, side: Side) -> dict[str, str]:
    """Return what somebody is answered, with the status, by where they asked."""
    found = {}
    web = world.browser(login)
    for place in places(world, side):
        is_page = place.startswith("/console")
        answer = web.get(place) if is_page else world.api(login, "GET", place)
        found[place] = f"{answer.status_code} {answer.text}"
    return found


def places(world: World, side: Side) -> Iterator[str]:
    """Yield the addresses of all that can be looked at with the names of one side."""
    for operation in all_operations():
        if operation.method == "GET":
            yield from _asked(operation.path, QUERIES.get(operation.name, ()), world, side)
    for rule in world.rules:
        if rule.method == "GET" and not rule.is_open:
            yield from _asked(rule.rule, PAGE_QUERIES.get(rule.rule, ()), world, side)


def _asked(path: str, queries: tuple[str, ...], world: World, side: Side) -> Iterator[str]:
    known = {**side.names, "rollout": [world.rollout, *side.names.get("rollout", ())]}
    known |= {"pack": side.names.get("pack", ["demo"]), "version": ["1", "2"], "lesson": ["one"]}
    known |= {"calendar": ["default"], "group": ["pilot"], "login": ["operator"]}
    parts = parts_of(path)
    if any(part not in known for part in parts):
        return
    for names in product(*(known[part] for part in parts)):
        place = filled(path, dict(zip(parts, names, strict=True)))
        yield place
        yield from (f"{place}?{query}" for query in queries)
