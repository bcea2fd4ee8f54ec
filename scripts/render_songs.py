"""Plays MIDI files as songs in aligned parts: drums, bass and the rest, to train `songs` on.

    python -m scripts.render_songs MIDI OUT [seconds=60] [split=train] [rate=44100] [seed=0]
                                   [fonts=FILE,FILE]

MIDI is a folder, with a manifest.csv of path and licence or without. Of each file that has two
parts or more, OUT/NAME/{drums,bass,other}.flac are written, and a row each in OUT/manifest.csv;
what is there already is not played again. Without `split`, a run shares the songs out. Every part
of a song is played through a soundfont of its own, all of them in one room, at one gain, through
one limiter, so that their sum is the master.

Needs fluidsynth and its soundfonts, by default those of the Debian packages ``fluid-soundfont-gm
timgm6mb-soundfont musescore-general-soundfont-small``; and mido. The licence of a song is that of
its MIDI file; the soundfonts are free, and what they play is not bound by their licences.
"""

import csv
import random
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import mido
import numpy as np
import soundfile
import torch
from numpy.typing import NDArray
from rich.progress import Progress

from soundsieve.data.effects.dynamics import limited
from soundsieve.data.manifest import MANIFEST, write_table

FONTS = (
    "/usr/share/sounds/sf2/FluidR3_GM.sf2",
    "/usr/share/sounds/sf2/TimGM6mb.sf2",
    "/usr/share/sounds/sf3/MuseScore_General_Lite.sf3",
)
PARTS = ("drums", "bass", "other")
KIT = 9
"""The channel of drum kits, counted from 0."""
BASSES, TOMS = range(32, 40), range(116, 119)
"""Programs of General MIDI, counted from 0: basses; taiko and toms, which are drums too."""
SECONDS, RATE, PEAK, FAINT = 60.0, 44100, 0.9, 1e-4
COLUMNS = ("path", "stem", "split", "group", "song", "licence", "seconds")


def main(words: list[str]) -> None:
    """Play all files that are not there yet, and write the manifest of all that are."""
    options = dict(word.split("=", 1) for word in words if "=" in word)
    folders = [Path(word) for word in words if "=" not in word]
    if len(folders) != 2 or options.keys() - {"seconds", "split", "rate", "seed", "fonts"}:
        sys.exit(__doc__)
    scores, out = folders
    try:
        seconds, rate = float(options.get("seconds", SECONDS)), int(options.get("rate", RATE))
        seed = int(options.get("seed", 0))
    except ValueError as error:
        sys.exit(f"seconds, rate and seed are numbers: {error}")
    fonts = options["fonts"].split(",") if "fonts" in options else list(FONTS)
    if shutil.which("fluidsynth") is None:
        sys.exit("fluidsynth is not installed; it plays the notes.")
    if missing := [font for font in fonts if not Path(font).is_file()]:
        sys.exit(f"no soundfont {missing[0]}; install it, or name others: fonts=FILE,FILE")
    files = sorted(path for path in scores.rglob("*") if path.suffix.lower() in (".mid", ".midi"))
    if not files:
        sys.exit(f"expected MIDI files in {scores}; there are none.")
    out.mkdir(parents=True, exist_ok=True)
    licences = licences_of(scores)
    make = partial(song, root=scores, out=out, fonts=fonts, seconds=seconds, rate=rate)
    rows = []
    with Progress() as progress, ThreadPoolExecutor() as pool:
        drawn = [random.Random(f"{seed} {path.name}") for path in files]
        found = progress.track(pool.map(make, files, drawn), len(files), description="playing")
        for path, own in zip(files, found, strict=True):
            licence = licences.get(path.relative_to(scores).as_posix(), "")
            rows += [row | {"licence": licence, "split": options.get("split", "")} for row in own]
    write_table(out / MANIFEST, COLUMNS, rows)
    print(f"{len({row['song'] for row in rows})} songs of {len(files)} files: {out / MANIFEST}")


def licences_of(scores: Path) -> dict[str, str]:
    """The licence of each file that the manifest of a folder names."""
    if not (manifest := scores / MANIFEST).exists():
        return {}
    with manifest.open(newline="", encoding="utf-8") as file:
        # A manifest may be written for the folder above.
        rows = [(row["path"].removeprefix(f"{scores.name}/"), row) for row in csv.DictReader(file)]
    return {path: row.get("licence", "") for path, row in rows}


