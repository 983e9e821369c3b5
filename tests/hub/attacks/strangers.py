"""What is another's is answered as what isn't there: the comparison, for all that names a thing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from werkzeug.test import TestResponse

from hub.rooms import all_operations
from tests.hub.attacks.bodies import BODIES, FIELDS
from tests.hub.attacks.world import HERE, Side, World, filled, parts_of

# Names of nothing, such as the hub itself gives.
NOTHING = {
    "school": "quxx-9", "node": "quxx-9-1", "number": "987654", "pack": "quxx-pack",
    "visit": "019b9b9b-0000-4000-8000-000000000000",
    "job": "019b9b9b-0000-7000-8000-000000000000", "upload": "0" * 32, "name": "quxx-filter",
    "rollout": "20200101-000000-quxx", "token": "019b9b9b-0000-4000-8000-000000000001",
}  # fmt: skip
_REST = {"version": "1", "lesson": "one", "path": "index.html"}


@dataclass(frozen=True)
class Try:
    """Something asked of another's thing, and the same of nothing."""

    what: str  # an operation's name, or a rule with its method
    method: str
    theirs: dict[str, str]
    nothing: dict[str, str]
    path: str


def tries(world: World, own: Side, hidden: Side) -> Iterator[Try]:
    """Yield all that can be asked with a name of another's: alone, and beside names of one's own.

    Each kind of name of the other side is tried with everything that takes one.
    """
    for operation in all_operations():
        yield from _tries(operation.name, operation.method, operation.path, own, hidden)
    for rule in world.rules:
        if not rule.is_open:
            yield from _tries(f"{rule.method} {rule.rule}", rule.method, rule.rule, own, hidden)


def _tries(what: str, method: str, path: str, own: Side, hidden: Side) -> Iterator[Try]:
    secret = [part for part in parts_of(path) if part in hidden.names]
    rest = {part: name for part, name in _REST.items() if part in parts_of(path)}
    if not secret or any(part not in {*secret, *rest} for part in parts_of(path)):
        return
    choices = [
        [(name, True) for name in hidden.names[part]]
        + ([(own.names[part][0], False)] if len(secret) > 1 else [])
        for part in secret
    ]
    for chosen in product(*choices):
        if any(is_theirs for _, is_theirs in chosen):
            theirs = dict(zip(secret, (name for name, _ in chosen), strict=True))
            nothing = {
                part: NOTHING[part] if is_theirs else name
                for part, (name, is_theirs) in zip(secret, chosen, strict=True)
            }
            yield Try(what, method, theirs | rest, nothing | rest, path)


def answers(world: World, login: str, one: Try) -> tuple[str, str]:
    """Return both answers, without the names that were asked for."""
    return (
        _answer(world, login, one, one.theirs),
        _answer(world, login, one, one.nothing),
    )


def _answer(world: World, login: str, one: Try, names: dict[str, str]) -> str:
    place = filled(one.path, names)
    asked: TestResponse
    if not place.startswith("/console"):
        asked = world.api(login, one.method, place, BODIES.get(one.what))
    elif one.method == "GET":
        asked = world.browser(login).get(place)
    else:
        fields = {**FIELDS, "csrf": world.csrf(login)}
        asked = world.browser(login).post(place, data=fields, headers=HERE)
    return without_names(asked, names)


def without_names(answer: TestResponse, names: dict[str, str]) -> str:
    """Return an answer whole, with its headers, with what was asked for left out."""
    told = {name: value for name, value in answer.headers.items() if name != "Content-Length"}
    text = f"{answer.status_code}\n{told}\n{answer.text}"
    for name in sorted(names.values(), key=len, reverse=True):
        text = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", "<name>", text)
    return text
