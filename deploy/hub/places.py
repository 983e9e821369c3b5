"""Where everything lies on a server that is a hub; `root` is another folder in tests."""

from dataclasses import dataclass
from pathlib import Path

USER = "satchel-hub"
UNIT = "satchel-hub.service"
BACKUP_UNIT = "satchel-hub-backup@"  # its instance is the folder, escaped


@dataclass(frozen=True)
class Places:
    """Paths, all under `root`."""

    root: Path = Path("/")

    @property
    def programs(self) -> Path:
        """`venv` in it leads to the version in use, `versions/` has that and the one before."""
        return self.root / "usr/lib/satchel-hub"

    @property
    def venv(self) -> Path:
        """The version in use."""
        return self.programs / "venv"

    @property
    def versions(self) -> Path:
        """Each version in a folder of its own."""
        return self.programs / "versions"

    @property
    def wrapper(self) -> Path:
        """`hub` for whoever is root: runs as the hub's user, with its secrets."""
        return self.root / "usr/local/sbin/hub"

    @property
    def units(self) -> Path:
        """Units of this machine's own."""
        return self.root / "etc/systemd/system"

    @property
    def settings(self) -> Path:
        """What this hub was installed with, and its secrets."""
        return self.root / "etc/satchel-hub"

    @property
    def wishes(self) -> Path:
        """What was asked for, for the next run."""
        return self.settings / "install.toml"

    @property
    def passphrase(self) -> Path:
        """The passphrase of the hub's keys, apart from these."""
        return self.settings / "passphrase"

    @property
    def environment(self) -> Path:
        """Secrets that programs take from their environment: those of an S3 store."""
        return self.settings / "environment"

    @property
    def database_password(self) -> Path:
        """PostgreSQL's password, where it asks for one."""
        return self.settings / "database-password"

    @property
    def certificate(self) -> Path:
        """The certificate that nginx shows: a given one, or a self-signed one."""
        return self.settings / "tls/certificate.pem"

    @property
    def certificate_key(self) -> Path:
        """Its key."""
        return self.settings / "tls/key.pem"

    @property
    def acme(self) -> Path:
        """What Let's Encrypt asks nginx for."""
        return self.root / "var/lib/satchel-hub-acme"

    @property
    def data(self) -> Path:
        """The hub's data directory."""
        return self.root / "var/lib/satchel-hub"

    @property
    def config(self) -> Path:
        """Its presence says that there is a hub."""
        return self.data / "hub.toml"

    @property
    def site(self) -> Path:
        """The site that nginx shows."""
        return self.root / "etc/nginx/conf.d/satchel-hub.conf"

    @property
    def default_site(self) -> Path:
        """Debian's own, which would take the port."""
        return self.root / "etc/nginx/sites-enabled/default"

    def lets_encrypt(self, name: str) -> tuple[Path, Path]:
        """Return where certbot keeps the certificate of a name, and its key."""
        live = self.root / "etc/letsencrypt/live" / name
        return live / "fullchain.pem", live / "privkey.pem"
