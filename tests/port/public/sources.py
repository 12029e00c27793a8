"""Where applications come from: a folder of ours, a file on the package index, or a clone on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

#: Applications and journeys that we wrote, for Flask: they are ported like what is fetched.
OURS = Path(__file__).parent.parent / "applications"


@dataclass(frozen=True)
class Sdist:
    """A source distribution on the package index; *folder* inside is what is ported."""

    name: str
    version: str
    sha256: str
    folder: str = "."

    def __str__(self) -> str:
        return f"{self.name} {self.version}"

    @property
    def requirement(self) -> str:
        """As pip reads it, with the only file that is accepted."""
        return f"{self.name}=={self.version} --hash=sha256:{self.sha256}"


@dataclass(frozen=True)
class Checkout:
    """A repository that the package index does not have: its clone is given by path, at whatever commit it stands.

    Args:
        address: the public address to clone.
        commit: the commit that is ported.
        template: if it is a template for cookiecutter, the values that an application is generated with.
    """

    address: str
    commit: str
    template: Mapping[str, str] | None = None

    def __str__(self) -> str:
        return f"[{self.commit[:7]}]({self.address}/tree/{self.commit})"
