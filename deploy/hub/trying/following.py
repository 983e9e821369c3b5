"""`try-on-fresh-root`: SERVER.md followed to the letter on a Debian 12 that nothing was done to.

    deploy/hub/try-on-fresh-root [--work FOLDER] [--archive FILE] [--only VARIANT]

Variants: `plain` (both commands, a run that was killed, TLS as a browser and a box see it, root's
keys away, a backup tried, a second call, an update, an update that doesn't come up), `restore`
(another server from the backup of `plain`), `scaled` (PostgreSQL, an S3 store, without TLS),
`letsencrypt` (a certificate of an authority that speaks as Let's Encrypt does, and its renewal),
`wrong` (what is refused, and that nothing was changed). An hour; 6 GB in FOLDER.
"""

import argparse
import re
import shutil
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deploy.hub import packing
from deploy.hub.errors import InstallError, StepFailed
from deploy.hub.trying import authority, fresh_root, store
from deploy.hub.trying.fresh_root import Root, Tell
from deploy.hub.trying.page import commands

PAGE = Path(__file__).parents[1] / "SERVER.md"
_ASK = """\
/usr/bin/python3 -c 'import ssl, sys, urllib.request as u
c = ssl.create_default_context(cafile=sys.argv[2] if len(sys.argv) > 2 else None)
print(u.urlopen(sys.argv[1], context=c, timeout=30).read().decode())' """
_HEAD = _ASK.replace(".read().decode())", ".headers)")
_TIMESTAMP = "https://hub.example.org/metadata/timestamp.json"
_TLS = "/etc/satchel-hub/tls/certificate.pem"
_BACKUPS = "/var/backups/satchel-hub"


@dataclass(frozen=True)
class Trial:
    """What all variants share."""

    work: Path
    archive: Path
    tell: Tell

    @property
    def blocks(self) -> dict[str, str]:
        """The commands of the page, for the archive that is tried."""
        named = re.compile(r"satchel-hub-[0-9.]+-[a-z0-9]+\.tar\.gz")
        text = named.sub(self.archive.name, PAGE.read_text(encoding="utf-8"))
        return commands(text)


def expect(text: str, *wanted: str) -> None:
    """Raise `StepFailed` where one of these isn't in a text."""
    for one in wanted:
        if one not in text:
            raise StepFailed(f"expected {one!r} in:\n{text[-4_000:]}")


def plain(trial: Trial) -> None:
    """One server, everything on it."""
    with fresh_root.running(trial.work, "plain", 0, trial.tell) as root:
        root.bring(trial.archive, f"/root/{trial.archive.name}")
        trial.tell("a first run that is killed while it makes the hub's programs")
        root.run(trial.blocks["two-commands"].splitlines()[0])
        _kill_a_run(root)
        trial.tell("two commands")
        said = root.run(trial.blocks["two-commands"])
        expect(
            said, "https://hub.example.org is a hub.", "--authority sha256:", "/console/welcome/"
        )
        _look_at_site(root, said)
        trial.tell("root's keys")
        expect(root.run("hub status 2>&1"), "root keys are still on this machine")
        told = root.run(f"{trial.blocks['root-keys-gone']} 2>&1")
        if "warning" in told:
            raise StepFailed(f"hub status still warns:\n{told}")
        trial.tell("a backup, tried")
        expect(root.run(trial.blocks["backup-drill"]), "satchel-hub-backup@var-backups")
        root.run("hub people add bo --role auditor")
        trial.tell("a second call")
        before = _state(root)
        expect(root.run("satchel-hub/install"), "https://hub.example.org is a hub.")
        _expect_same(before, _state(root))
        _update(trial, root)
        _failing_update(trial, root)
        shutil.rmtree(trial.work / "backups", ignore_errors=True)
        root.run("systemctl stop satchel-hub; systemctl start "
                 "$(systemd-escape --path --template=satchel-hub-backup@.service "
                 f"{_BACKUPS})")  # fmt: skip
        shutil.copytree(root.folder / _BACKUPS.lstrip("/"), trial.work / "backups")
        shutil.copy(root.folder / "etc/satchel-hub/passphrase", trial.work / "passphrase")
        (trial.work / "state").write_text(repr(sorted(_state(root)[1:])))


def _kill_a_run(root: Root) -> None:
    root.run(
        "setsid satchel-hub/install hub.example.org > killed.log 2>&1 & run=$!\n"
        "for n in $(seq 600); do [ -d /usr/lib/satchel-hub/versions ] && break; sleep 1; done\n"
        "sleep 5; kill -9 -$run; cat killed.log\n"
        "test ! -e /usr/lib/satchel-hub/venv"
    )


