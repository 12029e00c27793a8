"""Where the proof is made: sources from the package index or a clone, and an environment that is thrown away."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from .application import Application
from .sources import OURS, Checkout, Sdist

_ROOT = Path(__file__).parents[3]
#: The tests of the applications, before and after, run on these and the versions in constraints.txt.
_COMMON = ("Flask", "Flask-Login", "pytest", "pytest-asyncio")
_OUTCOMES = re.compile(r"(\d+) (passed|failed|errors?|skipped)")


@dataclass(frozen=True)
class Score:
    """How many tests passed, of how many that ran."""

    passed: int
    of: int

    @classmethod
    def read(cls, output: str) -> Score:
        """The last line of pytest's output; skipped tests did not run."""
        lines = output.strip().splitlines()
        counts = {word.rstrip("s"): int(number) for number, word in _OUTCOMES.findall(lines[-1] if lines else "")}
        passed = counts.get("passed", 0)
        return cls(passed, passed + counts.get("failed", 0) + counts.get("error", 0))

    def __str__(self) -> str:
        return f"{self.passed} of {self.of}"


class Workshop:
    """A folder with an environment in it, and a copy of each application.

    Args:
        folder: where everything is made.
        checkouts: the clones on this machine, by the name of the application.
    """

    def __init__(self, folder: Path, checkouts: Mapping[str, Path]) -> None:
        self.folder = folder
        self._checkouts = checkouts
        self._python = folder / "venv" / "bin" / "python"

    def has(self, name: str, application: Application) -> bool:
        """Whether the source of *application* can be had without asking for a clone."""
        return not isinstance(application.source, Checkout) or name in self._checkouts

    def prepare(self, application: Application) -> None:
        """Make the environment, and install what *application* needs; everything here is made for one run."""
        if not self._python.exists():
            _run(sys.executable, "-m", "venv", self.folder / "venv")
            constraints = _ROOT / "constraints.txt"
            ours = f"{_ROOT}[forms]"
            _run(self._python, "-m", "pip", "install", "-q", "--constraint", constraints, "--editable", ours, *_COMMON)
        if application.requires:
            _run(self._python, "-m", "pip", "install", "-q", *application.requires)

    def copy(self, name: str, application: Application) -> Path:
        """A folder with the parts of *application* as they were published, and our journey."""
        source, target = self._source(name, application), self.folder / name
        target.mkdir()
        for part in application.parts or sorted(each.name for each in source.iterdir()):
            if (source / part).is_dir():
                shutil.copytree(source / part, target / part, symlinks=True)
            else:
                shutil.copy(source / part, target / part, follow_symlinks=False)
        if application.journey is not None:
            shutil.copy(OURS / "journeys" / application.journey, target)
        return target

    def test(self, folder: Path, tests: str, *options: str) -> Score:
        """Run the tests of a copy, before or after the port, without plugins that other applications have brought."""
        command = [str(self._python), "-m", "pytest", "-q", "--tb=no", "-p", "no:cacheprovider", *options]
        path = {
            "PYTHONPATH": str(folder),
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        }
        done = subprocess.run(  # noqa: S603  # the environment that we made
            [*command, *tests.split()], cwd=folder, env=path, capture_output=True, text=True, check=False, timeout=300
        )
        print(done.stdout[-2000:] + done.stderr[-2000:], file=sys.stderr)
        return Score.read(done.stdout)

    def _source(self, name: str, application: Application) -> Path:
        match application.source:
            case Sdist() as sdist:
                return self._download(sdist)
            case Checkout() as checkout:
                return self._export(name, checkout)
            case folder:
                return folder

    def _download(self, sdist: Sdist) -> Path:
        """Download and unpack; pip refuses a file with another hash."""
        folder = self.folder / "sdists" / sdist.name
        folder.mkdir(parents=True)
        requirements = folder / "requirements.txt"
        requirements.write_text(sdist.requirement + "\n", encoding="utf-8")
        alone = ("--no-deps", "--no-binary", sdist.name, "--require-hashes")
        _run(self._python, "-m", "pip", "download", "-q", *alone, "-d", folder, "-r", requirements)
        [archive] = folder.glob("*.tar.gz")
        with tarfile.open(archive) as opened:
            opened.extractall(folder, filter="data")
        [unpacked] = [each for each in folder.iterdir() if each.is_dir()]
        return unpacked / sdist.folder

    def _export(self, name: str, checkout: Checkout) -> Path:
        """The files of the commit, whatever the clone has checked out; an application, if they are a template."""
        folder = self.folder / "checkouts" / name
        folder.mkdir(parents=True)
        clone = str(self._checkouts[name].resolve())
        command = ["git", "-C", clone, "archive", "--format=tar", checkout.commit]
        done = subprocess.run(command, check=True, capture_output=True, timeout=300)  # noqa: S603  # git, of a clone
        with tarfile.open(fileobj=BytesIO(done.stdout)) as opened:
            opened.extractall(folder, filter="data")
        if checkout.template is None:
            return folder
        values = [f"{key}={value}" for key, value in checkout.template.items()]
        made = self.folder / "generated" / name
        _run(self._python, "-m", "cookiecutter", folder, "--no-input", "--output-dir", made, *values)
        [application] = made.iterdir()
        return application


def _run(*command: str | Path) -> None:
    subprocess.run([str(each) for each in command], check=True, timeout=600)  # noqa: S603  # pip, venv, cookiecutter
