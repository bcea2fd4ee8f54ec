"""Sounds in the wrong stem are found, copies known again, and clean data is met with silence."""

import csv
import math
import re
import shutil

import pytest
import torch
from rich.console import Console
from torch import Tensor

import soundsieve
from soundsieve.audio.io import read
from soundsieve.data.conflicts import TABLE, find_conflicts
from soundsieve.data.pool import open_pool
from soundsieve.data.survey import survey
from soundsieve.errors import UserError
from soundsieve.recipe import Recipe
from soundsieve.target import parse
from tests.conftest import RATE, STREETS, hiss, put, swelling

SECONDS = 5.0


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def harmonics(pitch: Tensor, count: int) -> Tensor:
    """A tone with overtones that follows a pitch in Hz. Shape: `[time] -> [time]`."""
    phase = 2 * math.pi * (pitch / RATE).cumsum(0)
    order = torch.arange(1, count + 1)[:, None]
    return (torch.sin(order * phase) * (order * pitch < 7900) / order).sum(0)


def with_hiss(audio: Tensor, seed: int) -> Tensor:
    """The audio at -20 dB with a little hiss, which fills the whole band. Shape: `[1, time]`."""
    return 0.1 * audio[None] / audio.std() + hiss(seed, SECONDS, -50)


def melody(seed: int) -> Tensor:
    """Chords of three steady notes, a new one every 0.4 s."""
    size = round(0.4 * RATE)
    count = math.ceil(SECONDS * RATE / size)
    notes = torch.randint(0, 20, (3, count), generator=generator(seed))
    pitch = (150 + 8 * (seed % 12)) * 2 ** (notes / 12)
    fade = torch.exp(-torch.arange(size) / (0.3 * RATE)).repeat(count)
    voices = [harmonics(voice.repeat_interleave(size), 30) * fade for voice in pitch]
    chords = sum(voices)[None, : round(SECONDS * RATE)]
    return with_hiss(swelling(chords, seed)[0], seed)


def talk(seed: int) -> Tensor:
    """Gliding harmonics in syllables, with s and sh between them, and pauses."""
    size = round(SECONDS * RATE)
    curve = torch.rand(1, 1, 20, generator=generator(seed))
    glide = torch.nn.functional.interpolate(curve, size, mode="linear")[0, 0]
    level = torch.rand(1, 1, 45, generator=generator(seed + 1)).sub(0.3).clamp_min(0)
    swell = torch.nn.functional.interpolate(level, size, mode="linear")[0, 0]
    voiced = harmonics((90 + 9 * (seed % 12)) * 2**glide, 30) * swell
    return with_hiss(voiced + 0.3 * hiss(seed, SECONDS)[0] * swell.flip(0), seed)


def rumble(seed: int) -> Tensor:
    """Noise of some colour, of a level of its own over time."""
    spectrum = torch.fft.rfft(hiss(seed, SECONDS))
    colour = torch.linspace(0.002, 1, spectrum.shape[1]) ** (-(seed % 7) / 5)
    noise = torch.fft.irfft(spectrum * colour)[0]
    return with_hiss(swelling(noise[None], seed)[0], seed)


MAKERS = {"speech": talk, "music": melody, "noise": rumble}


