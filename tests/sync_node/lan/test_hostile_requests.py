"""Requests that no browser sends: every address, every field, and the wire itself. Real sockets.

Nothing of it may end in a fault of ours, take long, or keep others from their pages.
"""

import re
import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.support.phones import Phone
from tests.sync_node.lan.attacked import EXERCISE, ITEM, Attacked, attacked
from tests.sync_node.lan.lessons import LESSON

SECONDS_MAX = 10.0  # of one request, on a busy machine
ODD = (
    "%00", "..%2f..%2fetc%2fpasswd", "%ff%fe", "%F0%9F%98%80", "9" * 400, "-1", "%0d%0aX:1",
    "a" * 3_000, "'%20OR%201=1--", "%ed%a0%80", "9" * 25, "%E2%80%AE", "1e999",
)  # fmt: skip
ASKED = (
    "q", "from", "at", "page", "attempt", "grade", "next", "language", "rendition", "questions",
    "class", "pack", "lesson", "item", "kind", "stage", "absent", "done", "save", "subject",
)  # fmt: skip
FILLED = (
    *ASKED, "_attempt", "_version", "_submission", "_who", "name", "names", "due", "until", "to",
    "do", "size", "seconds", "type", "percent", "score", "points", "title", "gift", "passphrase",
    "teacher", "code", "text", "picture", "pin", "half", "word", "sizes", "pages", "archive",
    "whose", "contrast",
)  # fmt: skip
_ENDS = ("/sign-out", "/leave", "/passphrase")  # a session ends there, and the rest is for guests


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    with attacked(tmp_path_factory.mktemp("school")) as found:
        yield found


def phone_of(here: Attacked, who: str) -> Phone:
    phone = here.phone()
    if who in here.site.tokens:
        phone.cookies["session"] = here.site.tokens[who]
    return phone


def addresses(here: Attacked, method: str, value: str = "") -> list[str]:
    """Return the addresses of all routes; with `value` in place of each name."""
    names = {"pack": "fractions", "lesson": LESSON, "item": "practice", "version": "1"}
    names |= here.site.names
    found = []
    for rule in here.site.app.url_map.iter_rules():
        path = str(rule)
        if (
            method not in (rule.methods or ())
            or path.endswith(_ENDS)
            or (value and "<" not in path)
        ):
            continue
        path = re.sub(r"<any[^>]+>", "results", path)
        path = re.sub(r"<int:(\w+)>", value if value.isdigit() else "1", path)
        found.append(re.sub(r"<(?:\w+:)?(\w+)>", lambda at: value or names.get(at[1], "0"), path))
    return sorted(set(found))


def check(phone: Phone, method: str, path: str, body: bytes = b"") -> None:
    begun = time.monotonic()
    answer = phone.post(path, body) if method == "POST" else phone.get(path)
    assert answer.status < 500, f"{method} {path[:200]} {body[:200]!r}"
    took = time.monotonic() - begun
    assert took < SECONDS_MAX, f"{took:.1f} s: {method} {path[:200]}"


@pytest.mark.parametrize("who", ["learner", pytest.param("teacher", marks=pytest.mark.long)])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_name_in_an_address_is_a_fault(here: Attacked, who: str, method: str) -> None:
    phone = phone_of(here, who)
    for value in ODD if who == "teacher" else ODD[:6]:
        for path in addresses(here, method, value):
            check(phone, method, path)


@pytest.mark.parametrize("who", ["learner", pytest.param("teacher", marks=pytest.mark.long)])
def test_no_field_is_a_fault(here: Attacked, who: str) -> None:
    phone = phone_of(here, who)
    for value in ODD if who == "teacher" else ODD[:5]:
        asked = "&".join(f"{name}={value}" for name in ASKED)
        for path in addresses(here, "GET"):
            check(phone, "GET", f"{path}?{asked}"[:7_000])
        filled = "&".join(f"{name}={value}" for name in FILLED).encode()
        for path in addresses(here, "POST"):
            check(phone, "POST", path, filled)


@pytest.mark.parametrize(
    "form",
    [
        b"&" * 250_000,
        b"a&" * 120_000,
        b"half=1&" * 35_000,
        b"half=" + b"x" * 250_000,
        b"=" * 250_000,
        b"%" * 250_000,
        b"%ff" * 80_000,
        b"a[" * 60_000 + b"]" * 60_000,
        b"\x00" * 250_000,
        b"sizes:1=1&" * 25_000,
        b"_submission=" + b"s" * 200_000 + b"&half=1",
    ],
    ids=lambda form: form[:12],
)
def test_a_form_of_a_quarter_of_a_megabyte_takes_no_time(here: Attacked, form: bytes) -> None:
    phone = phone_of(here, "learner")
    for path in (EXERCISE, "/progress", f"{ITEM}/slicer/said"):
        check(phone, "POST", path, form)


