"""An auditor and an online teacher change nothing, but what is their own affair or their work."""

from collections.abc import Iterator
from itertools import product

import pytest

from hub.people.rights import RIGHTS, Role
from hub.rooms import all_operations
from tests.hub.attacks.bodies import BODIES, FIELDS
from tests.hub.attacks.strangers import NOTHING
from tests.hub.attacks.world import HERE, World, filled, parts_of, state_of

READERS: tuple[Role, ...] = ("auditor", "teacher")
COUNTERS = {"audit_row", "audit_head_row", "try_row"}
# Their own affair: what nobody else sees or minds.
OF_ONES_OWN = {
    "saveFilter", "removeFilter", "revokeToken", "POST /console/filters",
    "POST /console/filters/remove", "POST /console/tokens", "POST /console/tokens/<token>/revoke",
    "POST /console/sign-out", "POST /console/account/password", "POST /console/account/sessions",
    "POST /console/account/second-step", "POST /console/account/second-step/off",
}  # fmt: skip
# What an online teacher is here for: rights.py says so.
OF_TEACHERS = {
    "answerRequest", "askForFile", "POST /console/requests/<number>/answer",
    "POST /console/requests/<number>/file",
}  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def unchanged(world: World) -> Iterator[None]:
    """See that nothing that is tried here changes anything."""
    before = state_of(world.hub, COUNTERS)
    yield
    assert state_of(world.hub, COUNTERS) == before


def _names(world: World, path: str) -> dict[str, str]:
    """Return names of things that are there, for all parts of a path."""
    there = {
        **NOTHING, "rollout": world.rollout, "pack": "demo", "version": "2", "channel": "main",
        "group": "pilot", "calendar": "default", "route": "a-route", "login": "operator",
        "upload": world.mine.names["upload"][0], "lesson": "one", "ticket": "a.1.b",
    }  # fmt: skip
    there |= {kind: names[0] for kind, names in world.own.names.items()}
    return {part: there[part] for part in parts_of(path)}


def _is_theirs(role: Role, what: str) -> bool:
    return what in OF_ONES_OWN or (role == "teacher" and what in OF_TEACHERS)


@pytest.mark.parametrize("role", READERS)
def test_no_operation_changes_anything_for_them(world: World, role: Role) -> None:
    changing = [one for one in all_operations() if one.method != "GET"]
    assert len(changing) > 40
    for operation in changing:
        if _is_theirs(role, operation.name):
            continue
        place = filled(operation.path, _names(world, operation.path))
        answer = world.api(role, operation.method, place, BODIES.get(operation.name))
        assert answer.status_code == 403, (operation.name, answer.text)


@pytest.mark.parametrize("role", READERS)
def test_no_form_changes_anything_for_them(world: World, role: Role) -> None:
    forms = [rule for rule in world.rules if rule.method == "POST" and not rule.is_open]
    assert len(forms) > 40
    web = world.browser(role)
    fields = {**FIELDS, "csrf": world.csrf(role)}
    for rule in forms:
        if _is_theirs(role, f"POST {rule.rule}"):
            continue
        place = filled(rule.rule, _names(world, rule.rule))
        assert web.post(place, data=fields, headers=HERE).status_code == 403, rule.rule


@pytest.mark.parametrize(
    ("role", "face", "method"),
    list(product(READERS, ("/api/v1", "/console"), ("POST", "HEAD", "PATCH", "DELETE"))),
)
def test_no_upload_is_theirs(world: World, role: Role, face: str, method: str) -> None:
    upload = "" if method == "POST" else f"/{world.mine.names['upload'][0]}"
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "9", "Upload-Offset": "0"}
    headers |= {"Content-Type": "application/offset+octet-stream", **HERE}
    headers |= {"X-CSRF-Token": world.csrf(role), "Authorization": f"Bearer {world.token(role)}"}
    place = f"{face}/uploads/files{upload}"
    answer = world.browser(role).open(place, method=method, headers=headers, data=b"x" * 9)
    assert answer.status_code == 403


@pytest.mark.parametrize("role", READERS)
def test_all_that_can_be_looked_at_is_only_looked_at(world: World, role: Role) -> None:
    web = world.browser(role)
    for rule in world.rules:
        if rule.method == "GET":
            names = _names(world, rule.rule) if "path" not in parts_of(rule.rule) else {}
            assert web.get(filled(rule.rule, names)).status_code < 500, rule.rule
    for operation in all_operations():
        if operation.method == "GET":
            place = filled(operation.path, _names(world, operation.path))
            assert world.api(role, "GET", place).status_code < 500, operation.name


def test_the_lists_of_what_is_theirs_are_true(world: World) -> None:
    there = {f"{rule.method} {rule.rule}" for rule in world.rules}
    there |= {operation.name for operation in all_operations()}
    assert there >= OF_ONES_OWN | OF_TEACHERS
    changing = {"change-fleet", "publish", "release", "approve", "set-desired", "operate"}
    for role in READERS:
        assert {right.value for right in RIGHTS[role]}.isdisjoint({*changing, "manage-people"})
