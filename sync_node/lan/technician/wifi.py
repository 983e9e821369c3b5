"""The Wi-Fi that the box makes: how the school wants it, changed on the spot.

What was changed is a file that root's program follows within seconds (deploy/node/network): the
answer still comes by the old network.
"""

from flask import Blueprint, make_response, render_template, request
from flask.typing import ResponseReturnValue

from content_packs.errors import InvalidContent, SatchelError
from sync_node import wifi_wish
from sync_node.lan.technician.ground import HOME, done, failed, ground
from sync_node.lan.visitor import technician_only
from sync_node.wifi_wish import WifiWish

blueprint = Blueprint("technician_wifi", __name__, url_prefix=HOME)

_PAGE = f"{HOME}/wifi"
_BAD_REQUEST = 400
_DIGITS_MAX = 4  # of a number of phones; more are none


@blueprint.get("/wifi")
@technician_only
def look() -> str:
    """Show how it is wanted."""
    return _page(wifi_wish.read(ground().data_dir.root / wifi_wish.FOLDER))


@blueprint.post("/wifi")
@technician_only
def change() -> ResponseReturnValue:
    """Want it otherwise. What no radio could be is said, and nothing changed."""
    try:
        wish = wifi_wish.check(_asked())
    except InvalidContent as error:
        return make_response(_page(_asked(), wrong=error), _BAD_REQUEST)
    try:
        wifi_wish.write(ground().data_dir.root / wifi_wish.FOLDER, wish)
    except SatchelError as error:
        return failed(error, "wifi", _PAGE)
    return done("wifi", _PAGE)


def _asked() -> WifiWish:
    """Return what the form says; a number that is none is one that nobody may want."""
    form = request.form
    phones = form.get("phones_max", "").strip() or "0"
    is_number = phones.isascii() and phones.isdecimal() and len(phones) <= _DIGITS_MAX
    return WifiWish(
        form.get("name", "").strip(),
        form.get("passphrase", ""),
        form.get("country", "").strip().upper(),
        "access-points" if form.get("mode") == "access-points" else "built-in",
        bool(form.get("captive")),
        int(phones) if is_number else -1,
    )


def _page(wish: WifiWish, wrong: InvalidContent | None = None) -> str:
    return render_template("technician/wifi.html", wish=wish, wrong=wrong)
