"""Boxes that are nodes, or on the way to it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from content_packs import durable, signed_documents
from content_packs.protocol import Credential
from sync_node import enrolling, identity, standing
from sync_node.config import Config, SourceConfig
from sync_node.data_dir import DataDir
from sync_node.database import using_database
from sync_node.enrolling import Enrolled
from sync_node.hardware import Hardware
from sync_node.identity import CREDENTIAL, Identity
from sync_node.initialising import initialise
from sync_node.last_check_in import LastCheckIn, last_check_in
from sync_node.standing import Standing
from sync_node.syncing import budgets_of, sync_once
from sync_node.ticks import Tick
from tests.support.protocol import NOON, SERVICE_KEY, counting
from tests.support.repositories import Repository
from tests.support.scripted_hub import CODE, ScriptedHub

HARDWARE = Hardware(model="Raspberry Pi 5", serial="1000", system="6.12", software="0.1.0")
_RANDOMNESS = counting()


def give_credential(
    who: Identity, *, at: datetime = NOON, serial: int = 1, groups: tuple[str, ...] = ()
) -> None:
    """Put a credential where it lies once it is taken."""
    credential = Credential(
        node="qamdo-1", school="qamdo", district="east", key=who.public_hex, serial=serial,
        issued_at=at, groups=groups,
    )  # fmt: skip
    document = signed_documents.sign("credential", credential, SERVICE_KEY)
    durable.write(who.folder / CREDENTIAL, document)


def a_node(data_dir: DataDir) -> Identity:
    """Make this data directory a node's: a key, and a credential for it."""
    give_credential(identity.ensured(data_dir))
    found = identity.current(data_dir)
    assert found
    return found


@dataclass
class Box:
    """A node in this process, whose clock is the machine's."""

    root: Path

    @property
    def data_dir(self) -> DataDir:
        return DataDir(self.root)

    def initialise(self, repository: Repository, *sources: SourceConfig) -> "Box":
        config = Config(1, sources)
        initialise(self.data_dir, repository.first_root, config, now=datetime.now(UTC))
        return self

    def enrol(self, code: str = CODE, **how: Any) -> Enrolled:
        settings: dict[str, Any] = {"hub": "", "stick": None, "again": False} | how
        return enrolling.enrol(
            self.data_dir, code, hardware=HARDWARE, randomness=_RANDOMNESS, say=lambda _: None,
            **settings,
        )  # fmt: skip

    def sync(self) -> Tick:
        """A tick that somebody asked for."""
        return sync_once(self.data_dir)

    def tick(self) -> Tick:
        """A tick of the engine, which nobody asked for."""
        with using_database(self.data_dir):
            budgets = budgets_of(self.data_dir)
        return sync_once(self.data_dir, budgets=budgets)

    def standing(self) -> Standing:
        with using_database(self.data_dir):
            return standing.standing(self.data_dir)

    def last_check_in(self) -> LastCheckIn:
        with using_database(self.data_dir):
            return last_check_in()


def a_repository(folder: Path, **settings: Any) -> Repository:
    """A repository that is signed now, with the hub's further keys."""
    return Repository(folder, now=datetime.now(UTC), **settings)


def enrolled(box: Box, hub: ScriptedHub) -> Box:
    """Return a box that the hub took for a node."""
    hub.confirmed = True
    assert box.enrol().state == "enrolled"
    return box
