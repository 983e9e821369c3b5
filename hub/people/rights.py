"""What each role may: one table, asked by every service. Nobody may anything by default."""

from enum import StrEnum
from typing import Final, Literal, TypeAlias, get_args

Role: TypeAlias = Literal["administrator", "operator", "publisher", "teacher", "auditor"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)


class Right(StrEnum):
    """Something that a person may do or see."""

    SEE_FLEET = "see-fleet"  # schools, nodes, their states: of one's own townships
    CHANGE_FLEET = "change-fleet"  # schools, codes, visits, returns of sticks
    SEE_PACKS = "see-packs"  # a publisher: its own
    PUBLISH = "publish"  # upload, build, publish: a publisher its own packs
    RELEASE = "release"  # releases, rollouts, withdrawals, channels
    APPROVE = "approve"  # the second person's word on a rollout
    SET_DESIRED = "set-desired"  # desired states of groups and nodes
    SEE_REQUESTS = "see-requests"  # what schools wish for and offer, what is used
    ANSWER_REQUESTS = "answer-requests"
    SEE_JOBS = "see-jobs"
    SEE_AUDIT = "see-audit"
    MANAGE_PEOPLE = "manage-people"
    OPERATE = "operate"  # alerts, retention, metrics: what keeps the hub going


_SEEING = frozenset({Right.SEE_FLEET, Right.SEE_PACKS, Right.SEE_REQUESTS, Right.SEE_JOBS})

RIGHTS: Final[dict[Role, frozenset[Right]]] = {
    "administrator": frozenset(Right),
    "operator": _SEEING | {Right.CHANGE_FLEET, Right.ANSWER_REQUESTS},
    "publisher": frozenset({Right.SEE_PACKS, Right.PUBLISH, Right.SEE_JOBS}),
    "teacher": frozenset({Right.SEE_PACKS, Right.SEE_REQUESTS, Right.ANSWER_REQUESTS}),
    "auditor": _SEEING | {Right.SEE_AUDIT},
}
