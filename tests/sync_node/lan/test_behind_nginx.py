"""The shipped configuration of nginx: what a browser gets is what the site itself would answer."""

import http.client
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from sync_node.lan.limits import FORM_BYTES_MAX
from tests.support import nginx
from tests.sync_node.lan.lessons import LESSON
from tests.sync_node.lan.school import School, furnished_school
from tests.sync_node.lan.served import Served, served

CLIP = f"/content/fractions/1/{LESSON}/halves.en.240p.mp4"
APP = f"/content/fractions/1/{LESSON}/slicer/"
OWN_FIELDS = {"Date", "Server", "Connection", "Keep-Alive", "Transfer-Encoding", "Via"}

pytestmark = pytest.mark.skipif(
    nginx.PROGRAM is None, reason="nginx isn't installed: `apt-get install nginx-light`"
)


class Answer(NamedTuple):
    """What came: the same, whoever answered."""

    status: int
    fields: dict[str, str]
    body: bytes


class Fronts:
    """The same site twice: its own server, and nginx before it."""

    def __init__(self, site: Served, school: School, port: int, log: Path) -> None:
        self.people, self.school, self.log = site, school, log
        self.ports = {"site": int(site.address.rsplit(":", 1)[1]), "nginx": port}

    def ask(
        self, front: str, path: str, method: str = "GET", body: bytes = b"", **given: str
    ) -> Answer:
        fields = {"Host": "school", "Accept-Language": "zh"}
        fields |= {name.replace("_", "-"): value for name, value in given.items()}
        link = http.client.HTTPConnection("127.0.0.1", self.ports[front], timeout=20)
        try:
            link.request(method, path, body or None, fields)
            came = link.getresponse()
            data = came.read()
        finally:
            link.close()
        said = {
            name.title(): value for name, value in came.getheaders()
            if name.title() not in OWN_FIELDS
        }  # fmt: skip
        if "Set-Cookie" in said:
            said["Set-Cookie"] = said["Set-Cookie"].partition("=")[0]  # each browser has its own
        if came.status == 206:
            said.pop("Accept-Ranges", None)  # it is said already: nginx leaves it out
        return Answer(came.status, said, data)

    def both(self, path: str, method: str = "GET", **given: str) -> tuple[Answer, Answer]:
        return self.ask("site", path, method, **given), self.ask("nginx", path, method, **given)


@pytest.fixture(scope="module")
def fronts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    folder = tmp_path_factory.mktemp("fronts")
    for above in (folder, *folder.parents[:2]):
        above.chmod(0o755)  # nginx's worker is another user
    school = furnished_school(folder / "node")
    with served(school) as site:
        port = nginx.free_port()
        shipped = nginx.configuration(
            port=port, site_port=int(site.address.rsplit(":", 1)[1]),
            store=school.data_dir.store, folder=folder / "nginx",
        )  # fmt: skip
        with nginx.running(shipped, folder / "nginx"):
            yield Fronts(site, school, port, folder / "nginx/error.log")


FILES = [
    CLIP, APP, f"{APP}index.html", f"{APP}module.js", f"{APP}pie.svg", f"{APP}data.json",
    f"/content/fractions/1/{LESSON}/worksheet.en.pdf",
    f"/content/fractions/1/{LESSON}/worksheet.en.pdf?save",
    f"/content/fractions/1/{LESSON}/halves.en.vtt",
    f"/content/fractions/1/{LESSON}/halves.en.480p.mp4",
    f"/content/fractions/1/{LESSON}/practice.en.exercise.json",
    "/content/fractions/1/cover.png", "/content/fractions/1/%2e%2e/%2e%2e/node.db",
    "/content/fractions/1/..%2f..%2fnode.db", "/content/nothing/1/x.png", "/content/fractions/9/x",
    "/favicon.ico",
]  # fmt: skip


