"""Whether the school's site is served: what a new system has to show before it counts as good."""

import http.client
from collections.abc import Callable

from deploy.node.update.limits import (
    ANSWER_BYTES_MAX,
    ANSWER_SECONDS,
    LOOK_SECONDS,
    SERVES_SECONDS,
    TRIAL_SECONDS,
)


def answers(host: str, port: int) -> bool:
    """Say whether the site at this address gives a page."""
    connection = http.client.HTTPConnection(host, port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", "/", headers={"Host": host, "Accept": "text/html"})
        answer = connection.getresponse()
        body = answer.read(ANSWER_BYTES_MAX)
    except (OSError, http.client.HTTPException):
        return False
    else:
        # A page of the site, or the way to one: the language's, or the first start's.
        return answer.status in {200, 302, 303} and (bool(body) or answer.status != 200)
    finally:
        connection.close()


def serves(
    look: Callable[[], bool], *, monotonic: Callable[[], float], sleep: Callable[[float], None]
) -> bool:
    """Say whether the site serves: it answers for some minutes without a break, in good time."""
    began = monotonic()
    since: float | None = None
    while (now := monotonic()) - began < TRIAL_SECONDS:
        if not look():
            since = None
        elif since is None:
            since = now
        elif monotonic() - since >= SERVES_SECONDS:
            return True
        sleep(LOOK_SECONDS)
    return False
