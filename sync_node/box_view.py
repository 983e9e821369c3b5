"""What the technician's pages show of a box: frozen values, ready to be shown.

`BoxView` is all of it but the school's own data, which `SchoolState` tells of. Packs are those of
catalogue_model, links those of box_history.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

import msgspec

from content_packs.values import Value
from sync_node.asked_check import Checked
from sync_node.box_history import LinkHistory
from sync_node.box_reader import Counts, Memory
from sync_node.catalogue_model import PackState, TickView
from sync_node.courier_visits import Visit
from sync_node.languages import Text
from sync_node.orders import Pause
from sync_node.outlook import Outlook
from sync_node.power_cuts import Power
from sync_node.progress_file import Running
from sync_node.standing import Standing
from sync_node.stations import Stations
from sync_node.time_sayings import Stale
from sync_node.trusted_time import Reading

SchoolCondition: TypeAlias = Literal["well", "none-yet", "unreadable"]


class Asked(Value, frozen=True):
    """Orders that the engine hasn't done yet: how many seconds ago, None where there is none.

    `is_idle`: nothing of the engine's is at work that they would have to wait for.
    """

    sync: int | None = None
    check: int | None = None
    is_idle: bool = True


@dataclass(frozen=True)
class SchoolState:
    """How school.db is. `backed_up_days`: how old the copy is, None for none.

    `salvaged`: when it was put together again from a damaged one, the newest first, RFC 3339;
    `set_aside`: how many damaged ones are kept.
    """

    condition: SchoolCondition
    size: int = 0
    backed_up_days: int | None = None
    salvaged: tuple[str, ...] = ()
    set_aside: int = 0


class BoxView(Value, frozen=True):
    """What a technician sees. `disk_trouble`: as `disk.disk_trouble` says.

    `packs`: of a small catalogue all, of a large one those that something is to come of; `counts`
    are of all. `outlook`: what is to come; `titles` are those of its lessons, by pack and lesson.
    `running`: how far a tick is that is at work. `pause`: no link is used until then, or without an
    end. `time`: what time it is, and by what; `stale`: since when what is offered is stale.
    `couriers`: what became of couriers' disks, the newest first. `checking`: bytes done and in all
    of a check that is at work. `idle_seconds`: since the last tick ended, None where nobody knows.
    """

    packs: tuple[PackState, ...]
    counts: Counts
    ticks: tuple[TickView, ...]
    disk_total: int
    disk_free: int
    time: Reading
    stale: Stale
    today: date
    memory: Memory
    software: dict[str, str] = msgspec.field(default_factory=dict)
    disk_trouble: str = ""
    outlook: Outlook | None = None
    titles: dict[tuple[str, str], Text] = msgspec.field(default_factory=dict)
    running: Running | None = None
    pause: Pause | None = None
    couriers: tuple[Visit, ...] = ()
    links: tuple[LinkHistory, ...] = ()
    power: Power = Power()
    checked: Checked | None = None
    checking: tuple[int, int] | None = None
    asked: Asked = Asked()
    hub: Standing = Standing()
    stations: Stations = Stations("unknown")
    uptime: float = 0.0
    poll_seconds: int = 0
    idle_seconds: int | None = None
