"""`deploy/image/wifi-test`: whether an image makes a Wi-Fi that phones can use."""

from pathlib import Path

import click

from content_packs.command_line import Group, json_option, print_json
from content_packs.errors import Refused
from deploy.image.archives import Apt, fetch, mirrors
from deploy.image.booting.emulator import BOARDS
from deploy.image.booting.options import CACHE, image_of, say, trial_options, work_folder
from deploy.image.booting.preparing import prepare
from deploy.image.radio import putting, trial
from deploy.image.running import run


@click.group(
    cls=Group, extras="hub,flash", context_settings={"help_option_names": ["-h", "--help"]}
)
def main() -> None:
    """Radios in an emulator."""


@main.command("wifi-test")
@trial_options
@click.option("--seconds", type=float, default=1800.0, show_default=True,
              help="The longest that all of it may take.")  # fmt: skip
@json_option
def wifi_test(
    *, image: Path | None, arch: str, seconds: float, work: Path | None, as_json: bool
) -> None:
    """Start an image with simulated radios, and let phones made of software use its Wi-Fi.

    Ends with 0 where all went well; with 5 where something didn't: the message says what, and what
    the box said. 7: the emulator isn't installed, or there is no image.
    """
    image = image_of(image, arch)
    with work_folder(work, "wifi-test") as folder:
        card = prepare(image, folder, say=say).card
        say("phones made of software")
        packages = _packages(arch, folder)
        init = putting.INIT.read_text(encoding="utf-8")
        putting.put(card, putting.archive(packages, init), folder)
        found = trial.run(BOARDS[arch], card, folder, seconds_max=seconds, say=say)
        if found.fault:
            log = (folder / "serial.log").read_text(encoding="utf-8", errors="replace")
            shown = "\n".join(line for line in log.splitlines() if line.startswith("  | "))
            raise Refused(f"{found.fault}\n{shown}")
    if as_json:
        print_json({"image": str(image), "good": list(found.good)})
    else:
        click.echo(f"All went well: {len(found.good)} things were tried.")


def _packages(arch: str, folder: Path) -> dict[str, Path]:
    """Return folders of Debian's packages for the phones, unpacked."""
    places = mirrors()
    apt = Apt(folder / "apt", places)
    apt.update(arch)
    wanted = {*putting.PROGRAMS, *putting.LIBRARIES}
    debs = {deb.name: deb for deb in apt.offered() if deb.name in wanted}
    unpacked = {}
    for name, place in fetch(debs.values(), CACHE / "debs", places).items():
        unpacked[name] = folder / "phones" / name
        unpacked[name].mkdir(parents=True)
        run(["dpkg-deb", "--extract", place, unpacked[name]])
    return unpacked
