"""What an installed wheel holds: the recipes and their parts, found without the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The folder of an unpacked wheel, far from the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("soundsieve-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def recipe(installed, *words):
    code = (
        f"import sys; sys.path.insert(0, {str(installed)!r}); "
        "import soundsieve; print(soundsieve.__file__, file=sys.stderr); "
        f"from soundsieve.cli import main; sys.exit(main({list(words)!r}))"
    )
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=installed, env=env, check=True
    )
    assert done.stderr.startswith(str(installed))
    return done.stdout


def test_recipes_are_found_in_an_installed_wheel(installed):
    names = sorted(path.parent.name for path in (ROOT / "recipes").glob("*/recipe.yaml"))
    listed = [line.split()[0] for line in recipe(installed, "list", "recipes").splitlines()]
    assert listed == names
    assert "keep: speech+music" in recipe(installed, "show", "keep")


def test_parts_are_found_in_an_installed_wheel(installed, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("extends: [keep, mix/real]\n")
    assert "room: 0.5" in recipe(installed, "show", str(file))


def test_the_wheel_holds_the_package_alone(installed):
    tops = {path.name.split("-")[0] for path in installed.iterdir()}
    assert tops == {"soundsieve"}
