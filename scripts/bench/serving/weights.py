"""What pages weigh before their content, for a browser that is new here and for one that was here.

`first packets`: whether the page comes with what a server may send before it hears again, ten
packets (RFC 6928): one round trip to its words.
"""

import re
from http.client import HTTPConnection
from typing import Any

from scripts.bench.serving.servers import Server
from tests.sync_node.lan.lessons import LESSON

PAGE_BYTES_MAX = 60_000
FIRST_PACKETS_BYTES = 10 * 1_448
BASE = f"/packs/fractions/{LESSON}"
PAGES = {
    "home": "/",
    "a shelf": "/browse?grade=3&subject=mathematics",
    "hits": "/search?q=%E5%88%86%E6%95%B0",
    "a pack": "/packs/fractions",
    "a lesson": BASE,
    "a page": f"{BASE}/intro",
    "a film": f"{BASE}/halves",
    "an exercise": f"{BASE}/practice",
    "a document": f"{BASE}/worksheet",
    "an app": f"{BASE}/slicer",
    "names of a class": "/sign-in",
}
_OWN = re.compile(r'(?:href|src)="(/static/[^"]+)"')
_READER = re.compile(r'(?:href|src)="(/vendor/[^"]+)"')
_HEADERS = {"Accept-Encoding": "gzip, deflate", "Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}


def measure(server: Server, token: str) -> dict[str, Any]:
    """Return the bytes of each page, heads included, and of what it has of the site's own."""
    cookie = {"Cookie": f"session={token}; language=zh"}
    return {name: _weigh(server.port, path, cookie) for name, path in PAGES.items()}


def _weigh(port: int, path: str, cookie: dict[str, str]) -> dict[str, int]:
    page, _ = _bytes(port, path, cookie)
    plain = _bytes(port, path, {**cookie, "Accept-Encoding": "identity"})[1]
    own = dict.fromkeys(_OWN.findall(plain))
    rest = [_bytes(port, address, {})[0] for address in own]
    reader = [_bytes(port, address, {})[0] for address in dict.fromkeys(_READER.findall(plain))]
    return {
        "page": page,
        "unpacked": len(plain.encode()),
        "first visit": page + sum(rest),
        "files": len(rest),
        "reader": sum(reader),
    }


def _bytes(port: int, path: str, more: dict[str, str]) -> tuple[int, str]:
    """Return how many bytes came, and the text where it isn't packed."""
    link = HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        link.request("GET", path, headers={**_HEADERS, **more})
        came = link.getresponse()
        data = came.read()
    finally:
        link.close()
    if came.status != 200:
        raise RuntimeError(f"{path}: {came.status}")
    head = sum(len(name) + len(value) + 4 for name, value in came.getheaders()) + 19
    text = "" if came.getheader("Content-Encoding") else data.decode("utf-8", "replace")
    return head + len(data), text


def table(found: dict[str, Any]) -> str:
    """Return it as a table in Markdown."""
    lines = [
        "|page|first visit|files of the site|later visits|unpacked|in the first packets|then|",
        "|---" * 7 + "|",
    ]
    return "\n".join([*lines, *(_line(name, one) for name, one in found.items())])


def _line(name: str, one: dict[str, int]) -> str:
    cells = (
        name, f"{one['first visit'] / 1e3:.1f} kB", str(one["files"]),
        f"{one['page'] / 1e3:.1f} kB", f"{one['unpacked'] / 1e3:.1f} kB",
        "yes" if _is_at_once(one) else "no",
        f"{one['reader'] / 1e3:.0f} kB of pdf.js" if one["reader"] else "",
    )  # fmt: skip
    return f"|{'|'.join(cells)}|"


def _is_at_once(one: dict[str, int]) -> bool:
    return one["page"] <= FIRST_PACKETS_BYTES


def misses(found: dict[str, Any]) -> list[str]:
    """Return what wasn't reached."""
    heavy = [name for name, one in found.items() if one["first visit"] > PAGE_BYTES_MAX]
    slow = [name for name, one in found.items() if not _is_at_once(one)]
    missed = [f"more than 60 kB: {', '.join(heavy)}"] if heavy else []
    return missed + ([f"not in the first packets: {', '.join(slow)}"] if slow else [])
