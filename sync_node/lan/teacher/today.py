"""What day it is at the school."""

from datetime import UTC, date, tzinfo

from flask import Flask, current_app

from content_packs.errors import SatchelError
from sync_node.data_dir import DataDir
from sync_node.in_force import config_in_force
from sync_node.lan.interface_language import interface_language
from sync_node.lan.visitor import school
from sync_node.zones import zone_of

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_KEY = "teacher's data directory"


def set_up(app: Flask, data_dir: DataDir) -> None:
    """Tell where the school's time zone stands, and what a day looks like."""
    app.extensions[_KEY] = data_dir
    app.jinja_env.filters["day"] = shown


def today() -> date:
    """Return the day at the school, by the likeliest time."""
    return school().ground.now().astimezone(zone()).date()


def zone() -> tzinfo:
    """Return the school's time zone, of the application that handles this request."""
    return _zone(current_app.extensions[_KEY])


def day_in(text: str) -> date | None:
    """Return the day that a form says, None for none."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def _zone(data_dir: DataDir) -> tzinfo:
    try:
        return zone_of(config_in_force(data_dir).time_zone, what="node.toml")
    except SatchelError:
        return UTC  # `status` says what is wrong with node.toml


def shown(day: date) -> str:
    """Return a day as the reader writes it, without the year: `8 Sep`, `9月8日`."""
    if interface_language() == "zh":
        return f"{day.month}月{day.day}日"
    return f"{day.day} {_MONTHS[day.month - 1]}"
