"""What a mutation is: a change of the code that breaks one rule, and the tests that must fail with it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Mutation:
    """A change of one file that breaks one rule.

    Attributes:
        check: the number of the check of docs/security.md whose tests must fail; None for a rule of the file's package.
        breaks: what is wrong with the changed code, as a sentence.
        file: the file, from the root of the repository.
        old: the text to replace, which stands in the file once.
        new: the text that replaces it.
        tests: the ids of the tests that must fail, each of one test with all its parameters.
    """

    check: int | None = None
    breaks: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    @property
    def subject(self) -> str:
        """What it is about: ``check 7``, or the name of a package such as ``compat/port``."""
        return self.package if self.check is None else f"check {self.check}"

    @property
    def package(self) -> str:
        """The folder of the file; all of ``benchmarks`` is one package."""
        folder = self.file.rpartition("/")[0]
        return "benchmarks" if folder.startswith("benchmarks") else folder

    def apply(self, source: str) -> str:
        """The source of the file, changed.

        Raises:
            ValueError: the text to replace does not stand in it exactly once.
        """
        found = source.count(self.old)
        if found != 1:
            raise ValueError(f"{self.file} has {self.old!r} {found} times, and a mutation needs it once.")
        return source.replace(self.old, self.new)
