"""Music and noise of free games, out of Debian packages, to train `any` on.

    python -m scripts.gather_debian OUT [heldout=FOLDER] [packages=NAME,NAME...]

Downloads packages with apt, and writes OUT/music4 and OUT/noise4, mono at 16 kHz in Opus, each with
a manifest.csv. What is music says its folder; what may be a voice says a word in its path, and of
the rest `any` hears what is speech and music after all: such noise is left out. So is whatever has
the name of a recording that `heldout`, a pool with manifests, keeps for valid or test. The licence
of a file is that of its package's debian/copyright. Of music two minutes are taken after the first
ten seconds, of noise 20 s from the start. A package whose sounds are there already is passed over.

Needs a Debian with apt and dpkg-deb.
"""

import csv
import fnmatch
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
import torch
from numpy.typing import NDArray
from rich.progress import track
from torchaudio.functional import resample

from soundsieve.data.manifest import MANIFEST, write_table
from soundsieve.models.find import find

PACKAGES = (
    "0ad-data",
    "a7xpg-data",
    "amoebax-data",
    "angrydd",
    "ardentryst",
    "asc-music",
    "asterisk-moh-opsound-wav",
    "btanks-data",
    "bzflag-data",
    "caveexpress-data",
    "colobot-common-sounds",
    "cube2-data",
    "endless-sky-data",
    "enigma-data",
    "extremetuxracer-data",
    "fillets-ng-data",
    "flare-game",
    "flightgear-data-base",
    "freeciv-data",
    "freecol",
    "freedroidrpg-data",
    "freeorion-data",
    "fretsonfire-songs-muldjord",
    "fretsonfire-songs-sectoid",
    "gigalomania-data",
    "glob2-data",
    "hedgewars-data",
    "hex-a-hop-data",
    "holotz-castle-data",
    "hyperrogue-music",
    "lincity-ng-data",
    "lordsawar-data",
    "lugaru-data",
    "marsshooter-data",
    "megaglest-data",
    "mu-cade-data",
    "naev-data",
    "openarena-081-misc",
    "openarena-088-data",
    "openarena-data",
    "openarena-oacmp1",
    "openclonk-data",
    "pathological",
    "pink-pony-data",
    "planetblupi-common",
    "powermanga-data",
    "raincat-data",
    "redeclipse-data",
    "scorched3d-data",
    "searchandrescue-data",
    "singularity-music",
    "solarwolf",
    "starfighter-data",
    "stormbaancoureur-data",
    "supertux-data",
    "supertuxkart-data",
    "titanion-data",
    "torcs-data",
    "torus-trooper-data",
    "trackballs-data",
    "tuxfootball",
    "tuxtype-data",
    "ufoai-music",
    "ufoai-sound",
    "unknown-horizons",
    "warmux-data",
    "warzone2100-data",
    "warzone2100-music",
    "wesnoth-1.16-data",
    "wesnoth-1.16-music",
    "widelands-data",
    "xmoto-data",
    "zaz-data",
)
ARCHIVES = {".zip", ".pk3", ".wz"}
"""Zip files under the names that games give them."""
AUDIO = {".ogg", ".wav", ".flac", ".mp3", ".oga", ".opus"}
MUSIC = re.compile(r"music|/mus/|track[^/]*$|song|theme|fanfare|/bgm|moh", re.IGNORECASE)
VOICE = re.compile(
    r"voice|speech|speak|dialog|talk|taunt|announc|/vo/|lang|player|pain|/(cs|nl|de|en|fr|sv)/|cheer"
    r"|laugh|scream|male|human|unit|pilot|radio|atc|hello|count",
    re.IGNORECASE,
)
SPOKEN = re.compile(r"voice|speech|dialog", re.IGNORECASE)
TONES = re.compile(
    r"menu|click|beep|button|/ui/|gui|interface|chat|message|notify|select|jingle|victory|defeat"
    r"|alert|horn_signal|startlife|new_era|bell_|note|instrument|piano|guitar|flute|drum|bass|synth"
    r"|chord",
    re.IGNORECASE,
)
RATE, PEAK, FAINT = 16000, 0.7, 0.01
SKIPPED = {"music": 10.0, "noise": 0.0}
TAKEN = {"music": 120.0, "noise": 20.0}
LENGTHS = {"music": (12.0, float("inf")), "noise": (0.8, 90.0)}
"""Seconds that a recording has, at least and at most."""
HEARD = 12.0
"""Seconds of a noise that are judged."""
VOICES, TUNES = 0.2, 0.6
"""Shares of the power that may be speech or prompts, and music, in a noise."""
QUALITY = 0.937
COLUMNS = ("path", "split", "group", "class", "licence", "seconds", "repo", "original_path")
Row = dict[str, object]


