"""The school's site as a WSGI application: this module only wires its parts together."""

import time
from collections.abc import Callable
from datetime import datetime
from functools import partial

from flask import Flask

from content_packs import struct_types
from sync_node import box_clock
from sync_node.admission import Admission, is_own_address
from sync_node.catalogue import Catalogue
from sync_node.config import BYTES_PER_SECOND_OF_KBIT, PeersConfig
from sync_node.courtesy import Courtesy
from sync_node.data_dir import DataDir
from sync_node.lan import (
    bridge,
    browse,
    catalogue_access,
    compiled_templates,
    content,
    exercise,
    faces,
    failures,
    interface_language,
    items,
    learners,
    packing,
    peers,
    presentation,
    reading,
    search,
    security,
    signing_in,
    static_files,
    student,
    take_home,
    vendor_files,
    visitor,
)
from sync_node.lan.late_rules import LateRule
from sync_node.lan.limits import FORM_BYTES_MAX, FORM_FIELDS_MAX
from sync_node.lan.portal import pages as portal
from sync_node.lan.teacher import wiring as teachers
from sync_node.lan.technician import wiring as technicians
from sync_node.learning import Learning
from sync_node.likely_time import LikelyTime
from sync_node.limits import PEER_BYTES_PER_SECOND
from sync_node.neighbourhood import Neighbourhood
from sync_node.node_reader import NodeReader
from sync_node.offering import Offering
from sync_node.openings import Openings
from sync_node.school.school import School, open_school
from sync_node.school_network import NetworkReader
from sync_node.search.query import Searcher
from sync_node.shelves import Shelves
from sync_node.trusted_time import Uptime


def create_app(  # noqa: PLR0913  # each is one that tests replace
    data_dir: DataDir,
    *,
    clock: Callable[[], datetime] = box_clock.system_clock,
    read_uptime: Callable[[], Uptime] = box_clock.uptime,
    to_peers: PeersConfig | None = None,
    school: School | None = None,
    networks: NetworkReader | None = None,
) -> Flask:
    """Return the site that shows what `data_dir` holds. It writes what people do there.

    `clock` returns the system's time in UTC, `read_uptime` for how long the box is on. Nothing is
    opened before the first request, and a node.db that is missing or unusable then gives a page
    that says so, until it is there. `to_peers`: how it serves neighbours; None: it doesn't.
    `school`: the school's own data; None: that of `data_dir`. `networks`: of the network that the
    box makes for phones.
    """
    struct_types.prepare()
    app = Flask(__name__, static_folder=None)
    app.url_rule_class = LateRule
    app.config.update(MAX_CONTENT_LENGTH=FORM_BYTES_MAX, MAX_FORM_PARTS=FORM_FIELDS_MAX)
    app.url_map.merge_slashes = False  # no place has another spelling: 404, not a redirection
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    compiled_templates.set_up(app)
    reader = NodeReader(data_dir)
    openings = Openings(data_dir, time.monotonic)
    catalogue = Catalogue(data_dir, reader)
    catalogue_access.set_up(app, catalogue, openings)
    packing.set_up(app)  # the last to see an answer
    portal.set_up(app, networks or NetworkReader(time.monotonic))  # the first to see a request
    for part in (interface_language, presentation, static_files, vendor_files, security, failures):
        part.set_up(app)
    box_time = partial(box_clock.BoxClock, clock, read_uptime=read_uptime)
    if school is None:
        school = open_school(data_dir, clock=LikelyTime(reader, box_time, time.monotonic))
    visitor.set_up(app, school)
    technicians.set_up(app, data_dir, catalogue, school, box_time)
    search.set_up(app, Searcher(data_dir))
    browse.set_up(app, Shelves(data_dir, reader, catalogue))
    faces.set_up(app)
    reading.set_up(app)
    take_home.set_up(app)
    learners.set_up(app, Learning(catalogue, school, log=app.logger.warning))
    content.set_up(app)
    for pages in (student, items, exercise, bridge, signing_in):
        app.register_blueprint(pages.blueprint)
    teachers.set_up(app, data_dir)
    if to_peers and to_peers.offer:
        _serve_peers(app, data_dir, reader, to_peers)
    return app


def _serve_peers(app: Flask, data_dir: DataDir, reader: NodeReader, how: PeersConfig) -> None:
    rate = how.kbit_per_second * BYTES_PER_SECOND_OF_KBIT or PEER_BYTES_PER_SECOND
    neighbourhood = Neighbourhood(data_dir, reader, monotonic=time.monotonic)
    peers.set_up(
        app,
        peers.Peers(
            Offering(data_dir),
            Admission(neighbourhood.trusted, is_own_address),
            Courtesy(monotonic=time.monotonic, sleep=time.sleep, rate=rate),
            app.logger.warning,
        ),
    )
