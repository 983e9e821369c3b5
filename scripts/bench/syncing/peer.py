"""What the bench asks of everyone who brings a tree to a school: publish it, serve it, fetch it."""

import socket
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Protocol

from scripts.bench.syncing.trees import Tree, expect
from scripts.bench.syncing.using import Daemon, Used
from scripts.bench.syncing.web import Web
from scripts.bench.syncing.wire import Link


class Server(Protocol):
    """Something that serves on loopback."""

    port: int

    def close(self) -> Used:
        """Stop it, and return what it took of the publisher."""
        ...


class Peer(ABC):
    """A way to bring trees from a publisher to a node. Versions count from 1, and come in turn."""

    name: str
    program: str  # its name on the command line

    def __init__(self, place: Path) -> None:
        self.publisher, self.node = place / "publisher", place / "node"
        self.publisher.mkdir(parents=True)
        self.node.mkdir()

    @abstractmethod
    def publish(self, version: int, tree: Tree) -> Used:
        """Make a version ready to be fetched."""

    @abstractmethod
    def serve(self) -> Server:
        """Start serving what is published."""

    @abstractmethod
    def fetch(self, version: int, link: Link) -> Used:
        """Bring the node from the version before to this one, as files in a folder."""

    @abstractmethod
    def result(self, version: int) -> Path:
        """Return the folder that the node has now."""

    def check(self, version: int, tree: Tree) -> None:
        """Raise `Failed` where the node hasn't that tree, to the byte."""
        expect(tree, self.result(version), ignore=".git/")


class WebServer:
    """Our plain web server: what it takes is none of the publisher's."""

    def __init__(self, folder: Path) -> None:
        self._web = Web(folder)
        self.port = self._web.port

    def close(self) -> Used:
        """Stop serving."""
        self._web.close()
        return Used()


class DaemonServer:
    """A peer's own server: what it takes is the publisher's."""

    def __init__(self, port: int, *command: str | Path) -> None:
        self.port = port
        self._daemon = Daemon(*command)

    def close(self) -> Used:
        """Stop serving."""
        return self._daemon.close()


def free_port() -> int:
    """Return a port that nobody listens at now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
