"""The site's server: files are sent whole and in turn, and nobody keeps a class out."""

import re
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from sync_node.lan.app import create_app
from sync_node.lan.limits import (
    ADDRESS_CONNECTIONS_MAX,
    BODY_SECONDS_FREE,
    FORM_BYTES_MAX,
    HEAD_BYTES_MAX,
    HEAD_SECONDS_MAX,
    IDLE_SECONDS_MAX,
    LARGE_BODIES_MAX,
    STALL_SECONDS_MAX,
    SWEEP_SECONDS,
)
from sync_node.lan.web_server import listen
from tests.sync_node.lan.lessons import LESSON, plain_lesson
from tests.sync_node.lan.school import School, describe, furnished_school
from tests.sync_node.lan.served import DEVICE, Served, served

MOST = 40
CLIP = f"/content/fractions/1/{LESSON}/halves.en.240p.mp4"
FILM = "/content/long/1/film.mp4"
FILM_BYTES = 5_000_000
CROWD = "127.0.0.9"
_END = b"\r\n\r\n"


class Site:
    """A site's server for few connections, and the clock by which it waits."""

    def __init__(self, school: School) -> None:
        self.later = 0.0
        app = create_app(school.data_dir)
        clock = lambda: time.monotonic() + self.later  # noqa: E731
        self.server = listen(app, "127.0.0.1", 0, most=MOST, monotonic=clock)

    def connect(self, come_from: str = "127.0.0.1") -> socket.socket:
        return socket.create_connection(
            ("127.0.0.1", self.server.effective_port), timeout=10, source_address=(come_from, 0)
        )

    def get(self, path: str = "/", *, come_from: str = "127.0.0.1", **fields: str) -> bytes:
        with self.connect(come_from) as link:
            return ask(link, path, **fields)


@contextmanager
def running(school: School) -> Iterator[Site]:
    site = Site(school)
    thread = threading.Thread(target=site.server.run)
    thread.start()
    try:
        yield site
    finally:
        site.server.close()
        thread.join()
        site.server.close_connections()


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> School:
    made = furnished_school(tmp_path_factory.mktemp("school"))
    lesson, contents = plain_lesson("long", "Long", "长")
    film = bytes(range(256)) * (FILM_BYTES // 256 + 1)
    made.add(describe("long", (lesson,)), contents | {"film.mp4": ("video/mp4", film[:FILM_BYTES])})
    made.offer("long", 1)
    made.activate("long", 1, "long")
    return made


@pytest.fixture
def site(school: School) -> Iterator[Site]:
    with running(school) as made:
        yield made


def request(path: str, method: str = "GET", **fields: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: school"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
    return "\r\n".join([*lines, "", ""]).encode()


def read(link: socket.socket, method: str = "GET") -> bytes:
    """Return one answer: its head and its body."""
    data = b""
    while _END not in data:
        more = link.recv(65_536)
        if not more:
            return data
        data += more
    head = data.partition(_END)[0]
    length = re.search(rb"(?i)content-length: (\d+)", head)
    whole = len(head) + len(_END) + (int(length[1]) if length and method != "HEAD" else 0)
    while len(data) < whole and (more := link.recv(65_536)):
        data += more
    return data


def ask(link: socket.socket, path: str, method: str = "GET", **fields: str) -> bytes:
    link.sendall(request(path, method, **fields))
    return read(link, method)


def is_closed(link: socket.socket) -> bool:
    try:
        return not link.recv(65_536)
    except ConnectionError:
        return True


def parts(answer: bytes) -> tuple[bytes, dict[bytes, bytes], bytes]:
    """Return an answer's first line, its fields but the date, and its body."""
    head, _, body = answer.partition(_END)
    first, *lines = head.split(b"\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in lines)
    fields.pop(b"date")
    return first, fields, body


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"Range": "bytes=0-99"},
        {"Range": "bytes=1000-"},
        {"Range": "bytes=-5"},
        {"Range": "bytes=99999999-"},
        {"Range": "bytes=5-1"},
        {"Range": "bytes=0-1,5-6"},
        {"Range": "bytes=0-9", "If_Range": '"another"'},
        {"If_None_Match": "*"},
        {"Connection": "close"},
    ],
)
def test_a_file_that_was_asked_for_just_now_is_answered_alike(
    site: Site, fields: dict[str, str]
) -> None:
    first = parts(site.get(CLIP, **fields))
    with site.connect() as link:
        again = [parts(ask(link, CLIP, **fields))]
        if "Connection" not in fields and b" 304 " not in first[0]:  # waitress closes after it
            again.append(parts(ask(link, CLIP, **fields)))
    assert first[0][:12] in {b"HTTP/1.1 200", b"HTTP/1.1 206", b"HTTP/1.1 304", b"HTTP/1.1 416"}
    for each in again:
        assert each == first


