"""The technician's pages as a part of the site."""

import secrets

from flask import Flask

from sync_node.box_state import BoxStates, Clock
from sync_node.catalogue import Catalogue
from sync_node.data_dir import DataDir
from sync_node.enrolling_here import EnrollingHere, asker
from sync_node.hardware import hardware
from sync_node.lan.technician import actions, backups, door, enrolling, logs, off, page, system
from sync_node.lan.technician.ground import Ground, put
from sync_node.lan.technician.wifi import blueprint as wifi
from sync_node.log_export import LogExport
from sync_node.school.school import School
from sync_node.school_backups import SchoolBackups


def set_up(
    app: Flask, data_dir: DataDir, catalogue: Catalogue, school: School, clock: Clock
) -> None:
    """Register the pages, and tell them what they look at. `clock` makes the box's clock."""
    states = BoxStates(data_dir, catalogue, clock)
    logs_of_box = LogExport(data_dir, states, school)
    backups_of_school = SchoolBackups(data_dir, school, logs_of_box.sticks)
    by_code = EnrollingHere(
        data_dir,
        ask=asker(data_dir),
        hardware=hardware,
        randomness=secrets.token_bytes,
    )
    put(app, Ground(data_dir, states, school, clock, logs_of_box, backups_of_school, by_code))
    for part in (page, door, actions, off, logs, system, backups, enrolling):
        app.register_blueprint(part.blueprint)
    app.register_blueprint(wifi)