def _look_at_site(root: Root, said: str) -> None:
    """Ask as a browser and as a box: by the certificate that was made."""
    told = root.run(f"{_ASK} https://hub.example.org/metadata/timestamp.json {_TLS}")
    expect(told, '"timestamp"')
    link = re.search(r"https://hub\.example\.org/\S+", said.partition("sets a password")[2])
    if link is None:
        raise StepFailed(f"no link in:\n{said}")
    expect(root.run(f"{_ASK} {link[0]} {_TLS}"), "password")
    place = root.run(
        "cd /var/lib/satchel-hub/repository; ls metadata/*.root.json | head -1"
    ).strip()
    root.run(f"{_ASK} https://hub.example.org/{place} {_TLS}")
    expect(root.run("grep -c root.json /var/log/nginx/access.log"), "1")
    root.run('systemctl is-active satchel-hub nginx; test -z "$(systemctl --failed -q)"')


def _state(root: Root) -> list[str]:
    """Return what must not change: the link to the programs first, then the hub itself."""
    pick = "/usr/bin/python3 -c 'import json, sys; print(json.load(sys.stdin){})'"
    logins = pick.format('["people"].__len__()')
    channels = pick.format('["channels"][0]["channel"]')
    return [
        root.run("readlink /usr/lib/satchel-hub/venv"),
        root.run("sha256sum < /var/lib/satchel-hub/repository/metadata/1.root.json"),
        root.run(f"hub people list --json | {logins}"),
        root.run(f"hub channels --json | {channels}"),
        root.run("sha256sum < /etc/satchel-hub/passphrase"),
    ]


def _expect_same(before: list[str], after: list[str]) -> None:
    if before != after:
        raise StepFailed(f"something changed:\n{before}\n{after}")


def _update(trial: Trial, root: Root) -> None:
    trial.tell("an update")
    newer = another(trial.archive, trial.work / "newer", lambda _, data: data)
    root.bring(newer, f"/root/{trial.archive.name}")
    before = _state(root)
    said = root.run(trial.blocks["update"])
    expect(said, "a backup before the update", "is a hub.")
    after = _state(root)
    _expect_same(before[1:], after[1:])
    if before[0] == after[0]:
        raise StepFailed("the update left the version before in use")


def _failing_update(trial: Trial, root: Root) -> None:
    trial.tell("an update that doesn't come up")

    def broken(name: str, data: bytes) -> bytes:
        return b"raise RuntimeError('broken on purpose')\n" if name == "hub/serving.py" else data

    root.bring(another(trial.archive, trial.work / "broken", broken), f"/root/{trial.archive.name}")
    before = _state(root)
    said = root.run(trial.blocks["update"] + "\n", expect=9)
    expect(said, "the hub doesn't come up", "the version before serves again")
    _expect_same(before, _state(root))
    root.run(f"{_ASK} https://hub.example.org/metadata/timestamp.json {_TLS}")
    root.bring(trial.archive, f"/root/{trial.archive.name}")
    root.run(trial.blocks["update"])


def restore(trial: Trial) -> None:
    """Another server, from the backup that `plain` left."""
    if not (trial.work / "backups").is_dir():
        raise StepFailed("there is no backup yet", hint="Run the variant plain first.")
    with fresh_root.running(trial.work, "restore", 1, trial.tell) as root:
        root.bring(trial.archive, f"/root/{trial.archive.name}")
        root.bring(trial.work / "backups", "/root/backups")
        root.bring(trial.work / "passphrase", "/root/passphrase")
        trial.tell("the page's restore")
        expect(root.run(trial.blocks["restore"]), "https://hub.example.org is a hub.")
        if repr(sorted(_state(root)[1:])) != (trial.work / "state").read_text():
            raise StepFailed(f"it is another hub: {_state(root)}")
        root.run(f"{_ASK} https://hub.example.org/metadata/timestamp.json {_TLS}")


