"""Debian's archives: which mirrors this machine has of them, what they offer, files from them.

All by apt and as this machine's apt is configured, in folders of the build's own and for the
image's architecture: what is installed here plays no part.
"""

import urllib.parse
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from content_packs.errors import InvalidContent, Missing
from deploy.image.digests import sha256_of
from deploy.image.lock_file import ARCHIVES, Deb
from deploy.image.running import BuildFailed, run, say

SUITE = "bookworm"
LABELS = {"Debian": "debian", "Debian-Security": "debian-security"}
SUITES = {"debian": (SUITE, f"{SUITE}-updates"), "debian-security": (f"{SUITE}-security",)}
COMPONENTS = "main non-free-firmware"  # the latter for the Raspberry Pi's firmware
KEYRINGS = "/usr/share/keyrings"
APT_HELPER = "/usr/lib/apt/apt-helper"
DOWNLOADED_TOGETHER = 40  # files that one call of apt-helper fetches


def mirrors() -> dict[str, str]:
    """Return the address of each archive's mirror, as this machine's apt has them.

    Raises `Missing` where it has none.
    """
    form = "$(LABEL)|$(REPO_URI)"
    found: dict[str, str] = {}
    for line in run(["apt-get", "indextargets", "--format", form]).splitlines():
        label, _, address = line.partition("|")
        if label in LABELS:
            found.setdefault(LABELS[label], address.rstrip("/"))
    for archive in ARCHIVES:
        if archive not in found:
            raise Missing(
                f"this machine's apt has no mirror of {archive}",
                hint="Build on Debian 12 with its usual sources, after apt-get update.",
            )
    return found


@dataclass(frozen=True)
class Apt:
    """An apt of the build's own, for one architecture and an empty system."""

    folder: Path
    mirrors: Mapping[str, str]

    @property
    def environment(self) -> dict[str, str]:
        """What makes apt take our configuration."""
        return {"APT_CONFIG": str(self.folder / "apt.conf")}

    def update(self, architecture: str) -> None:
        """Set it up, and fetch what the mirrors offer."""
        for name in ("lists/partial", "cache/archives/partial", "state", "parts"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "status").write_text("")
        (self.folder / "sources.list").write_text(
            "".join(
                f"deb {self.mirrors[archive]} {suite} {COMPONENTS}\n"
                for archive in ARCHIVES
                for suite in SUITES[archive]
            )
        )
        (self.folder / "apt.conf").write_text(_configuration(self.folder, architecture))
        run(["apt-get", "-q", "update"], environment=self.environment)

    def closure(self, names: Iterable[str]) -> set[str]:
        """Return the paths in the archives of all that installing `names` would bring."""
        essential = "?and(?essential,?not(?exact-name(apt)))"
        printed = run(
            ["apt-get", "-qq", "--print-uris", "install", essential, *names],
            environment=self.environment,
        )
        addresses = (line.split("'")[1] for line in printed.splitlines() if line.startswith("'"))
        return {self._path(address) for address in addresses}

    def depends_on(self, name: str, prefix: str) -> str:
        """Return the package with `prefix` that `name` depends on: a metapackage's kernel."""
        shown = run(["apt-cache", "show", "--no-all-versions", name], environment=self.environment)
        for line in shown.splitlines():
            if line.startswith("Depends:"):
                for word in line.split()[1:]:
                    if word.startswith(prefix):
                        return word
        raise Missing(f"{name}: depends on no {prefix}…; the archive has changed, see contents.py")

    def offered(self) -> Iterator[Deb]:
        """Yield every package that would be taken now."""
        printed = run(["apt-cache", "dumpavail"], environment=self.environment)
        fields: dict[str, str] = {}
        for line in [*printed.splitlines(), ""]:
            if not line:
                if "SHA256" in fields:
                    yield _deb(fields)
                fields = {}
            elif line[0] != " ":
                key, _, value = line.partition(": ")
                fields[key] = value

    def _path(self, address: str) -> str:
        for mirror in self.mirrors.values():
            if address.startswith(f"{mirror}/"):
                return urllib.parse.unquote(address.removeprefix(f"{mirror}/"))
        raise BuildFailed(f"apt offers {address}, which is of no mirror that it was given")


def _deb(fields: Mapping[str, str]) -> Deb:
    path = fields["Filename"]
    archive = "debian-security" if path.startswith("pool/updates/") else "debian"
    return Deb(
        fields["Package"],
        fields["Version"],
        fields["SHA256"],
        int(fields["Size"]),
        f"{archive}/{path}",
    )


def _configuration(folder: Path, architecture: str) -> str:
    return "".join(
        f'{key} "{value}";\n'
        for key, value in {
            "APT::Architecture": architecture,
            "APT::Architectures": architecture,
            "APT::Install-Recommends": "false",
            "APT::Sandbox::User": "root",
            "Acquire::Languages": "none",
            "Dir": folder,
            "Dir::State": folder / "state",
            "Dir::State::lists": folder / "lists",
            "Dir::State::status": folder / "status",
            "Dir::Cache": folder / "cache",
            "Dir::Etc::SourceList": folder / "sources.list",
            "Dir::Etc::SourceParts": folder / "parts",
            "Dir::Etc::Parts": folder / "parts",
            "Dir::Etc::PreferencesParts": folder / "parts",
            "Dir::Etc::TrustedParts": KEYRINGS,
        }.items()
    )


def fetch(debs: Iterable[Deb], cache: Path, mirror_of: Mapping[str, str]) -> dict[str, Path]:
    """Return where each package lies, by name; those that `cache` lacks are fetched.

    Raises `BuildFailed` where a mirror has it no more, `InvalidContent` where its bytes are others.
    """
    cache.mkdir(parents=True, exist_ok=True)
    places = {deb.name: cache / deb.file_name for deb in debs}
    missing = [deb for deb in debs if not places[deb.name].exists()]
    if missing:
        say(f"  fetching {len(missing)} Debian packages, {sum(d.size for d in missing):,} bytes")
    for start in range(0, len(missing), DOWNLOADED_TOGETHER):
        some = missing[start : start + DOWNLOADED_TOGETHER]
        words: list[str | Path] = [APT_HELPER, "download-file"]
        for deb in some:
            address = f"{mirror_of[deb.archive]}/{urllib.parse.quote(deb.path, safe='/~+')}"
            if address.startswith("file:"):  # of which apt would only make a link
                address = f"copy:{address.removeprefix('file:')}"
            words += [address, _part(places[deb.name]), f"SHA256:{deb.sha256}"]
        try:
            run(words)
        except BuildFailed as error:
            raise BuildFailed(
                error.message,
                hint="A mirror drops a version when a newer one comes: name one that keeps old "
                "ones (--mirror debian=ADDRESS), or take new versions (--lock).",
            ) from error
        for deb in some:
            if sha256_of(_part(places[deb.name])) != deb.sha256:
                raise InvalidContent(
                    f"{deb.address}: the mirror has other bytes than the lock file"
                )
            _part(places[deb.name]).rename(places[deb.name])
    return places


def _part(path: Path) -> Path:
    return path.with_name(f"{path.name}.part")
