"""Writes docs/benchmarks.md from every JSON file of benchmarks/results/: numbers are never typed.

    python benchmarks/render.py

A benchmark ends with `record("hop", title=..., text=..., tables=[...])`, which writes
benchmarks/results/hop.json and the page. A table is {"columns": [...], "rows": [[...], ...]}, with
an optional "title"; numbers in rows are printed with three digits. Sections stand in the order of
their titles.
"""

import json
import shlex
import sys
from pathlib import Path
from typing import Any

from soundsieve.runs import versions, whole, write_json

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
PAGE = ROOT / "docs" / "benchmarks.md"
HEAD = "# Benchmarks\n\nWritten by `python benchmarks/render.py` from `benchmarks/results/`.\n"
CHANGED = " (+: with changes that were not committed)"


def record(
    name: str, *, title: str, text: str, tables: list[dict[str, Any]], machine: str
) -> dict[str, Any]:
    """Writes one result, with the command and versions that made it, and the page anew."""
    words = shlex.join(map(portable, sys.argv[1:]))
    command = f"python benchmarks/{Path(sys.argv[0]).name} {words}".strip()
    result = {
        "title": title,
        "text": text,
        "tables": tables,
        "command": command,
        "machine": machine,
        "versions": versions(),
    }
    write_json(RESULTS / f"{name}.json", result)
    render()
    return result


def portable(word: str) -> str:
    """A word of a command without the folders of one machine.

    >>> portable("data=/home/me/pack")
    'data=pack'
    """
    key, equals, value = word.rpartition("=")
    return f"{key}{equals}{Path(value).name}" if Path(value).is_absolute() else word


def render(results: Path | None = None, page: Path | None = None) -> str:
    """Writes the page, and gives its text."""
    found = [
        json.loads(path.read_text(encoding="utf-8")) for path in (results or RESULTS).glob("*.json")
    ]
    sections = [section(result) for result in sorted(found, key=lambda r: r["title"])]
    text = "\n".join([HEAD, *sections])
    with whole(page or PAGE) as part:
        part.write_text(text, encoding="utf-8")
    return text


def section(result: dict[str, Any]) -> str:
    """One result as Markdown."""
    made = result["versions"]
    source = (
        f"`{result['command']}` on {result['machine']}, torch {made['torch']}, "
        f"at commit {made['commit']}{CHANGED * made['commit'].endswith('+')}."
    )
    parts = [f"## {result['title']}", result["text"], *map(table, result["tables"]), source]
    return "\n\n".join(parts) + "\n"


def table(content: dict[str, Any]) -> str:
    """A Markdown table, numbers to the right."""
    columns, rows = content["columns"], content["rows"]
    first = rows[0] if rows else columns
    rule = ["---:" if isinstance(cell, int | float) else "---" for cell in first]
    lines = [columns, rule, *([cell_text(cell) for cell in row] for row in rows)]
    text = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"{content['title']}\n\n{text}" if "title" in content else text


def cell_text(cell: Any) -> str:
    """A cell; numbers with three digits.

    >>> cell_text(0.12345), cell_text(1234.5), cell_text(7), cell_text("x")
    ('0.123', '1234', '7', 'x')
    """
    if isinstance(cell, float):
        return f"{cell:.0f}" if abs(cell) >= 100 else f"{cell:.3g}"
    return str(cell)


if __name__ == "__main__":
    print(render())