def scaled(trial: Trial) -> None:
    """PostgreSQL on the server, content in a store, no TLS."""
    with (
        fresh_root.running(trial.work, "scaled", 2, trial.tell) as root,
        store.running(trial.work / "store", root.host) as address,
    ):
        root.bring(trial.archive, f"/root/{trial.archive.name}")
        lines = "".join(f"{name}={value}\n" for name, value in store.KEYS.items())
        (root.folder / "root/keys").write_text(lines)
        unpack = trial.blocks["two-commands"].splitlines()[0]
        trial.tell("PostgreSQL and a store")
        said = root.run(
            f"{unpack}\nsatchel-hub/install hub.example.org --no-tls --database postgresql "
            f"--objects s3://{store.BUCKET}/county --objects-endpoint {address} "
            "--objects-credentials keys --backup /srv/one --backup /srv/two --backup-keep 3"
        )
        expect(said, "http://hub.example.org is a hub.", "for a trial only")
        expect(root.run(f"{_ASK} http://hub.example.org/metadata/timestamp.json"), '"timestamp"')
        expect(root.run("cat /var/lib/satchel-hub/hub.toml"), "postgresql://", "s3://")
        root.run("test ! -e /var/lib/satchel-hub/hub.db")
        root.run("for one in one two; do systemctl start satchel-hub-backup@srv-$one.service; done")
        before = _state(root)
        trial.tell("a second call")
        root.run("satchel-hub/install --backup /srv/two")
        _expect_same(before, _state(root))
        timers = root.run("systemctl list-timers 'satchel-hub-backup@*' --no-pager")
        if "srv-one" in timers or "srv-two" not in timers:
            raise StepFailed(f"the timers are wrong:\n{timers}")
        expect(root.run("hub status 2>&1"), "main: nothing yet")
        expect(root.run("satchel-hub/install --database sqlite", expect=5), "hub move-database")


def letsencrypt(trial: Trial) -> None:
    """Have an authority sign a certificate once the name leads here; renew it by certbot."""
    with fresh_root.running(trial.work, "letsencrypt", 4, trial.tell) as root:
        root.bring(trial.archive, f"/root/{trial.archive.name}")
        root.run(trial.blocks["two-commands"].splitlines()[0])
        with authority.running(trial.work / "authority", root.host) as signs:
            _know(root, signs)
            trial.tell("a name that doesn't lead here yet")
            words = "hub.example.org --letsencrypt --email ada@example.org"
            said = root.run(f"satchel-hub/install {words}", expect=9)
            expect(said, "gave no certificate for hub.example.org", "Then run install again.")
            expect(root.run(f"{_ASK} {_TIMESTAMP} {_TLS}"), '"timestamp"')
            trial.tell("the name leads here")
            signs.lead(root.own)
            said = root.run("satchel-hub/install")
            expect(said, "https://hub.example.org is a hub.", "/console/welcome/")
            if "sha256:" in said:
                raise StepFailed(f"boxes are told a digest that changes with each renewal:\n{said}")
            first = _shown(root)
            trial.tell("its renewal")
            root.run("systemctl is-active certbot.timer")
            root.run("certbot -q renew --force-renewal --no-random-sleep-on-renew")
            if (renewed := _shown(root)) == first:
                raise StepFailed(f"nginx still shows the certificate before: {first}")
        trial.tell("a second call while the authority is away")
        expect(root.run("satchel-hub/install"), "https://hub.example.org is a hub.")
        if _shown(root) != renewed:
            raise StepFailed("the second call changed the certificate")


def _know(root: Root, signs: authority.Authority) -> None:
    """Have the root trust an authority, and certbot begin there, as a county's own would be."""
    known = "usr/local/share/ca-certificates/trial.crt"
    root.bring(signs.own, known)
    root.run("apt-get -q update; apt-get -q install -y --no-install-recommends ca-certificates")
    root.run("update-ca-certificates; mkdir /etc/letsencrypt")
    (root.folder / "etc/letsencrypt/cli.ini").write_text(f"server = {signs.address}\n")
    (root.folder / "root/signer.pem").write_bytes(signs.root())


def _shown(root: Root) -> str:
    """Ask as a browser that knows the authority; return the certificate's number."""
    ask = f"{_ASK} {_TIMESTAMP} /root/signer.pem"
    expect(root.run(ask), '"timestamp"')
    told = root.run(f"{_HEAD} {_TIMESTAMP} /root/signer.pem")
    expect(told.lower(), "strict-transport-security")
    show = "openssl s_client -connect hub.example.org:443 </dev/null 2>/dev/null"
    return root.run(f"{show} | openssl x509 -noout -serial").strip()


