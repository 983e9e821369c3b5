"""What staff and their programs can ask of the hub: each operation once, for API, page and command.

A room offers its operations as a tuple `OPERATIONS`; `staff.py` puts them behind HTTP, and the
OpenAPI document is made from them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from hub.hub import Hub
from hub.people.actor import Actor
from hub.people.rights import Right

Method: TypeAlias = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


@dataclass(frozen=True)
class Given:
    """What came with a request, checked: `path` by name, `query` and `body` as their structs."""

    path: Mapping[str, str]
    query: Any = None
    body: Any = None


@dataclass(frozen=True)
class Operation:
    """One thing that can be asked.

    `name`: its operationId, lowerCamelCase. `path`: below /api/v1, `/schools/{school}`. `right`:
    None for whoever has a token. `query`, `body`, `answer`: msgspec structs, dataclasses, or None;
    a query's fields are text, numbers, booleans or tuples of text, all with defaults. `screen`: the
    console's page or form that does the same, as a rule (`/console/schools/<school>`); `command`:
    the words of the `hub` command that does (`schools list`). `problems`: statuses besides 400,
    401, 403, 404, 413, 415, 429 and 503. With `status=204` nothing is answered.
    """

    name: str
    method: Method
    path: str
    right: Right | None
    summary: str
    run: Callable[[Hub, Actor, Given], Any]
    screen: str
    command: str
    query: type[Any] | None = None
    body: type[Any] | None = None
    answer: type[Any] | None = None
    status: int = 200
    body_bytes_max: int = 64 * 1024
    problems: tuple[str, ...] = field(default=())
