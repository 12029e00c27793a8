"""All that was seen, what is said of it, and both as JSON and Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .verdict import Verdict, Window, judge, windows
from .watch import Sample

#: By what share, or by how much, a figure may be higher in the last third of the time than in the second.
_MEMORY = {"share": 0.05, "slack": 4.0}  # MiB
_DESCRIPTORS = {"share": 0.1, "slack": 4.0}
_THREADS = {"share": 0.0, "slack": 1.0}
_CONNECTIONS = {"share": 0.1, "slack": 2.0}
_P99 = {"share": 0.5, "slack": 20.0}  # ms
_LINES = 20  # of the server's log


@dataclass(frozen=True)
class Soak:
    """A whole run.

    Attributes:
        command: what was typed.
        seconds: for how long.
        rate: requests a second that were asked for.
        machine: where.
        services: what the application stood on.
        waits: when each answer came, and the milliseconds it took.
        done: how often each thing was done.
        errors: what went wrong, and how often.
        samples: of the server.
        log: what the server said, of warnings and worse.
    """

    command: str
    seconds: float
    rate: float
    machine: dict[str, str]
    services: str
    waits: list[tuple[float, float]]
    done: dict[str, int]
    errors: dict[str, int]
    samples: list[Sample]
    log: list[str] = field(default_factory=list)

    @property
    def windows(self) -> list[Window]:
        """Latencies in time."""
        return windows(self.waits, seconds=self.seconds)

    @property
    def workers(self) -> list[int]:
        """All that there ever were."""
        return sorted({pid for sample in self.samples for pid in sample.memory})

    @property
    def verdicts(self) -> list[Verdict]:
        """What is said of each figure."""
        found = []
        for number, pid in enumerate(self.samples[0].memory, start=1):
            if not all(pid in sample.memory for sample in self.samples):
                continue  # replaced, which is a fault of its own
            for name, rule in (("memory", _MEMORY), ("threads", _THREADS)):
                series = [(sample.at, float(getattr(sample, name)[pid])) for sample in self.samples]
                found.append(judge(f"{name} of worker {number}", series, seconds=self.seconds, **rule))
        # Of all together: whose connection a new one is, is chance.
        descriptors = [(sample.at, float(sum(sample.descriptors.values()))) for sample in self.samples]
        connections = [(sample.at, float(sample.connections)) for sample in self.samples]
        p99 = [(window.at, window.p99) for window in self.windows]
        return [
            *found,
            judge("descriptors of all workers", descriptors, seconds=self.seconds, **_DESCRIPTORS),
            judge("database connections", connections, seconds=self.seconds, **_CONNECTIONS),
            judge("p99", p99, seconds=self.seconds, **_P99),
        ]

    @property
    def faults(self) -> list[str]:
        """Why it is not flat; nothing, if it is."""
        told = [f"{error} ({count} times)" for error, count in self.errors.items()]
        told += [f"the server's log: {line}" for line in self.log[:_LINES]]
        if len(self.workers) != len(self.samples[0].memory):
            told.append(f"workers were replaced: {self.workers}")
        told += [
            f"{one.name} went from {one.before:.1f} to {one.after:.1f}" for one in self.verdicts if not one.is_flat
        ]
        return told

    def write(self, folder: Path) -> list[Path]:
        """Write ``soak.json`` and ``soak.md``; gives both."""
        folder.mkdir(parents=True, exist_ok=True)
        told = asdict(self) | {
            "waits": [asdict(window) for window in self.windows],
            "verdicts": [asdict(verdict) for verdict in self.verdicts],
            "faults": self.faults,
        }
        files = [folder / "soak.json", folder / "soak.md"]
        files[0].write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")
        files[1].write_text("\n".join(self._markdown()) + "\n")
        return files

    def _markdown(self) -> Iterator[str]:
        yield from ("# Soak", "", f"    {self.command}", "")
        load = f"{sum(self.done.values()):,} requests in {self.seconds / 60:g} minutes, {self.rate:g} a second"
        yield f"{load}, {self.services}."
        yield from ("", f"**{'Not flat' if self.faults else 'Flat, and no error'}.**", "")
        yield from (f"- {fault}" for fault in self.faults)
        yield from ("", "| median of | second third | last third | at most |", "|---|---:|---:|---:|")
        yield from (f"| {one.name} | {one.before:.1f} | {one.after:.1f} | {one.limit:.1f} |" for one in self.verdicts)
        yield from (
            "",
            "| minute | requests | p50, ms | p99, ms | memory, MiB | descriptors |",
            "|---:|---:|---:|---:|---:|---:|",
        )
        for window in self.windows:
            sample = min(self.samples, key=lambda sample: abs(sample.at - window.at))
            memory = " + ".join(f"{value:.0f}" for value in sample.memory.values())
            descriptors = " + ".join(map(str, sample.descriptors.values()))
            figures = f"{window.requests} | {window.p50:.1f} | {window.p99:.1f} | {memory} | {descriptors}"
            yield f"| {window.at / 60:.1f} | {figures} |"
        yield from ("", "| done | times |", "|---|---:|")
        yield from (f"| {name} | {count} |" for name, count in sorted(self.done.items()))
        yield from ("", "| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in self.machine.items()))
