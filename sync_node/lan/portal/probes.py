"""What systems ask to learn whether a network leads to the internet, and what they want to hear.

A system that hears what it wants keeps the Wi-Fi for everything; one that hears anything else opens
a window of its own with what it got, or says "no internet" and may go over to mobile data. Each is
asked for over plain http, by a name that the box's DNS answers with the box. Collected from what
the makers publish and from programs that are known to do it; SITE.md, section 10, says more.
"""

from content_packs.values import Value

_HTML = "text/html; charset=utf-8"
_TEXT = "text/plain; charset=utf-8"


class Content(Value, frozen=True):
    """What is wanted: `status`, and a body of a media type."""

    status: int = 200
    body: bytes = b""
    media_type: str = _TEXT


NO_CONTENT = Content(204)
_APPLE = Content(
    body=b"<HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>\n",
    media_type=_HTML,
)
_FIREFOX = Content(
    body=(
        b'<meta http-equiv="refresh" content="0;url='
        b'https://support.mozilla.org/kb/captive-portal"/>'
    ),
    media_type=_HTML,
)
_KINDLE = Content(
    body=b"<!-- 81ce4465-7167-4dcb-835b-dcc9e44c112a -->\n", media_type=_HTML
)  # what these readers look for in the page

# Android, Chrome, and the phones of Huawei, Honor, Xiaomi, OPPO, vivo, Samsung: whatever the name.
_ANDROID_PATHS = ("/generate_204", "/gen_204")

# Apple's: any path of the first, one of each of the others.
_APPLE_HOST = "captive.apple.com"
_APPLE_PATH = "/library/test/success.html"
_APPLE_HOSTS = frozenset(
    {
        "www.apple.com",
        "www.appleiphonecell.com",
        "www.airport.us",
        "www.ibook.info",
        "www.itools.info",
        "www.thinkdifferent.us",
    }
)

# By host and path. A host without `www.` and such is meant with whatever stands before it.
_BY_PLACE = {
    ("msftconnecttest.com", "/connecttest.txt"): Content(body=b"Microsoft Connect Test"),
    ("msftncsi.com", "/ncsi.txt"): Content(body=b"Microsoft NCSI"),
    ("detectportal.firefox.com", "/success.txt"): Content(body=b"success\n"),
    ("detectportal.firefox.com", "/canonical.html"): _FIREFOX,
    ("nmcheck.gnome.org", "/check_network_status.txt"): Content(body=b"NetworkManager is online\n"),
    ("network-test.debian.org", "/nm"): Content(body=b"NetworkManager is online\n"),
    ("connectivity-check.ubuntu.com", "/"): NO_CONTENT,
    ("fedoraproject.org", "/static/hotspot.txt"): Content(body=b"OK"),
    ("networkcheck.kde.org", "/"): Content(body=b"OK\n"),
    ("spectrum.s3.amazonaws.com", "/kindle-wifi/wifistub.html"): _KINDLE,
}

# Where Windows leads its real browser when a probe failed: no probe, somebody looks at it.
WINDOWS_BROWSER_PATH = "/redirect"


def wanted(host: str, path: str) -> Content | None:
    """Return what whoever asks for this wants to hear; None: it is no probe that we know."""
    if path.startswith(_ANDROID_PATHS):
        return NO_CONTENT
    if host == _APPLE_HOST or (path == _APPLE_PATH and host in _APPLE_HOSTS):
        return _APPLE
    labels = host.split(".")
    for start in range(len(labels) - 1):
        found = _BY_PLACE.get((".".join(labels[start:]), path))
        if found:
            return found
    return None
