"""Run folders: found again by the same recipe, held by one process, whole or not there."""

import json
import subprocess
import sys

import pytest

from soundsieve import runs
from soundsieve.config import resolve
from soundsieve.errors import UserError
from soundsieve.recipe import Recipe


def test_the_same_recipe_on_the_same_data_has_the_same_folder():
    recipe = Recipe(keep="music+speech")
    folder = runs.run_folder(recipe, "abc123")
    assert folder == runs.run_folder(Recipe(keep="speech+music"), "abc123")
    assert folder.name.startswith("keep-speech+music-")
    assert len(folder.name.rpartition("-")[2]) == 6


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        ({"device": "cpu"}, True),
        ({"fresh": True}, True),
        ({"train": {"minutes": 3}}, False),
        ({"seed": 1}, False),
        ({"train": {"steps": 3}}, False),
        ({"mix": {"snr": 5}}, False),
    ],
)
def test_only_what_changes_the_result_changes_the_folder(changed, same):
    plain = runs.run_folder(Recipe(), "abc123")
    assert (runs.run_folder(Recipe.model_validate(changed), "abc123") == plain) is same


@pytest.mark.parametrize("place", ["file", "file/inside"])
def test_where_no_folder_can_be_made_it_says_which_and_what_to_do(tmp_path, place):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"file.*cannot be made.*choose another out="):
        runs.make_folder(tmp_path / place)


def test_other_data_has_another_folder():
    assert runs.run_folder(Recipe(), "abc123") != runs.run_folder(Recipe(), "abc124")


def test_a_file_is_whole_or_not_there(tmp_path):
    path = tmp_path / "new folder" / "scores.json"
    with pytest.raises(RuntimeError), runs.whole(path) as part:
        part.write_text("half")
        raise RuntimeError
    assert not list(path.parent.iterdir())
    runs.write_json(path, {"snr": 5, "name": "Große Trommel"})
    assert json.loads(path.read_text(encoding="utf-8")) == {"snr": 5, "name": "Große Trommel"}
    with pytest.raises(RuntimeError), runs.whole(path) as part:
        part.write_text("half")
        raise RuntimeError
    assert json.loads(path.read_text(encoding="utf-8"))["snr"] == 5


def test_a_run_folder_holds_a_recipe_that_runs_again(tmp_path):
    recipe = Recipe(keep="speech", seed=7)
    runs.write_start(tmp_path, recipe)
    assert resolve(tmp_path / "recipe.yaml", []) == recipe
    found = json.loads((tmp_path / "versions.json").read_text())
    assert {"python", "torch", "commit"} <= found.keys()


HOLD = """
import sys
from pathlib import Path
from soundsieve.runs import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_two_equal_commands_do_not_write_at_once(tmp_path):
    folder = tmp_path / "runs" / "keep-speech-123456"
    command = [sys.executable, "-c", HOLD, str(folder)]
    other = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert other.stdin and other.stdout
    assert other.stdout.readline() == b"held\n"
    with pytest.raises(UserError, match="another process"), runs.locked(folder):
        pass
    other.kill()
    other.communicate()
    with runs.locked(folder):  # however the other one ended
        pass


def test_a_discarded_folder_is_gone_at_once(tmp_path, monkeypatch):
    folder = tmp_path / "keep-speech-123456"
    runs.discard(folder)  # nothing there is fine
    runs.write_json(folder / "scores.json", {})
    monkeypatch.setattr(runs.shutil, "rmtree", lambda _: None)  # killed while it removes
    runs.discard(folder)
    assert not folder.exists()


def test_the_commit_is_of_this_code_or_none(monkeypatch, tmp_path):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    installed = tmp_path / "site-packages" / "runs.py"
    installed.parent.mkdir()
    installed.touch()
    monkeypatch.setattr(runs, "__file__", str(installed))
    assert runs.commit() == "none"
    monkeypatch.setenv("PATH", "")
    assert runs.commit() == "none"
