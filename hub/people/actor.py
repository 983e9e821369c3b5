"""Who acts: a person in the console, a program with a token, or whoever runs a command here."""

import getpass
from dataclasses import dataclass
from typing import Literal, TypeAlias

from content_packs.errors import Refused
from hub.people.rights import RIGHTS, Right, Role

Via: TypeAlias = Literal["console", "api", "command"]


class NotAllowed(Refused):
    """Somebody hasn't the right; over HTTP 403, as where a whole page or operation needs it."""

    code = "forbidden"


@dataclass(frozen=True)
class Actor:
    """Somebody who acts, and what is theirs.

    `login` names them in the audit log. `townships`: those whose schools they see, None for all.
    `publisher`: whose packs they see and make, empty for all. `scopes`: what a token is limited to,
    None for no limit.
    """

    login: str
    role: Role
    via: Via
    townships: frozenset[str] | None = None
    publisher: str = ""
    scopes: frozenset[Right] | None = None

    def may(self, right: Right) -> bool:
        """Return whether they may do this to what is theirs."""
        within = self.scopes is None or right in self.scopes
        return within and right in RIGHTS[self.role]

    def expect(self, right: Right) -> None:
        """Raise `NotAllowed`, which is `Refused`, unless they may."""
        if not self.may(right):
            raise NotAllowed(
                f"{self.login} may not do this: it needs the right {right.value}",
                hint="Ask an administrator of this hub.",
            )

    def sees_township(self, township: str) -> bool:
        """Return whether the schools of a township are theirs to see."""
        return self.townships is None or township in self.townships

    def sees_pack_of(self, publisher: str) -> bool:
        """Return whether the packs of a publisher are theirs to see."""
        return not self.publisher or publisher == self.publisher


def of_this_machine() -> Actor:
    """Return whoever runs a command here: the data directory is theirs, and with it everything."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container without a name for its user
        name = "root"
    return Actor(f"command:{name}", "administrator", "command")
