"""Where the proof is made: sources from the package index, and an environment that is thrown away."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

from .applications import OURS, Application, Sdist

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
    """A folder with an environment in it, and a copy of each application."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._python = folder / "venv" / "bin" / "python"

    def prepare(self, application: Application) -> None:
        """Make the environment, and install what *application* needs; everything here is made for one run."""
        if not self._python.exists():
            _run(sys.executable, "-m", "venv", self.folder / "venv")
            constraints = _ROOT / "constraints.txt"
            _run(self._python, "-m", "pip", "install", "-q", "--constraint", constraints, "--editable", _ROOT, *_COMMON)
        if application.requires:
            _run(self._python, "-m", "pip", "install", "-q", *application.requires)

    def copy(self, name: str, application: Application) -> Path:
        """A folder with the parts of *application* as they were published, and our journey."""
        source, target = self._source(application), self.folder / name
        target.mkdir()
        for part in application.parts:
            if (source / part).is_dir():
                shutil.copytree(source / part, target / part)
            else:
                shutil.copy(source / part, target / part)
        if application.journey is not None:
            shutil.copy(OURS / "journeys" / application.journey, target)
        return target

    def test(self, folder: Path, tests: str, *options: str) -> Score:
        """Run the tests of a copy, before or after the port."""
        command = [str(self._python), "-m", "pytest", "-q", "--tb=no", "-p", "no:cacheprovider", *options, tests]
        path = {"PYTHONPATH": str(folder), "PATH": "/usr/local/bin:/usr/bin:/bin"}
        done = subprocess.run(  # noqa: S603  # the environment that we made
            command, cwd=folder, env=path, capture_output=True, text=True, check=False, timeout=300
        )
        print(done.stdout[-2000:] + done.stderr[-2000:], file=sys.stderr)
        return Score.read(done.stdout)

    def _source(self, application: Application) -> Path:
        if isinstance(application.source, Path):
            return application.source
        return self._fetch(application.source)

    def _fetch(self, sdist: Sdist) -> Path:
        """Download and unpack; pip refuses a file with another hash."""
        folder = self.folder / "sdists" / sdist.name
        folder.mkdir(parents=True)
        requirements = folder / "requirements.txt"
        requirements.write_text(sdist.requirement + "\n", encoding="utf-8")
        alone = ("--no-deps", "--no-binary", ":all:", "--require-hashes")
        _run(self._python, "-m", "pip", "download", "-q", *alone, "-d", folder, "-r", requirements)
        [archive] = folder.glob("*.tar.gz")
        with tarfile.open(archive) as opened:
            opened.extractall(folder, filter="data")
        [unpacked] = [each for each in folder.iterdir() if each.is_dir()]
        return unpacked / sdist.folder


def _run(*command: str | Path) -> None:
    subprocess.run([str(each) for each in command], check=True, timeout=600)  # noqa: S603  # pip and venv