def test_what_was_decided_for_one_host_isnt_said_to_another(site: Site) -> None:
    policy = parts(site.get(CLIP))[1][b"content-security-policy"]
    assert b"http://school/content/" in policy
    with site.connect() as link:
        link.sendall(request(CLIP).replace(b"Host: school", b"Host: elsewhere"))
        assert b"http://elsewhere/content/" in parts(read(link))[1][b"content-security-policy"]


@pytest.mark.parametrize(
    "odd",
    [
        b"GET %s HTTP/1.1\r\nHost: school\r\nHost: other\r\n\r\n",
        b"GET %s HTTP/1.1\r\nHost: school\r\nContent-Length: 3\r\n\r\n",
        b"GET %s HTTP/1.1\r\nHost: school\r\n Range: bytes=0-0\r\n\r\n",
        b"GET %s HTTP/1.1\r\nHost: school\nRange: bytes=0-0\r\n\r\n",
        b"GET %s HTTP/1.1\r\nHost: school\r\nRange: bytes=0-0\r\nRange: bytes=1-1\r\n\r\n",
        b"GET %s HTTP/1.0\r\nHost: school\r\n\r\n",
        b"GET %s?save HTTP/1.1\r\nHost: school\r\n\r\n",
    ],
)
def test_an_odd_request_goes_the_long_way(site: Site, odd: bytes) -> None:
    """The short way knows plain requests only; waitress decides on all others."""
    site.get(CLIP)
    with site.connect() as link:
        link.sendall(odd % CLIP.encode() + b"xxx")
        answer = read(link)
        assert answer.startswith(b"HTTP/1.")
        assert b" 206 " not in answer[:20]


def test_a_file_that_went_away_isnt_sent_from_memory(tmp_path: Path) -> None:
    other = furnished_school(tmp_path)
    with running(other) as site:
        assert b" 200 " in site.get(CLIP)[:20]
        other.forget("fractions", 1, CLIP.removeprefix("/content/fractions/1/"))
        assert b" 404 " in site.get(CLIP)[:20]


def test_large_files_come_whole_side_by_side(site: Site, school: School) -> None:
    digest = school.manifests["long", 1].by_path["film.mp4"].digest
    film = school.data_dir.store_path(digest).read_bytes()
    with ExitStack() as stack:
        links = [stack.enter_context(site.connect()) for _ in range(6)]
        for number, link in enumerate(links):
            link.sendall(request(FILM, Range=f"bytes={number}-"))
        time.sleep(0.2)  # nobody reads: the page comes all the same
        assert b" 200 " in site.get()[:20]
        for number, link in enumerate(links):
            assert parts(read(link))[2] == film[number:]


def test_requests_in_one_go_are_answered_in_their_order(site: Site) -> None:
    with site.connect() as link:
        link.sendall(request(CLIP, Range="bytes=0-3") + request("/") + request(CLIP))
        assert b" 206 " in read(link)[:20]


