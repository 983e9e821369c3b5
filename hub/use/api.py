"""What the API says of what is used."""

import msgspec

from hub.api.operations import Given, Operation
from hub.hub import Hub
from hub.people.actor import Actor
from hub.people.rights import Right
from hub.use import showing
from hub.use.showing import Use, UseOfPack


class UseQuery(msgspec.Struct, forbid_unknown_fields=True):
    """`month`: `2026-09`, else the newest that is known. `township`: only its schools."""

    month: str = ""
    township: str = ""


def _use(hub: Hub, actor: Actor, given: Given) -> Use:
    query: UseQuery = given.query
    return showing.use(hub, actor, month=query.month, township=query.township)


def _of_pack(hub: Hub, actor: Actor, given: Given) -> UseOfPack:
    query: UseQuery = given.query
    return showing.use_of_pack(
        hub, actor, given.path["pack"], month=query.month, township=query.township
    )


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "showUse", "GET", "/use", Right.SEE_REQUESTS,
        "What is used in a month and what isn't: by pack, township and day", _use,
        screen="/console/use", command="use", query=UseQuery, answer=Use,
    ),
    Operation(
        "showUseOfPack", "GET", "/use/{pack}", Right.SEE_REQUESTS,
        "What is used of a pack in a month: by lesson and township", _of_pack,
        screen="/console/use/packs/<pack>", command="use",
        query=UseQuery, answer=UseOfPack,
    ),
)  # fmt: skip
