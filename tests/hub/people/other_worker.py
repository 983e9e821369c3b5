"""Another process that serves a hub: `python -m tests.hub.people.other_worker ROOT TOKEN LOGIN N`.

Prints whose session TOKEN is, then what comes of N tries to sign in as LOGIN.
"""

import sys
from pathlib import Path

from hub.errors import TooOften
from hub.hub import open_hub
from hub.people import sessions
from hub.people.errors import SignInRefused
from tests.hub.clients import START, MovableClock
from tests.hub.people.signing import HOME, try_in


def main(root: str, token: str, login: str, count: str) -> None:
    hub = open_hub(Path(root), MovableClock(START))
    session = sessions.find(hub, token, HOME)
    print(session.actor.login if session else "nobody")  # noqa: T201  # to the test
    for _ in range(int(count)):
        try:
            try_in(hub, login, "not the password", address="198.51.100.9")
        except SignInRefused:
            print("refused")  # noqa: T201
        except TooOften:
            print("late")  # noqa: T201


main(*sys.argv[1:])
