"""The teachers' pages, and the materials that they add, as parts of the site."""

from flask import Flask

from sync_node.data_dir import DataDir
from sync_node.lan import materials as shown_materials
from sync_node.lan.teacher import (
    classes,
    door,
    materials,
    packs,
    rosters,
    showing,
    tasks,
    today,
)


def set_up(app: Flask, data_dir: DataDir) -> None:
    """Register the pages. `data_dir` says in which time zone the school is."""
    today.set_up(app, data_dir)
    showing.set_up(app)
    for part in (door, classes, rosters, tasks, packs, materials, shown_materials):
        app.register_blueprint(part.blueprint)
