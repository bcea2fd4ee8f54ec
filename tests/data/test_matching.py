"""Songs that go together: clicks have their tempo, chords their key, partners share both."""

from pathlib import Path

import numpy as np
import pytest
import torch

from soundsieve.data.matching import DETUNED, FASTER, Partners, Song, distance, key_of, tempo_of
from soundsieve.data.mixer import Mixer
from soundsieve.data.pool import open_pool
from soundsieve.target import parse
from tests.conftest import LAWS, RATE, hiss, put, swelling

ALWAYS = {"speech": 1.0, "music": 1.0, "noise": 1.0, "prompts": 1.0}
SETTINGS = {"presence": ALWAYS, "segment": 2.0, "coherence": 0.0, "eq": 0.0}
MAJOR, MINOR = (0, 4, 7), (0, 3, 7)


def clicks(tempo, seconds=16):
    """Short bursts of noise, the first of four louder. Shape: `[time]`."""
    audio = torch.zeros(seconds * RATE)
    burst = 0.2 * hiss(0, 0.05, 0)[0] * torch.exp(-torch.arange(800) / 150)
    for beat in range(int((seconds - 0.1) * tempo / 60)):
        at = round(beat * 60 / tempo * RATE)
        audio[at : at + len(burst)] += burst * (1 if beat % 4 == 0 else 0.6)
    return audio