def wrong(trial: Trial) -> None:
    """Say what can't be: refused, before anything is changed."""
    with fresh_root.running(trial.work, "wrong", 3, trial.tell) as root:
        root.bring(trial.archive, f"/root/{trial.archive.name}")
        root.run(trial.blocks["two-commands"].splitlines()[0])
        root.run("apt-get -q update; apt-get -q install -y --no-install-recommends python3 openssl")
        root.run("echo x > x; echo AWS_SECRET=oh-dear > half; mkdir empty; for n in a b; do "
                 "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc "
                 "-subj /CN=x -keyout $n.key -out $n.pem 2>/dev/null; done")  # fmt: skip
        run = "satchel-hub/install"
        for words, code, said in WRONG:
            told = root.run(f"{run} {words}", expect=code)
            expect(told, said, "error: ")
            if "oh-dear" in told or "Traceback" in told:
                raise StepFailed(f"install {words} says too much:\n{told}")
        root.run("echo >> satchel-hub/SERVER.md")
        expect(root.run(f"{run} hub.example.org", expect=5), "isn't as it was packed")
        root.run("sed -i s/bookworm/trixie/ /etc/os-release; sed -i s/12/13/ /etc/os-release")
        expect(root.run(f"{run} hub.example.org", expect=5), "expected Debian 12")
        root.run("test ! -e /etc/satchel-hub; test ! -e /usr/lib/satchel-hub; "
                 "! command -v nginx; ! id satchel-hub 2>/dev/null")  # fmt: skip


_H = "hub.example.org"
WRONG = [  # what is typed, how it ends, what it says
    ("", 2, "the name is missing"),
    ("https://hub.example.org", 2, "is no host name"),
    (f"{_H} --frobnicate", 2, "unrecognized arguments"),
    (f"{_H} --no-tls --letsencrypt", 2, "other ways of TLS"),
    ("192.0.2.1 --letsencrypt", 2, "public names alone"),
    (f"{_H} --certificate a.pem", 2, "--key is missing"),
    (f"{_H} --certificate none.pem --key a.key", 5, "none.pem: can't be read"),
    (f"{_H} --certificate a.pem --key b.key", 5, "no certificate with its key"),
    (f"{_H} --certificate x --key a.key", 5, "no certificate with its key"),
    (f"{_H} --database mysql://a@b/c", 2, "--database is"),
    (f"{_H} --database postgresql://a:b@c/d", 2, "has a password in it"),
    (f"{_H} --objects s3://hubs/x", 5, "its keys are missing"),
    (f"{_H} --objects s3://hubs/x --objects-credentials half", 5, "isn't understood"),
    (f"{_H} --objects ftp://hubs", 2, "--objects is"),
    (f"{_H} --backup relative", 2, "expected a folder's full path"),
    (f"{_H} --backup /var", 5, "has other things in it"),
    (f"{_H} --backup-keep 0", 2, "expected 1 to 1000"),
    (f"{_H} --restore empty", 5, "no backups of a hub here"),
    (f"{_H} --passphrase-file x", 5, "expected 16 or more"),
    (f"{_H} --administrator 'Ada L'", 2, "is no login"),
]
VARIANTS: dict[str, Callable[[Trial], None]] = {
    "wrong": wrong, "plain": plain, "restore": restore, "scaled": scaled,
    "letsencrypt": letsencrypt,
}  # fmt: skip


def another(archive: Path, folder: Path, change: Callable[[str, bytes], bytes]) -> Path:
    """Make an archive with another wheel of Satchel: of the same version, its files changed."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    root = folder / packing.FOLDER
    wheel = next((root / "wheels").glob("satchel-*.whl"))
    part = wheel.with_suffix(".part")
    with zipfile.ZipFile(wheel) as source, zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as made:
        for entry in source.infolist():
            made.writestr(entry.filename, change(entry.filename, source.read(entry)))
    part.replace(wheel)
    packing.write_sums(root)
    to = folder / archive.name
    packing.write_archive(root, to, packing.FIRST_MOMENT)
    return to


def main(given: list[str]) -> int:
    """Run the trials."""
    parser = argparse.ArgumentParser("deploy/hub/try-on-fresh-root")
    parser.add_argument("--work", type=Path, help="a folder; it keeps Debian's packages")
    parser.add_argument("--archive", type=Path, help="of deploy/hub/pack; else it is made")
    parser.add_argument("--only", choices=VARIANTS, action="append")
    said = parser.parse_args(given)
    tell = Tell()
    try:
        fresh_root.check_tools()
        work = said.work or Path(tempfile.gettempdir(), "satchel-hub-trial")
        work.mkdir(parents=True, exist_ok=True)
        archive = said.archive or packing.run(["--output", str(work)])
        for name in said.only or VARIANTS:
            VARIANTS[name](Trial(work, archive, tell))
            tell(f"{name}: good")
    except InstallError as error:
        hint = f"\n  what to do: {error.hint}" if error.hint else ""
        print(f"error: {error.message}{hint}", file=sys.stderr)  # noqa: T201
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
