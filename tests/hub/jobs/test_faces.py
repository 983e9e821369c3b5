"""Jobs as staff meet them: pages in both languages and sizes, the API, commands."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from hub.app import create_app
from hub.cli import main
from hub.hub import Hub, open_hub
from hub.initialising import initialise
from hub.jobs import claiming
from hub.jobs import kinds as known
from hub.jobs import service as jobs
from hub.jobs.model import OF_HUB
from hub.jobs.running import run_waiting
from hub.people.actor import Actor, of_this_machine
from hub.people.rights import Right, Role
from hub.summary import summary
from tests.hub.clients import START, MovableClock
from tests.hub.console.site import LOOKS, PUBLISHER, add_people, api_token, assert_usable
from tests.hub.jobs import kinds
from tests.support.browser import Visit, follow
from tests.support.hub_databases import HubDatabases

ME = of_this_machine()
PRESS = Actor("publisher", "publisher", "console", publisher=PUBLISHER)


@pytest.fixture(scope="module")
def console_hub(tmp_path_factory: pytest.TempPathFactory, lasting_databases: HubDatabases) -> Hub:
    """A hub with a job in each state: `publish` adds numbers up here, `deltas` fails."""
    kinds.register()
    before = {name: known.find(name) for name in ("publish", "deltas")}
    root: Path = tmp_path_factory.mktemp("jobs") / "hub"
    clock = MovableClock(START)
    initialise(root, "main", clock, database=lasting_databases.new())
    hub = open_hub(root, clock)
    known.register("publish", "tests.hub.jobs.kinds:add_up", "Publish a pack", Right.PUBLISH)
    known.register("deltas", "tests.hub.jobs.kinds:refuse", "Make deltas", Right.PUBLISH)
    jobs.start(hub, PRESS, "publish", {"numbers": [1, 2, 3]})
    jobs.start(hub, OF_HUB, "deltas", {})
    jobs.start(hub, OF_HUB, "test-shout", {})
    run_waiting(hub)
    for kind in before.values():
        known.register(kind.name, kind.run, kind.title, kind.right, unit=kind.unit)
    jobs.cancel(hub, ME, jobs.start(hub, ME, "publish", {}).id)
    jobs.start(hub, ME, "deltas", {}, priority=9)
    running = claiming.claim(hub, "somebody")
    assert running
    claiming.tell(hub, running, (31_400_000, 100_000_000, "delta demo 1 to 2"), ["demo"])
    clock.go_on(minutes=1)
    jobs.start(hub, PRESS, "publish", {})
    return hub


def ids(hub: Hub) -> dict[str, str]:
    return {job.state: job.id for job in jobs.find(hub, ME).items}


@pytest.mark.browser
@pytest.mark.parametrize(("size", "language"), LOOKS)
def test_everybody_can_use_the_pages(
    signed_in: Callable[..., Visit], console_hub: Hub, size: tuple[int, int], language: str
) -> None:
    here = signed_in("administrator", language, size)
    assert_usable(here, "/console/jobs", name="jobs")
    assert_usable(here, "/console/jobs?state=cancelled", name="jobs-cancelled")
    for state, job in ids(console_hub).items():
        assert_usable(here, f"/console/jobs/{job}", name=f"job-{state}")


@pytest.mark.browser
def test_an_administrator_sees_why_one_failed_and_runs_it_once_more(
    signed_in: Callable[..., Visit], console_hub: Hub
) -> None:
    page = (here := signed_in("administrator")).page
    page.goto(f"{here.address}/console/jobs")
    follow(page.get_by_role("link", name="Failed"))
    assert "lesson.toml: has no title" in page.locator("tbody").inner_text()
    follow(page.get_by_role("link", name="Make deltas"))
    assert "Give it one." in page.locator(".note.is-bad").inner_text()
    follow(page.get_by_role("button", name="Run it once more"))
    assert "waits" in page.locator(".badges").inner_text()
    made = page.url.rpartition("/")[2]
    follow(page.get_by_role("button", name="Cancel this job"))
    assert "cancelled" in page.locator(".badges").inner_text()
    assert jobs.get(console_hub, ME, made).cancel_by == "administrator"


@pytest.mark.browser
def test_a_page_follows_a_job_by_itself(signed_in: Callable[..., Visit], console_hub: Hub) -> None:
    page = (here := signed_in("administrator")).page
    running = ids(console_hub)["running"]
    page.goto(f"{here.address}/console/jobs/{running}")
    assert "31.4 MB of 100.0 MB" in page.locator(".meter").inner_text()
    mine = claiming.take_over(console_hub, running, 1)
    assert mine
    claiming.tell(console_hub, mine, (62_800_000, 100_000_000, "delta demo 1 to 2"), [])
    page.get_by_text("62.8 MB of 100.0 MB").wait_for(timeout=15_000)


@pytest.mark.browser
def test_a_publisher_sees_no_job_of_others(
    signed_in: Callable[..., Visit], console_hub: Hub
) -> None:
    page = (here := signed_in("publisher")).page
    page.goto(f"{here.address}/console/jobs")
    assert page.locator("tbody tr").count() == 2
    own = jobs.find(console_hub, PRESS, state="done").items[0]
    for job, status in ((ids(console_hub)["running"], 404), (own.id, 200)):
        answer = page.goto(f"{here.address}/console/jobs/{job}")
        assert answer
        assert answer.status == status


def test_programs_do_the_same(hub: Hub) -> None:
    add_people(hub)
    web = create_app(hub).test_client()

    def ask(method: str, place: str, role: Role = "administrator", status: int = 200) -> Any:
        fields = {"Authorization": f"Bearer {tokens[role]}"}
        answer = web.open(f"/api/v1/jobs{place}", method=method, headers=fields)
        assert answer.status_code == status, answer.text
        return answer.get_json()

    roles: tuple[Role, ...] = ("administrator", "publisher", "teacher")
    tokens = {role: api_token(hub, role) for role in roles}
    refused = jobs.start(hub, ME, "test-refuse", {})
    run_waiting(hub)
    (found,) = ask("GET", "?state=failed&limit=1")["items"]
    assert (found["id"], found["state"]) == (refused.id, "failed")
    assert ask("GET", f"/{refused.id}")["hint"] == "Give it one."
    assert ask("GET", f"/{refused.id}/log") == {"lines": []}
    made = ask("POST", f"/{refused.id}/again", status=201)
    assert ask("POST", f"/{made['id']}/cancel")["state"] == "cancelled"
    done = jobs.start(hub, ME, "test-add_up", {"numbers": []})
    run_waiting(hub)
    ask("POST", f"/{done.id}/again", status=409)
    ask("GET", "?state=asleep", status=400)
    ask("GET", "/nonsense", status=404)
    for method, place in (("GET", ""), ("GET", "/log"), ("POST", "/cancel"), ("POST", "/again")):
        ask(method, f"/{refused.id}{place}", "publisher", status=404)
    ask("GET", "", "teacher", status=403)


def test_failed_ones_are_among_what_needs_somebody(hub: Hub, clock: MovableClock) -> None:
    jobs.start(hub, ME, "test-refuse", {})
    run_waiting(hub)
    assert [need.kind for need in summary(hub, ME).needs if need.kind == "jobs-failed"]
    clock.go_on(days=8)
    assert not [need.kind for need in summary(hub, ME).needs if need.kind == "jobs-failed"]


def test_commands_do_the_same(hub: Hub) -> None:
    refused = jobs.start(hub, ME, "test-refuse", {})
    run_waiting(hub)

    def run(*words: str, code: int = 0) -> str:
        done = CliRunner().invoke(main, ["jobs", *words, "--data", str(hub.data.root)])
        assert done.exit_code == code, done.output
        return done.output

    assert refused.id in run("list", "--state", "failed")
    assert "what to do: Give it one." in run("show", refused.id)
    assert json.loads(run("log", refused.id, "--json")) == {"lines": []}
    made = json.loads(run("again", refused.id, "--json"))["job"]["id"]
    assert json.loads(run("cancel", made, "--json"))["job"]["state"] == "cancelled"
    assert "There is no such job" in run("list", "--state", "running")
    assert "there is no job" in run("show", "nonsense", code=7)
    run("again", "nonsense", code=7)
