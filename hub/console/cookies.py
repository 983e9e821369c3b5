"""What the browser keeps for the console, all of it `SameSite=Lax` and for no script to read.

```
session     the token of who is signed in; while the browser is open
language    the language that was chosen; a year
said        words to show once on the next page, signed with the session's csrf token
door        the csrf token of forms before anybody is signed in
device      that somebody signed in with this browser before; a year
```
All have the path `/console/`. Over https a name begins with `__Secure-`, so that no page over plain
http can put one in its place.
"""

import hashlib
import hmac
from urllib.parse import quote, unquote

from flask import Request, Response

PATH = "/console/"
_SESSION, _LANGUAGE, _SAID, _DOOR, _DEVICE = "session", "language", "said", "door", "device"
_YEAR_SECONDS = 366 * 24 * 3600
_SAID_SECONDS = 60
_SAID_CHARACTERS_MAX = 400
_DOOR_SECONDS = 24 * 3600


def session(request: Request) -> str:
    """Return the token that the browser sent, empty for none."""
    return _read(request, _SESSION)


def set_session(request: Request, response: Response, token: str) -> None:
    """Have the browser keep the token of a session until it is closed."""
    _write(request, response, _SESSION, token, seconds=None)


def drop_session(request: Request, response: Response) -> None:
    """Have the browser forget who was signed in, and what was said to them."""
    _drop(request, response, _SESSION)
    _drop(request, response, _SAID)


def language(request: Request) -> str:
    """Return the language that was chosen, empty for none. A browser may send anything."""
    return _read(request, _LANGUAGE)


def set_language(request: Request, response: Response, chosen: str) -> None:
    """Have the browser keep the language that was chosen."""
    _write(request, response, _LANGUAGE, chosen, seconds=_YEAR_SECONDS)


def door(request: Request) -> str:
    """Return the csrf token of somebody who isn't signed in, empty for none."""
    return _read(request, _DOOR)


def set_door(request: Request, response: Response, token: str) -> None:
    """Have the browser keep the csrf token of somebody who isn't signed in."""
    _write(request, response, _DOOR, token, seconds=_DOOR_SECONDS)


def device(request: Request) -> str:
    """Return what says that somebody signed in with this browser before, empty for none."""
    return _read(request, _DEVICE)


def set_device(request: Request, response: Response, token: str) -> None:
    """Have the browser keep that somebody signed in with it."""
    _write(request, response, _DEVICE, token, seconds=_YEAR_SECONDS)


def said(request: Request, key: str) -> str:
    """Return the words to show once, empty where there are none that `key` signed."""
    mark, _, text = _read(request, _SAID).partition(".")
    words = unquote(text)
    return words if hmac.compare_digest(mark.encode(), _mark(words, key).encode()) else ""


def set_said(request: Request, response: Response, words: str, key: str) -> None:
    """Have the next page say `words`."""
    short = words[:_SAID_CHARACTERS_MAX]
    value = f"{_mark(short, key)}.{quote(short)}"
    _write(request, response, _SAID, value, seconds=_SAID_SECONDS)


def drop_said(request: Request, response: Response) -> None:
    """Have the browser forget them."""
    _drop(request, response, _SAID)


def _mark(words: str, key: str) -> str:
    return hmac.new(key.encode(), words.encode(), hashlib.sha256).hexdigest()[:32]


def _name(request: Request, name: str) -> str:
    return f"__Secure-{name}" if request.is_secure else name


def _read(request: Request, name: str) -> str:
    return request.cookies.get(_name(request, name), "")


def _write(
    request: Request, response: Response, name: str, value: str, *, seconds: int | None
) -> None:
    response.set_cookie(
        _name(request, name),
        value,
        max_age=seconds,
        path=PATH,
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
    )


def _drop(request: Request, response: Response, name: str) -> None:
    response.delete_cookie(
        _name(request, name), path=PATH, secure=request.is_secure, httponly=True, samesite="Lax"
    )
