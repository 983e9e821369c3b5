"""The node's unit with a program in it that writes to sticks as the node does.

It runs from before a stick is there, in the mounts that systemd makes for the node. A name in
`run/stick` has it ask for that stick, write to it and end with `written` or `refused` in
`run/told`; while `run/dawdle` is there it keeps a file on the stick open.
"""

from dataclasses import replace
from pathlib import Path

from deploy.node.install_list import read
from deploy.node.installing import install

RUN = "/var/lib/satchel/run"
_DROP_IN = """\
[Unit]
ConditionPathExists=
OnFailure=
[Service]
Type=exec
Restart=no
WatchdogSec=0
ExecStart=
ExecStart=/bin/sh /usr/lib/trial-writer
"""
_PROGRAM = f"""\
while sleep 0.2; do
  [ -e {RUN}/stick ] || continue
  read -r name < {RUN}/stick
  told=refused
  cat /proc/sys/kernel/random/boot_id > {RUN}/asked
  mv {RUN}/asked {RUN}/write-$name
  for n in $(seq 3000); do
    [ -e {RUN}/write-$name ] || break
    if (echo records > /media/$name/left) 2> /dev/null; then told=written; break; fi
    sleep 0.2
  done
  [ ! -e {RUN}/dawdle ] || exec 3>> /media/$name/left
  rm -f {RUN}/write-$name
  while [ -e {RUN}/dawdle ]; do sleep 0.2; done
  exec 3>&-
  rm {RUN}/stick
  echo $told > {RUN}/told
done
"""


def put_units(root: Path) -> None:
    """Put a box's units into a system, with the writer in place of the node."""
    install(root, replace(read("deb"), packages=(), enable=(), mask=()), chown=lambda *_: None)
    (root / "etc/tmpfiles.d").mkdir(exist_ok=True)
    (root / "etc/tmpfiles.d/trial.conf").write_text(f"d {RUN} 0755 satchel satchel -\n")
    units = root / "etc/systemd/system"
    (units / "satchel-node.service.d").mkdir(parents=True)
    (units / "satchel-node.service.d/writer.conf").write_text(_DROP_IN)
    (root / "usr/lib/trial-writer").write_text(_PROGRAM)
    wants = units / "multi-user.target.wants"
    wants.mkdir(exist_ok=True)
    (wants / "satchel-node.service").symlink_to("/usr/lib/systemd/system/satchel-node.service")