def song(
    path: Path,
    draw: random.Random,
    *,
    root: Path,
    out: Path,
    fonts: list[str],
    seconds: float,
    rate: int,
) -> list[dict[str, object]]:
    """Write the parts of one song; its rows of the manifest, none where it has but one part."""
    name = "-".join(path.relative_to(root).with_suffix("").parts)
    folder, room = out / name, (draw.uniform(0.2, 0.8), draw.uniform(0.1, 0.5))
    chosen = [draw.choice(fonts) for _ in PARTS]
    threshold, release = -draw.uniform(0, 9), draw.uniform(20, 150)
    if not folder.exists():
        try:
            parts = split(mido.MidiFile(path, clip=True), seconds)
        except (OSError, EOFError, ValueError, mido.KeySignatureError) as error:
            print(f"{path} is left out: {str(error) or type(error).__name__}")
            return []
        fonts_of = zip(PARTS, chosen, strict=True)
        played = {part: play(parts[part], f, room, rate) for part, f in fonts_of if part in parts}
        stems = master(played, round(seconds * rate), threshold, release, rate)
        if len(stems) < 2:
            return []
        with tempfile.TemporaryDirectory(dir=out) as part:  # a folder that is there is whole
            for stem, audio in stems.items():
                soundfile.write(Path(part, f"{stem}.flac"), audio, rate)
            Path(part).rename(folder)
            Path(part).mkdir()
    return [
        {"path": f"{name}/{file.name}", "stem": file.stem, "group": name}
        | {"song": name, "seconds": round(soundfile.info(file).duration, 2)}
        for file in sorted(folder.glob("*.flac"))
    ]


def split(score: mido.MidiFile, seconds: float) -> dict[str, mido.MidiFile]:
    """A file for each part that has notes up to that time, with all that is no note in each."""
    files = {part: mido.MidiFile(type=0, ticks_per_beat=score.ticks_per_beat) for part in PARTS}
    tracks, last = {p: file.add_track() for p, file in files.items()}, dict.fromkeys(PARTS, 0)
    programs, heard, ticks, passed, tempo = [0] * 16, set(), 0, 0.0, 500_000
    for message in mido.merge_tracks(score.tracks):
        passed += mido.tick2second(message.time, score.ticks_per_beat, tempo)
        if passed > seconds:
            break
        ticks += message.time
        if message.type == "set_tempo":
            tempo = message.tempo
        elif message.type == "program_change":
            programs[message.channel] = message.program
        own = PARTS
        if message.type == "note_on" and message.velocity:  # ends are for all: no note hangs
            own = (part_of(message.channel, programs[message.channel]),)
            heard |= set(own)
        for part in own:
            tracks[part].append(message.copy(time=ticks - last[part]))
            last[part] = ticks
    for track in tracks.values():  # nor does one that is cut
        track += [mido.Message("control_change", channel=c, control=123) for c in range(16)]
    return {part: files[part] for part in PARTS if part in heard}


def part_of(channel: int, program: int) -> str:
    """Which part a note belongs to."""
    if channel == KIT or program in TOMS:
        return "drums"
    return "bass" if program in BASSES else "other"


def play(
    score: mido.MidiFile, font: str, room: tuple[float, float], rate: int
) -> NDArray[np.float32]:
    """A file through a soundfont, in a room of this size and level. Shape: `[time, channel]`."""
    size, level = room
    with tempfile.TemporaryDirectory() as folder:
        notes, sound = Path(folder, "notes.mid"), Path(folder, "sound.wav")
        score.save(notes)
        words = ["-ni", "-q", "-C", "0", "-R", "1", "-g", "0.3", "-r", str(rate), "-O", "float"]
        words += [
            "-o",
            f"synth.reverb.room-size={size:.3f}",
            "-o",
            f"synth.reverb.level={level:.3f}",
        ]
        subprocess.run(
            ["fluidsynth", *words, "-T", "wav", "-F", str(sound), font, str(notes)],
            check=True,
            capture_output=True,
        )
        return soundfile.read(sound, dtype="float32", always_2d=True)[0]


def master(
    played: dict[str, NDArray[np.float32]], frames: int, threshold: float, release: float, rate: int
) -> dict[str, NDArray[np.float32]]:
    """Parts of one length under one limiter, the loudest at a peak; what is faint is left out.

    The limiter's gain is that of the sum, and the same for all. Shape: `[time, channel]` each.
    """
    frames = min(frames, max(map(len, played.values()), default=0))
    if not frames:
        return {}
    fitted = {
        p: np.pad(a[:frames], ((0, max(frames - len(a), 0)), (0, 0))) for p, a in played.items()
    }
    mixture = torch.from_numpy(np.sum(list(fitted.values()), 0)).T[None]
    gain = limited(mixture, np.array([threshold]), np.array([release]), rate)[0, :, None].numpy()
    loudest = max(
        float(np.abs(audio * gain).max()) for audio in (*fitted.values(), mixture[0].T.numpy())
    )
    stems = {part: audio * (gain * PEAK / max(loudest, 1e-9)) for part, audio in fitted.items()}
    return {part: audio for part, audio in stems.items() if np.abs(audio).max() > FAINT}


if __name__ == "__main__":
    main(sys.argv[1:])
