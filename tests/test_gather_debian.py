"""Recordings of free games: what is music, noise, perhaps a voice, and what is held out."""

import zipfile

import numpy as np
import pytest
import soundfile

from scripts import gather_debian
from scripts.gather_debian import (
    candidates,
    cut,
    held_out,
    licence_of,
    licences,
    main,
    open_archives,
    plain,
)

COPYRIGHT = """\
Format: 1.0

Files: *
Copyright: some
License: GPL-2+

Files: data/music/* data/sound/wind.ogg
Copyright: others
License: CC-BY-3.0
"""


@pytest.fixture
def package(tmp_path):
    root = tmp_path / "usr/share/game"
    sounds = "music/hills.ogg music/a_speech.ogg sound/wind.ogg sound/rain_2.ogg sound/voice_1.ogg"
    for name in [*sounds.split(), "tracks/farm/sheep.ogg"]:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    about = tmp_path / "usr/share/doc/game/copyright"
    about.parent.mkdir(parents=True)
    about.write_text(COPYRIGHT)
    return tmp_path


def test_folders_tell_music_and_words_tell_voices(package):
    found = {path.name: kind for path, kind in candidates(package, "game-data", set())}
    noises = dict.fromkeys(["wind.ogg", "rain_2.ogg", "sheep.ogg"], "noise")
    assert found == {"hills.ogg": "music", **noises}


def test_a_take_of_what_is_held_out_is_not_taken(package, tmp_path):
    pool = tmp_path / "pool"
    pool.mkdir()
    rows = "path,split,original_path\na.opus,test,x/rain_11.ogg\nb.opus,train,x/wind.ogg\n"
    (pool / "manifest.csv").write_text(rows)
    assert held_out(pool) == {plain("rain_3")}
    names = [path.name for path, _ in candidates(package, "game-data", held_out(pool))]
    assert "rain_2.ogg" not in names and "wind.ogg" in names


def test_the_licence_is_that_of_the_last_pattern_that_fits(package):
    table = licences(package)
    assert licence_of("usr/share/game/music/hills.ogg", table) == "CC-BY-3.0"
    assert licence_of("usr/share/game/sound/wind.ogg", table) == "CC-BY-3.0"
    assert licence_of("usr/share/game/sound/rain_2.ogg", table) == "GPL-2+"
    assert "debian/copyright" in licence_of("a.ogg", [])


def test_a_cut_is_mono_at_one_rate_and_loud(tmp_path):
    tone = 0.1 * np.sin(np.arange(44100 * 2) * 0.05)
    soundfile.write(tmp_path / "tone.wav", np.stack([tone, tone], 1), 44100)
    audio = cut(tmp_path / "tone.wav", "noise")
    assert audio is not None and abs(len(audio) - 32000) < 10
    assert np.abs(audio).max() == pytest.approx(0.7, abs=0.01)
    assert cut(tmp_path / "tone.wav", "music") is None  # too short for a piece
    soundfile.write(tmp_path / "silence.wav", np.zeros(44100), 44100)
    assert cut(tmp_path / "silence.wav", "noise") is None
    (tmp_path / "text.wav").write_text("no sound")
    assert cut(tmp_path / "text.wav", "noise") is None


def test_sounds_in_an_archive_of_a_game_are_found(package):
    with zipfile.ZipFile(package / "usr/share/game/pak0.pk3", "w") as archive:
        archive.writestr("music/storm.ogg", b"")
        archive.writestr("maps/hall.bsp", b"")
    (package / "usr/share/game/data.wz").write_text("no archive")
    open_archives(package)
    found = {path.name: kind for path, kind in candidates(package, "game-data", set())}
    assert found["storm.ogg"] == "music"
    assert not (package / "usr/share/game/pak0/maps/hall.bsp").exists()


def test_what_was_gathered_stays_when_a_later_package_is_not_to_be_had(tmp_path, monkeypatch):
    def unpack(package, place):
        if package == "gone":
            raise SystemExit("apt-get cannot download gone")
        opened.append(package)
        sound = 0.1 * np.sin(np.arange(16000 * 13) * 0.05)
        soundfile.write(place / "theme.wav", sound, 16000)

    opened = []
    monkeypatch.setattr(gather_debian, "unpack", unpack)
    for _ in range(2):
        with pytest.raises(SystemExit, match="gone"):
            main([str(tmp_path), "packages=game-music,gone"])
    assert opened == ["game-music"]  # once: the second run finds it there
    manifest = (tmp_path / "music4/manifest.csv").read_text().splitlines()
    assert len(manifest) == 2 and "debian:game-music" in manifest[1]
    name = manifest[1].split(",")[0]
    assert soundfile.info(tmp_path / name).duration == pytest.approx(13, abs=0.1)