def test_a_crowd_keeps_nobody_out(site: Site) -> None:
    with ExitStack() as stack:
        for _ in range(3 * MOST):
            link = stack.enter_context(site.connect(CROWD))
            link.sendall(b"GET / HTTP/1.1\r\nHost: ")
        assert b" 200 " in site.get(come_from="127.0.1.1")[:20]
        assert b" 200 " in site.get(come_from=CROWD)[:20]


def test_who_hangs_up_at_once_harms_nobody(site: Site) -> None:
    at_once = struct.pack("ii", 1, 0)
    for _ in range(2 * MOST):
        link = site.connect(CROWD)
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
        link.close()
    assert b" 200 " in site.get()[:20]


def test_who_waits_quietly_stays_while_a_crowd_comes_and_goes(site: Site) -> None:
    with ExitStack() as stack:
        pupil = stack.enter_context(site.connect("127.0.1.1"))
        assert b" 200 " in ask(pupil, "/")[:20]
        for _ in range(3 * MOST):
            stack.enter_context(site.connect(CROWD))
        assert b" 200 " in ask(pupil, "/")[:20]


def test_one_address_gets_no_more_than_its_share() -> None:
    assert MOST < ADDRESS_CONNECTIONS_MAX  # so that the tests above show who gives way


def test_who_dawdles_is_let_go(site: Site) -> None:
    """Nothing said, a head or a form that drips, a film that nobody takes."""
    form = b"POST /progress HTTP/1.1\r\nHost: x\r\nContent-Length: 999\r\n\r\na"
    with ExitStack() as stack:
        links = []
        for said in (b"", b"GET / HTTP/1.1\r\nHost: ", form, request(FILM)):
            link = stack.enter_context(site.connect())
            link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
            link.sendall(said)
            links.append(link)
        time.sleep(0.3)  # it is seen what each is at
        site.later += max(BODY_SECONDS_FREE, HEAD_SECONDS_MAX, IDLE_SECONDS_MAX, STALL_SECONDS_MAX)
        time.sleep(SWEEP_SECONDS + 0.3)
        for link in links:
            while not is_closed(link):
                pass
        assert b" 200 " in site.get()[:20]


def test_a_form_that_is_too_large_is_refused_by_its_head(site: Site) -> None:
    with site.connect() as link:
        size = str(FORM_BYTES_MAX + 1)
        assert b" 413 " in ask(link, "/progress", "POST", Content_Length=size)[:20]
        assert is_closed(link)


def test_who_expects_to_go_on_isnt_told_to(site: Site) -> None:
    with site.connect() as link:
        size = str(10 << 30)
        said = ask(link, "/", "POST", Content_Length=size, Expect="100-continue")
        assert b" 413 " in said[:20]


def test_too_long_a_head_is_refused(site: Site) -> None:
    with site.connect() as link:
        link.sendall(b"GET / HTTP/1.1\r\nX: " + b"x" * HEAD_BYTES_MAX)
        assert b" 431 " in read(link)[:20]


def test_a_stranger_s_upload_is_refused_before_it_comes(site: Site) -> None:
    with site.connect() as link:
        said = ask(link, "/teacher/materials", "POST", Content_Length=str(50 << 20))
        assert b" 403 " in said[:20]
        assert is_closed(link)


@pytest.fixture
def with_people(tmp_path: Path) -> Iterator[Served]:
    with served(furnished_school(tmp_path)) as made:
        yield made


def test_few_uploads_are_under_way_together(with_people: Served) -> None:
    port = int(with_people.address.rsplit(":", 1)[1])
    cookie = f"device={DEVICE}; session={with_people.tokens['teacher']}"
    with ExitStack() as stack:
        links = []
        for _ in range(LARGE_BODIES_MAX + 1):
            link = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
            size = str(1 << 20)
            link.sendall(request("/teacher/materials", "POST", Cookie=cookie, Content_Length=size))
            time.sleep(0.1)
            links.append(link)
        assert b" 503 " in read(links[-1])[:20]
