"""The school's data: a backup onto a courier's stick, one put back on a new card, codes."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from content_packs.errors import SatchelError
from sync_node.lan.technician.ground import HOME, done, failed, ground
from sync_node.lan.visitor import technician_only
from sync_node.school.teachers import CodeKind

blueprint = Blueprint("technician_backups", __name__, url_prefix=HOME)

_PAGE = f"{HOME}/school"


@blueprint.get("/school")
@technician_only
def choose() -> str:
    """Show the sticks that are there, what is on them, and how far the last deed is."""
    return _page()


@blueprint.post("/school/backup")
@technician_only
def back_up() -> ResponseReturnValue:
    """Begin to back up onto a stick."""
    try:
        ground().backups.begin_backup(request.form.get("stick", ""))
    except SatchelError as error:
        return failed(error, "backup", _PAGE)
    return done("backup", _PAGE)


@blueprint.post("/school/restore")
@technician_only
def restore() -> ResponseReturnValue:
    """Begin to put a backup back."""
    insist = bool(request.form.get("insist"))
    try:
        ground().backups.begin_restore(request.form.get("path", ""), insist=insist)
    except SatchelError as error:
        return failed(error, "restore", _PAGE)
    return done("restore", _PAGE)


@blueprint.post("/school/code")
@technician_only
def new_code() -> ResponseReturnValue:
    """Make a new code, and show it this once; the one before of its kind counts no more."""
    kind: CodeKind = "label" if request.form.get("kind") == "label" else "teacher"
    return _page(code=ground().school.teachers.make_code(kind), kind=kind)


def _page(code: str = "", kind: str = "") -> str:
    backups = ground().backups
    return render_template(
        "technician/school.html",
        sticks=backups.sticks(),
        found=backups.found(),
        work=backups.work,
        code=code,
        kind=kind,
    )
