"""Retention at a district's hub, and boxes as they are: what they hold stays, and they go on.

The boxes say by stick what they hold; the hub publishes on meanwhile, and they don't hear of it.
"""

import time
from datetime import timedelta
from pathlib import Path

import pytest

from content_packs.reports import PackReadiness
from content_packs.repository import bundle_path
from hub import retaining
from hub.contents import read_layout, read_manifest
from hub.fleet import nodes, reports
from hub.people.actor import of_this_machine
from hub.retention import Policy
from hub.versions import versions_of
from sync_node import rollback
from tests.support.country import Country, enrolled, make_country

ME = of_this_machine()
NOTHING = timedelta(0)
AT_ONCE = Policy(newest=1, young=NOTHING, lately=NOTHING)
NEWEST = 8
A_SECOND = 1.05
BY_DELTAS = [8, 7, 6, 5]  # from the three before the newest there are deltas to it


@pytest.fixture
def country(tmp_path: Path) -> Country:
    """A hub that published demo 1, and a box that has it."""
    country = make_country(tmp_path)
    publish(country, 1)
    enrolled(country)
    return country


def publish(country: Country, version: int) -> None:
    country.publish(version, seeds={"two": version}, video_bytes=50_000)


def there_and_back(country: Country) -> None:
    """Bring the box what is offered; bring home what it says after it."""
    country.at_the_hub()
    for _ in range(2):  # the first report is of before it took anything
        time.sleep(A_SECOND)  # of two reports of one second the first is kept
        country.at_the_school()
    country.home_again()


def stays_after_more(country: Country, since: int) -> list[int]:
    """Let the hub publish and release up to `NEWEST`, and do retention; return what stays."""
    for version in range(since, NEWEST + 1):
        publish(country, version)
    retaining.run(country.hub, ME, AT_ONCE)
    return [one.version for one in versions_of(country.hub, "demo")]


def said(country: Country) -> PackReadiness:
    """Return what the box last said of demo, at home."""
    (box,) = nodes.list_nodes(country.hub)
    (pack,) = reports.of_node(country.hub, box.node, most=1)[0].report.packs
    return pack


def roll_back(country: Country) -> None:
    with country.box.opened():
        rollback.roll_back(country.box.data_dir, "demo", now=country.now)


def test_without_a_word_of_any_box_it_would_go(country: Country) -> None:
    assert stays_after_more(country, 2) == BY_DELTAS


def test_a_box_with_an_old_version_keeps_it_here_and_takes_the_newest(country: Country) -> None:
    there_and_back(country)
    assert said(country).verified_version == 1
    assert stays_after_more(country, 2) == [*BY_DELTAS, 1]
    there_and_back(country)
    assert said(country).verified_version == NEWEST
    there_and_back(country)  # the report before its newest doesn't name it any more
    assert [line.version for line in retaining.run(country.hub, ME, AT_ONCE).goes] == [1]


def test_a_box_that_rolled_back_keeps_both_here_and_goes_on_from_them(country: Country) -> None:
    there_and_back(country)
    publish(country, 2)
    there_and_back(country)
    roll_back(country)
    there_and_back(country)
    assert (said(country).rolled_back, said(country).held_version) == (2, 1)
    assert stays_after_more(country, 3) == [*BY_DELTAS, 2, 1]
    there_and_back(country)
    assert (said(country).rolled_back, said(country).verified_version) == (None, NEWEST)


def test_the_version_that_a_box_was_put_back_to_is_whole_here(country: Country) -> None:
    there_and_back(country)
    publish(country, 2)
    there_and_back(country)
    roll_back(country)
    there_and_back(country)
    stays_after_more(country, 3)
    kept = {one.version: one for one in versions_of(country.hub, "demo")}
    manifest, _stored = read_manifest(country.hub.objects, "demo", kept[1].manifest)
    layout, _stored = read_layout(country.hub.objects, manifest, kept[1].layout)
    sizes = [country.hub.objects.size(bundle_path(one.digest)) for one in layout.bundles]
    assert sizes
    assert None not in sizes