def main(words: list[str]) -> None:
    """Downloads, sorts, judges, writes."""
    options = dict(word.split("=", 1) for word in words if "=" in word)
    folders = [Path(word) for word in words if "=" not in word]
    if len(folders) != 1 or options.keys() - {"heldout", "packages"}:
        sys.exit(__doc__)
    names = held_out(Path(options["heldout"])) if "heldout" in options else set()
    packages = options["packages"].split(",") if "packages" in options else PACKAGES
    tables = {kind: folders[0] / f"{kind}4" / MANIFEST for kind in LENGTHS}
    rows = {kind: rows_of(table) for kind, table in tables.items()}
    there = {row["repo"] for some in rows.values() for row in some}
    judge = find("any").eval()
    for package in track([name for name in packages if f"debian:{name}" not in there]):
        for kind, row in gathered(package, folders[0], names, judge):
            rows[kind].append(row)
        for kind, some in rows.items():
            if some:
                write_table(tables[kind], COLUMNS, some)


def rows_of(table: Path) -> list[Row]:
    """The rows of a manifest, of none where there is none."""
    if not table.exists():
        return []
    with table.open(newline="", encoding="utf-8") as file:
        return [dict(row) for row in csv.DictReader(file)]


def gathered(
    package: str, out: Path, names: set[str], judge: torch.nn.Module
) -> Iterator[tuple[str, Row]]:
    """Writes what a package has, and gives the kind and the row of each recording."""
    with tempfile.TemporaryDirectory() as place:
        unpack(package, Path(place))
        known = licences(Path(place))
        for path, kind in candidates(Path(place), package, names):
            audio = cut(path, kind)
            if audio is None or (kind == "noise" and not is_noise(audio, judge)):
                continue
            relative = str(path.relative_to(place))
            name = f"{package}_{re.sub('[^A-Za-z0-9]+', '_', relative)[-90:]}"
            row: Row = {"path": f"{kind}4/{name}.opus", "split": "train", "group": name}
            row |= {"class": f"{package}/{path.parent.name}", "repo": f"debian:{package}"}
            row |= {"licence": licence_of(relative, known), "seconds": len(audio) / RATE}
            put(out / str(row["path"]), audio)
            yield kind, row | {"original_path": relative}


def held_out(pool: Path) -> set[str]:
    """The plain names of what a pool's manifests keep from training."""
    found = set()
    for manifest in pool.rglob(MANIFEST):
        with manifest.open(newline="", encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row.get("split", "train") != "train"]
        found |= {plain(Path(row.get("original_path") or row["path"]).stem) for row in rows}
    return found


def plain(name: str) -> str:
    """A name without its number: takes of one thing belong together.

    >>> plain("rain_02")
    'rain'
    """
    return re.sub(r"[\d_\-\s]+$", "", name.lower())


def unpack(package: str, place: Path) -> None:
    """The sounds of a package and what its copyright file says."""
    if subprocess.run(["apt-get", "-q", "download", package], cwd=place).returncode:
        sys.exit(
            f"apt-get cannot download {package}: check its name, or run apt-get update; "
            "the same command goes on after what is written."
        )
    found = next(place.glob("*.deb"))
    subprocess.run(["dpkg-deb", "-x", found, place], check=True)
    found.unlink()
    open_archives(place)