def put_all(root, stem: str, rate: int = RATE) -> None:
    """A dozen recordings of a stem."""
    for number, street in enumerate(STREETS):
        sound = MAKERS[stem](100 * len(stem) + number)
        put(root / f"{stem}/{street}/sound.wav", sound[:, :: RATE // rate], rate)


def conflicts(root, keep: str = "speech+music", **settings):
    """What conflicts in the data for a `keep`."""
    pool = open_pool(str(root), RATE, parse(keep), cache=root.parent / "pools")
    return find_conflicts(survey(pool), pool.scope, parse(keep), **settings)


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    """Data as it should be."""
    root = tmp_path_factory.mktemp("clean") / "data"
    for stem in MAKERS:
        put_all(root, stem)
    return root


@pytest.fixture
def root(clean, tmp_path):
    """The same data, to be spoilt."""
    return shutil.copytree(clean, tmp_path / "data")


@pytest.fixture
def spoilt(root):
    """Data with two songs and a talker among the noise."""
    put(root / "noise/song one/sound.wav", melody(1))
    put(root / "noise/song two/sound.wav", melody(2))
    put(root / "noise/neighbour/sound.wav", talk(3))
    return root


@pytest.mark.parametrize("keep", ["speech+music", "speech", "music", "all-noise"])
def test_clean_data_is_met_with_silence(clean, keep):
    assert conflicts(clean, keep) == []


def test_music_and_speech_among_noise_are_found(spoilt):
    found = {(c.what, c.other, c.path.split("/")[-2]) for c in conflicts(spoilt)}
    assert found == {
        ("sounds like", "music", "song one"),
        ("sounds like", "music", "song two"),
        ("sounds like", "speech", "neighbour"),
    }


def test_what_is_removed_anyway_is_no_conflict(spoilt):
    assert {conflict.other for conflict in conflicts(spoilt, "speech")} == {"speech"}


def test_a_copy_is_found_at_another_level_after_silence(root):
    sound, _ = read(root / "speech/elm/sound.wav")
    late = torch.nn.functional.pad(0.2 * sound, (2000, 0))
    put(root / "noise/copy/other.wav", late + hiss(5, late.shape[1] / RATE, -90))
    copies = [c for c in conflicts(root) if c.what == "same recording"]
    assert [(c.path, c.other_path) for c in copies] == [
        (str(root / "speech/elm/sound.wav"), str(root / "noise/copy/other.wav"))
    ]
    assert not [c for c in conflicts(root, "speech+noise") if c.what == "same recording"]


def test_a_click_is_known_again_when_it_is_the_same_to_the_bit(root):
    click = hiss(7, 0.2)
    put(root / "noise/door/click.wav", click)
    put(root / "music/sample/door.wav", click)
    (copy,) = conflicts(root)
    assert (copy.stem, copy.other, copy.score) == ("music", "noise", 1.0)


def test_a_bandwidth_that_tells_the_stem_is_told_unless_scenes_are_guarded(root):
    put_all(root, "noise", rate=8000)
    bands = [c for c in conflicts(root) if c.what == "bandwidth"]
    assert {(c.stem, c.other) for c in bands} == {("noise", "speech"), ("noise", "music")}
    assert all(re.match(r"noise ends at (3\.9|4\.0) kHz", conflict.text) for conflict in bands)
    assert not [c for c in conflicts(root, guarded=True) if c.what == "bandwidth"]


def test_the_same_data_is_heard_once(clean):
    pool = open_pool(str(clean), RATE, parse("speech"), cache=clean.parent / "pools again")
    calls = []
    first = survey(pool, progress=lambda done, of: calls.append(done))
    assert calls == list(range(1, len(first.entries) + 1))
    second = survey(pool, progress=lambda done, of: pytest.fail("it was heard again"))
    assert (second.likeness == first.likeness).all()


def test_too_few_recordings_teach_nothing(pools):
    pool = pools("speech+music")
    found = survey(pool)
    assert found.classes == () and found.likeness.shape == (len(found.entries), 0)
    assert find_conflicts(found, pool.scope, parse("speech+music"), guarded=True) == []


def test_a_run_stops_before_training_and_names_the_files(spoilt, monkeypatch):
    monkeypatch.chdir(spoilt.parent)
    recipe = Recipe.model_validate({"data": {"path": str(spoilt), "conflicts": "error"}})
    with pytest.raises(UserError, match=r"^3 conflicts in the data.*conflicts.csv") as error:
        soundsieve.run(recipe, Console(quiet=True))
    assert "\n" not in str(error.value)
    (folder,) = (spoilt.parent / "runs").glob("keep-*")
    with (folder / TABLE).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["path"].split("/")[-2] for row in rows} == {"song one", "song two", "neighbour"}
    assert not (folder / "model.safetensors").exists()