def test_a_form_with_many_parts_is_refused(here: Attacked) -> None:
    phone = phone_of(here, "learner")
    part = b'--e\r\nContent-Disposition: form-data; name="half"\r\n\r\n1\r\n'
    kind = {"Content-Type": "multipart/form-data; boundary=e"}
    assert phone.post(EXERCISE, part * 3_900 + b"--e--\r\n", **kind).status == 413
    for broken in (part * 3, b"--e", b"--e--", part + b"--e\r\n\r\n", b"\r\n" * 9_000):
        assert phone.post(EXERCISE, broken, **kind).status < 500
    for odd in ("multipart/form-data", "multipart/form-data; boundary=", "multipart/mixed; a=b"):
        assert phone.post(EXERCISE, part, **{"Content-Type": odd}).status < 500


def test_a_form_that_is_too_large_is_refused_with_a_page(here: Attacked) -> None:
    phone = phone_of(here, "learner")
    for path in (EXERCISE, "/progress", "/sign-out", "/teacher/materials"):
        answer = phone.post(path, b"half=" + b"1" * 300_000)
        assert answer.status in {403, 413}, path
    assert phone.get("/").status == 200


@pytest.mark.sampled(4)
@pytest.mark.parametrize(
    "name",
    [
        "Accept-Language", "Cookie", "Range", "If-None-Match", "If-Range", "Referer", "User-Agent",
        "X-Forwarded-For", "Forwarded", "Save-Data", "Content-Type",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "value", ["", ",;" * 3_000, "en;q=" + "9" * 3_000, "bytes=" + "0-0," * 1_500, "\xff\xfe", '"']
)
def test_no_header_is_a_fault(here: Attacked, name: str, value: str) -> None:
    phone = phone_of(here, "guest")
    for path in ("/", f"/content/fractions/1/{LESSON}/slicer/index.html", "/search?q=a"):
        begun = time.monotonic()
        assert phone.get(path, **{name: value}).status < 500
        assert time.monotonic() - begun < SECONDS_MAX


WIRE = {
    "a length and chunks": b"POST /language HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /teacher HTTP/1.1\r\nHost: a\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 9\r\n\r\nx",
    "a length below nothing": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    "a length of words": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1e3\r\n\r\n",
    "a length beyond all": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: "
    + b"9" * 50
    + b"\r\n\r\n",
    "chunks beyond all": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"FFFFFFFFFFFFFFFFFF\r\n",
    "odd chunks": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "no version": b"GET /\r\n\r\n",
    "no words": b"\r\n\r\n\r\n\r\n",
    "NUL": b"GET /\x00 HTTP/1.1\r\nHost: a\x00\r\n\r\n",
    "a folded header": b"GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n",
    "a blank before the colon": b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
    "a whole address": b"GET http://evil.example/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "a line of noise": bytes(range(256)) + b"\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200 + b"\r\n\r\n",
    "headers without end": b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 60_000,
    "a path without end": b"GET /" + b"a" * 300_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
}


@pytest.mark.parametrize("what", WIRE)
def test_what_is_no_request_is_refused_and_others_are_served(here: Attacked, what: str) -> None:
    parts = urlsplit(here.site.address)
    assert parts.hostname
    assert parts.port
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as wire:
        wire.settimeout(0.5)
        answers = b""
        try:
            wire.sendall(WIRE[what])
            while len(answers) < 100_000 and (piece := wire.recv(65_536)):
                answers += piece
        except (TimeoutError, ConnectionError):
            pass  # it says nothing to that, and waits: for so long as it lets anybody
    assert b" 500 " not in answers
    assert answers.count(b"HTTP/1.1 200") + answers.count(b"HTTP/1.0 200") <= 1
    assert here.phone().get("/").status == 200


def test_a_request_within_a_form_is_no_request(here: Attacked) -> None:
    """Smuggled through a web server in front, it would be the next pupil's."""
    inner = b"GET /teacher HTTP/1.1\r\nHost: a\r\n\r\n"
    phone = phone_of(here, "learner")
    assert phone.post(EXERCISE, b"half=1&x=" + inner).status == 200
    assert phone.get("/").status == 200


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    "path",
    [
        "/content/fractions/1/../../../node.db", "/content/fractions/1/%2e%2e/%2e%2e/school.db",
        "/content/..%2f/1/school.db", "/content/fractions/1//etc/passwd",
        "/content/fractions/1/..%5c..%5cschool.db", "/content/fractions/99999999999999999999/x",
        "/static/x/../../app.py", "/static/x/..%2f..%2fapp.py", "/vendor/x/../../../school.db",
        "/vendor/x/%2e%2e/%2e%2e/app.py", "/materials/../school.db", "/materials/..%2fschool.db",
        "/materials/%2e%2e/file", "/packs/../../school.db", "/packs/fractions/%2e%2e/%2e%2e",
        "/.git/config", "/school.db", "/node.toml", "/identity/key.pem",
        f"/content/fractions/1/{LESSON}/practice.en.exercise.json",
    ],
)  # fmt: skip
def test_no_path_leads_out_of_what_is_served(here: Attacked, path: str) -> None:
    for who in ("guest", "learner"):
        answer = phone_of(here, who).get(path)
        assert answer.status == 404, path
        assert b"SQLite" not in answer.body
        assert b"import " not in answer.body