def open_archives(place: Path) -> None:
    """Puts the sounds that zip files hold into folders of their names."""
    for path in list(place.rglob("*")):
        if path.suffix.lower() in ARCHIVES and zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                sounds = [name for name in archive.namelist() if Path(name).suffix.lower() in AUDIO]
                archive.extractall(path.with_suffix(""), sounds)


def licences(place: Path) -> list[tuple[str, str]]:
    """Patterns and licences of a machine-readable debian/copyright, in its order."""
    found = []
    for file in place.glob("usr/share/doc/*/copyright"):
        for part in re.split(r"\n\s*\n", file.read_text(encoding="utf-8", errors="replace")):
            files = re.search(r"^Files:\s*(.*?)(?=^\S+:)", part, re.MULTILINE | re.DOTALL)
            licence = re.search(r"^License:\s*(\S.*)$", part, re.MULTILINE)
            if files and licence:
                found += [(pattern, licence[1].strip()) for pattern in files[1].split()]
    return found


def licence_of(relative: str, table: list[tuple[str, str]]) -> str:
    """The licence of the last pattern that fits; a package installs elsewhere than its source.

    >>> licence_of("usr/share/game/music/a.ogg", [("*", "GPL-2+"), ("data/music/*", "CC-BY-3.0")])
    'CC-BY-3.0'
    """
    found = "as debian/copyright says (Debian main)"
    *folders, name = relative.split("/")
    for pattern, licence in table:
        *above, last = pattern.split("/")
        whole = last == "*" and (not above or above[-1] in folders)
        if whole or (last != "*" and fnmatch.fnmatch(name, last)):
            found = licence
    return found


def candidates(place: Path, package: str, names: set[str]) -> Iterator[tuple[Path, str]]:
    """Files that may be music or noise, by their paths, and which of them."""
    for path in sorted(place.rglob("*")):
        if path.suffix.lower() not in AUDIO or plain(path.stem) in names:
            continue
        relative = f"/{path.relative_to(place)}"
        if MUSIC.search(relative) or MUSIC.search(package):
            if not SPOKEN.search(relative):
                yield path, "music"
        elif not VOICE.search(relative) and not TONES.search(relative):
            yield path, "noise"


def cut(path: Path, kind: str) -> NDArray[np.float32] | None:
    """A part of a recording; none where it is too short, too long, faint or no sound at all."""
    try:
        about = soundfile.info(path)
        least, most = LENGTHS[kind]
        if not least <= about.duration <= most:
            return None
        start = SKIPPED[kind] if about.duration > SKIPPED[kind] + TAKEN[kind] else 0.0
        frames = round(TAKEN[kind] * about.samplerate)
        first = round(start * about.samplerate)
        audio, rate = soundfile.read(path, frames, first, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError:
        return None
    mono = resample(torch.from_numpy(audio.mean(1)), rate, RATE).numpy()
    peak = np.abs(mono).max(initial=0)
    return mono * (PEAK / peak) if peak > FAINT else None


@torch.no_grad()
def is_noise(audio: NDArray[np.float32], judge: torch.nn.Module) -> bool:
    """Whether a model hears neither a voice nor mostly music in it."""
    sound = torch.from_numpy(np.resize(audio, round(HEARD * RATE)))
    power = judge(sound[None, None])[0, :, 0].square().sum(-1)
    speech, music, _, prompts = (power / power.sum()).tolist()
    return speech + prompts < VOICES and music < TUNES


def put(path: Path, audio: NDArray[np.float32]) -> None:
    """Writes Opus."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, audio, RATE, "OPUS", format="OGG", compression_level=QUALITY)


if __name__ == "__main__":
    main(sys.argv[1:])