def chords(tonic, third, seconds=16):
    """Tonic, subdominant, dominant and tonic, in notes with overtones. Shape: `[time]`."""
    time = torch.arange(seconds * RATE // 4) / RATE
    progression = [[n + tonic for n in third], [n + tonic + 5 for n in third]]
    progression += [[tonic + n for n in (7, 11, 14)], progression[0]]
    sounds = []
    for notes in progression:
        frequencies = [130.813 * 2 ** (note / 12) * h for note in notes for h in (1, 2, 3, 4)]
        weights = [1 / h for _ in notes for h in (1, 2, 3, 4)]
        tones = zip(frequencies, weights, strict=True)
        sounds.append(sum(w * torch.sin(2 * np.pi * f * time) for f, w in tones))
    return 0.05 * torch.cat(sounds)


@pytest.mark.parametrize("tempo", [66, 84, 97.5, 120, 133, 150])
def test_clicks_have_their_tempo(tempo):
    assert tempo_of(clicks(tempo), RATE) == pytest.approx(tempo, rel=0.01)


@pytest.mark.parametrize("tonic", [0, 3, 6, 7, 10])
def test_chords_have_their_key_and_a_minor_key_that_of_its_relative_major(tonic):
    assert key_of(chords(tonic, MAJOR), RATE) == tonic
    assert key_of(chords(tonic, MINOR), RATE) == (tonic + 3) % 12


def test_silence_and_short_sounds_have_some_tempo_and_key():
    for sound in (torch.zeros(5 * RATE), torch.zeros(10), hiss(0, 0.1)[0]):
        assert np.isfinite([tempo_of(sound, RATE), key_of(sound, RATE)]).all()


def test_half_the_tempo_is_the_same_beat_and_speed_moves_the_key():
    tempo, key = np.array([60.0, 118.0, 120 / 2 ** (1 / 12)]), np.array([2.0, 2.0, 1.0])
    speed, detuned = distance(tempo, key, Song(120.0, 2.0))
    assert speed == pytest.approx([1.0, 120 / 118, 2 ** (1 / 12)])
    assert detuned == pytest.approx([0.0, 12 * np.log2(120 / 118), 0.0], abs=1e-6)


TEMPI = {"a": (100, 0), "b": (101, 0), "c": (102, 6), "d": (140, 0), "e": (141, 6)}
"""Tempo and tonic of each song: only a and b go together, and the drums of c with them."""


@pytest.fixture(scope="module")
def songs(tmp_path_factory):
    root: Path = tmp_path_factory.mktemp("matching")
    for song, (tempo, tonic) in TEMPI.items():
        put(root / f"d/songs/{song}/drums.wav", clicks(tempo)[None])
        put(root / f"d/songs/{song}/bass.wav", chords(tonic, MAJOR)[None])
        put(root / f"d/songs/{song}/other.wav", 0.5 * chords(tonic, MAJOR)[None])
    put(root / "d/speech/x.wav", swelling(hiss(1, 3), 1))
    lines = [f"songs/{s}/{p}.wav,{p},{s},{s},train" for s in TEMPI for p in PARTS]
    text = "\n".join(["path,stem,song,group,split", *lines, "speech/x.wav,speech,,x,train"])
    (root / "d/manifest.csv").write_text(text)
    return open_pool(str(root / "d"), RATE, parse("drums"), cache=root / "pools")


PARTS = ("drums", "bass", "other")


def mixer(pool, **settings):
    gains = [parse("drums")[0].gains(pool.scope)]
    return Mixer(pool, gains, **{**LAWS, **SETTINGS, **settings})


def song_of(path):
    return Path(path).parent.name


def test_partners_have_the_tempo_and_the_key(songs):
    partners = Partners(songs, list(songs.songs("train", PARTS).values()))
    bass, speed = partners.of("a", "bass")
    assert [entry.song for entry in bass] == ["b"]
    assert speed == pytest.approx([100 / 101], rel=0.005)
    assert [entry.song for entry in partners.of("a", "drums")[0]] == ["b", "c"]
    assert partners.of("d", "bass")[0] == [] and partners.of("nobody", "bass")[0] == []


def test_matched_scenes_have_parts_of_songs_that_go_together(songs):
    scenes = mixer(songs, matched=1.0).scenes(range(60))
    matched = scenes.draws["matched"]
    assert 0.2 < matched.mean() < 1
    for scene in np.flatnonzero(matched):
        files = {stem: song_of(p) for stem, p in scenes.files[scene].items() if stem in PARTS}
        lead = files.get("bass") or files["other"]
        for stem, song in files.items():
            assert song == lead or {song, lead} <= {"a", "b"} or stem == "drums"
        tempi = np.array([TEMPI[song][0] for song in files.values()])
        assert tempi.max() / tempi.min() <= 1 + FASTER
        assert len(set(files.values())) > 1


def test_matched_parts_are_brought_to_one_tempo(songs):
    scenes = mixer(songs, matched=1.0, segment=8.0).scenes(range(40))
    drums, checked = scenes.scope.index("drums"), 0
    for scene in np.flatnonzero(scenes.draws["matched"]):
        names = {stem: song_of(path) for stem, path in scenes.files[scene].items()}
        lead = names.get("bass", names.get("other"))
        if "drums" in names and lead in "ab":
            heard = tempo_of(scenes.stems[scene, drums, 0], RATE)
            octave = round(np.log2(TEMPI[lead][0] / heard))
            assert heard * 2**octave == pytest.approx(TEMPI[lead][0], rel=0.012)
            checked += 1
    assert checked > 3


def test_a_pause_of_a_matched_part_is_silence(songs, monkeypatch):
    quiet = lambda self, entry, place, faster: np.full((1, self.frames), 1e-6, np.float32)  # noqa: E731
    monkeypatch.setattr("soundsieve.data.crops.Cropper._played", quiet)
    scenes = mixer(songs, matched=1.0).scenes(range(20))
    for scene in np.flatnonzero(scenes.draws["matched"]):
        for stem in PARTS:
            assert not scenes.stems[scene, scenes.scope.index(stem)].any()


def test_without_matching_nobody_listens_to_songs(songs, monkeypatch):
    monkeypatch.setattr(Partners, "_heard", lambda self, parts: pytest.fail("a song was heard"))
    plain = mixer(songs).scenes(range(8))
    coherent = mixer(songs, coherence=1.0, matched=1.0).scenes(range(8))
    assert not plain.draws["matched"].any() and not coherent.draws["matched"].any()


def test_scenes_that_are_not_matched_stay_what_they_are(songs):
    plain, some = (mixer(songs, matched=odds).scenes(range(30)) for odds in (0.0, 0.5))
    others = torch.from_numpy(~some.draws["matched"])
    assert 0 < others.sum() < 30
    assert torch.equal(plain.stems[others], some.stems[others])


def test_keys_agree_within_what_an_ear_lets_pass():
    assert 12 * np.log2(1 + FASTER) > DETUNED  # so speed alone does not make a match
