"""Results for reading: Markdown, one HTML page that needs nothing else, and a picture (SVG) for each case."""

from __future__ import annotations

from pathlib import Path

from benchmarks.measurement.results import Results

from .charts import chart
from .markdown import as_markdown
from .page import as_page


def write_report(results: Results, folder: Path) -> list[Path]:
    """Write all of it; gives the files."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {"results.md": as_markdown(results), "results.html": as_page(results)}
    texts |= {f"{case.key}.svg": chart(case) for case in results.cases if case.rows}
    files = [folder / name for name in texts]
    for file, text in zip(files, texts.values(), strict=True):
        file.write_text(text)
    return files
