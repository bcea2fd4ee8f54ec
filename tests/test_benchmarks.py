"""The page of benchmarks is made of the results in the repository, number by number."""

import json

from benchmarks import render as module
from benchmarks.render import PAGE, record, render, section

VERSIONS = {"torch": "2.14.1", "commit": "0123456789"}


def result(title: str) -> dict:
    rows = [["small", 356292, 0.27812], ["base", 1345924, 1234.56]]
    return {
        "title": title,
        "text": "What was measured.",
        "tables": [{"columns": ["size", "parameters", "ms"], "rows": rows}],
        "command": "python benchmarks/x.py",
        "machine": "a processor",
        "versions": VERSIONS,
    }


def test_a_section_has_the_numbers_and_where_they_come_from():
    text = section(result("Time"))
    assert text.startswith("## Time\n\nWhat was measured.\n")
    assert "| small | 356292 | 0.278 |" in text
    assert "| base | 1345924 | 1235 |" in text
    assert "`python benchmarks/x.py` on a processor, torch 2.14.1, at commit 0123456789." in text


def test_the_page_holds_every_result_in_the_order_of_titles(tmp_path):
    for name, title in (("b", "Alpha"), ("a", "Beta")):
        (tmp_path / f"{name}.json").write_text(json.dumps(result(title)))
    text = render(tmp_path, tmp_path / "page.md")
    assert text.index("## Alpha") < text.index("## Beta")
    assert (tmp_path / "page.md").read_text() == text


def test_a_benchmark_leaves_a_result_and_the_page(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "RESULTS", tmp_path)
    monkeypatch.setattr(module, "PAGE", tmp_path / "page.md")
    tables = result("Time")["tables"]
    made = record("time", title="Time", text="Text.", tables=tables, machine="a processor")
    assert json.loads((tmp_path / "time.json").read_text()) == made
    assert made["versions"]["commit"]
    assert "## Time" in (tmp_path / "page.md").read_text()


def test_the_page_in_the_repository_is_that_of_its_results(tmp_path):
    assert PAGE.read_text() == render(page=tmp_path / "page.md")