@pytest.mark.sampled(3)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", FILES)
def test_files_of_packs_come_alike(fronts: Fronts, path: str, method: str) -> None:
    site, before = fronts.both(path, method)
    assert before == site


@pytest.mark.parametrize(
    "wanted",
    [
        "bytes=0-99", "bytes=1000-", "bytes=-500", "bytes=0-0", "bytes=70000-999999999",
        "bytes=99999999-", "bytes=-0", "bytes=0-1,5-6", "bytes=x-y", "items=0-1", "bytes=",
        "bytes= 0-5", "BYTES=0-5",
    ],
)  # fmt: skip
def test_ranges_come_alike(fronts: Fronts, wanted: str) -> None:
    site, before = fronts.both(CLIP, Range=wanted)
    assert before == site


def test_conditions_hold_alike(fronts: Fronts) -> None:
    tag = fronts.ask("site", CLIP).fields["Etag"]
    for fields in (
        {"If_None_Match": tag},
        {"If_None_Match": f'W/{tag}, "x"'},
        {"If_None_Match": '"x"'},
        {"Range": "bytes=0-9", "If_Range": tag},
        {"Range": "bytes=0-9", "If_Range": '"x"'},
        {"If_Modified_Since": "Fri, 01 Jan 2100 00:00:00 GMT"},
    ):
        site, before = fronts.both(CLIP, **fields)
        assert before == site, fields


def test_a_file_s_bytes_are_nginx_s_own(fronts: Fronts) -> None:
    """The site is asked whether and how, never for the bytes."""
    link = http.client.HTTPConnection("127.0.0.1", fronts.ports["nginx"], timeout=20)
    link.request("GET", CLIP, headers={"Range": "bytes=0-9"})
    came = link.getresponse()
    assert (came.status, came.getheader("Server")) == (206, "nginx")
    assert len(came.read()) == 10
    link.close()


def test_what_nginx_asks_itself_is_for_nobody_else(fronts: Fronts) -> None:
    assert fronts.ask("nginx", "/satchel-file").status == 404


def test_each_host_has_its_own_policy(fronts: Fronts) -> None:
    for host in ("10.0.0.1:8080", "school.lan", "10.0.0.1:8080"):
        site, before = fronts.both(CLIP, Host=host)
        assert before == site
        assert host in before.fields["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path",
    ["/", "/packs/fractions", f"/packs/fractions/{LESSON}", "/search?q=a", "/sign-in", "/nothing",
     "/packs//fractions", f"/packs/fractions/{LESSON}/take-home.zip"],
)  # fmt: skip
@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages_come_alike_in_both_languages(fronts: Fronts, path: str, language: str) -> None:
    site, before = fronts.both(path, Accept_Language=language)
    assert before == site


def test_who_is_signed_in_is_so_behind_it(fronts: Fronts) -> None:
    cookie = f"session={fronts.people.tokens['teacher']}"
    site, before = fronts.both("/teacher", Cookie=cookie)
    assert before.status == site.status == 200
    assert before.fields == site.fields


def test_a_form_from_elsewhere_is_refused_behind_it(fronts: Fronts) -> None:
    given = {"Content_Type": "application/x-www-form-urlencoded"}
    for origin, status in (("http://elsewhere", 403), ("http://school", 303)):
        for front in fronts.ports:
            came = fronts.ask(front, "/language", "POST", b"language=en&next=/", Origin=origin,
                              **given)  # fmt: skip
            assert came.status == status, (front, origin)


def test_too_much_is_refused_behind_it(fronts: Fronts) -> None:
    too_much = b"x" * (FORM_BYTES_MAX + 1)
    for front in fronts.ports:
        assert fronts.ask(front, "/progress", "POST", too_much).status == 413


def test_nginx_has_nothing_to_complain_of(fronts: Fronts) -> None:
    fronts.ask("nginx", CLIP)
    said = [line for line in fronts.log.read_text().splitlines() if "[emerg]" in line]
    assert not said
