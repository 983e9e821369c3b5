"""What the commands say of their results: lines for a person, or one JSON object for a script."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from content_packs import diff, publications
from content_packs.command_line import megabytes, print_json
from content_packs.cpack import Cpack
from content_packs.diff import Difference, count_of
from content_packs.faults import Fault, FaultyFolder
from content_packs.publications import Signer
from content_packs.publishing_keys import MadeKey

if TYPE_CHECKING:  # the builder needs what only an author installs; to verify needs none of it
    from content_packs.builder import Built


def lines_of(fault: Fault) -> str:
    """Return a fault as the two lines that a person reads."""
    told = f"{fault.severity}: {fault}"
    return f"{told}\n    {fault.hint}" if fault.hint else told


def say_faults(faults: Sequence[Fault], *, as_json: bool) -> None:
    """Print all faults, and how many."""
    errors = sum(fault.severity == "error" for fault in faults)
    if as_json:
        print_json({"errors": errors, "faults": [asdict(fault) for fault in faults]})
        return
    for fault in faults:
        click.echo(lines_of(fault))
    click.echo(f"{count_of(errors, 'error')}, {count_of(len(faults) - errors, 'warning')}")


def end_with(error: FaultyFolder, *, as_json: bool) -> NoReturn:
    """End with the error's exit code; in JSON the faults that were printed say all there is."""
    if as_json:
        raise SystemExit(error.exit_code)
    raise error


def say_built(built: "Built", *, as_json: bool) -> None:
    """Print where a cpack was built, its digest, and what lint warned of."""
    manifest = built.manifest
    if as_json:
        print_json(
            {
                "path": str(built.path),
                "pack": manifest.pack,
                "version": manifest.version,
                "digest": built.digest,
                "size": manifest.size,
                "stored": built.path.stat().st_size,
                "warnings": [asdict(fault) for fault in built.warnings],
            }
        )
        return
    for fault in built.warnings:
        click.echo(lines_of(fault), err=True)
    click.echo(
        f"{built.path}: {manifest.pack} {manifest.version}, "
        f"{count_of(len(manifest.lessons), 'lesson')}, {count_of(len(manifest.files), 'file')}, "
        f"{megabytes(manifest.size)} in {megabytes(built.path.stat().st_size)}\n{built.digest}"
    )


def say_key(made: MadeKey, *, as_json: bool) -> None:
    """Print where a publisher's key is, and what to do with it."""
    if as_json:
        print_json({"key": str(made.private), "public": str(made.public), "keyid": made.keyid})
        return
    click.echo(
        f"{made.private}: keep it, and a copy of it, where nobody else gets at it\n"
        f"{made.public}: for the hub's operator: hub publishers add NAME --key "
        f"{made.public.name} --packs PATTERN\nkeyid {made.keyid}"
    )


def say_signed(cpack: Cpack, signer: Signer, *, as_json: bool) -> None:
    """Print what was signed, and where the signature lies."""
    manifest, signature = cpack.manifest, publications.signature_path(cpack.path)
    if as_json:
        print_json(
            {
                "signature": str(signature),
                "pack": manifest.pack,
                "version": manifest.version,
                "digest": cpack.digest,
                "publisher": signer.publisher,
                "keyid": signer.keyid,
            }
        )
        return
    click.echo(
        f"{signature}: {manifest.pack} {manifest.version} of {signer.publisher}, signed by the key "
        f"{signer.keyid}\nIt goes wherever {cpack.path.name} goes."
    )


def say_verified(cpack: Cpack, signer: Signer | None, *, as_json: bool) -> None:
    """Print that a cpack is intact, which version it is, and who signed it."""
    manifest = cpack.manifest
    if as_json:
        print_json(
            {
                "intact": True,
                "signed_by": signer.keyid if signer else "",
                "pack": manifest.pack,
                "version": manifest.version,
                "digest": cpack.digest,
                "files": len(manifest.files),
                "size": manifest.size,
            }
        )
        return
    click.echo(
        f"{cpack.path}: intact. {manifest.pack} {manifest.version}, "
        f"{count_of(len(manifest.files), 'file')}, {megabytes(manifest.size)}\n{cpack.digest}"
    )
    click.echo(
        f"signed for {signer.publisher} by the key {signer.keyid}" if signer else "not signed"
    )


def say_difference(difference: Difference, *, as_json: bool) -> None:
    """Print what changed between two versions, and what the update costs."""
    if as_json:
        cost = {**asdict(difference.cost), "total": difference.cost.total}
        print_json({**asdict(difference), "cost": cost, "words": diff.words_of(difference)})
        return
    click.echo(f"{difference.pack} {difference.older} -> {difference.newer}")
    for line in diff.words_of(difference) or ["nothing changed that a pupil could see"]:
        click.echo(f"  {line}")
    click.echo(diff.words_of_cost(difference.cost))


def say_extracted(cpack: Cpack, folder: Path, *, as_json: bool) -> None:
    """Print what was written where."""
    files, size = len(cpack.manifest.files), cpack.manifest.size
    if as_json:
        print_json({"folder": str(folder), "files": files, "size": size})
        return
    click.echo(f"{folder}: {count_of(files, 'file')}, {megabytes(size)}")
