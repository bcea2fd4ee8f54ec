"""Whole songs of a held-out split: every estimator's parts of each, scored by museval."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from torch import Tensor

from soundsieve.data.mixer import Scenes
from soundsieve.data.pool import Entry, Pool
from soundsieve.errors import UserError
from soundsieve.evaluation.bss_eval import (
    EXTRA,
    Track,
    is_installed,
    median,
    over_songs,
    sdr_scores,
    track_scores,
)
from soundsieve.evaluation.estimators import Estimator, ModelEstimator
from soundsieve.inference.separate import separate_audio
from soundsieve.recipe import Recipe
from soundsieve.runs import make_folder, versions, write_json
from soundsieve.stems import Stems
from soundsieve.target import Target

Measure = Callable[[str, Sequence[str], Tensor, Tensor, int], Track]
JSON = "songs.json"
REST = "accompaniment"
"""What museval calls all but the one target that there is."""


@dataclass
class SongScores:
    """What museval says of every song, by estimator. `about` says how it came about."""

    split: str
    about: dict[str, Any]
    tracks: dict[str, dict[str, Track]] = field(default_factory=dict)

    def summary(self) -> dict[str, Any]:
        """Median SDRs in dB: over the frames of each song, and of these over the songs."""
        return {
            "about": self.about,
            "songs": {
                name: {song: _plain(median(track)) for song, track in tracks.items()}
                for name, tracks in self.tracks.items()
            },
            "median": {name: _plain(over_songs(tracks)) for name, tracks in self.tracks.items()},
        }

    def save(self, folder: Path) -> None:
        """Writes songs.json, and museval's files as `museval/ESTIMATOR/SPLIT/SONG.json`."""
        for name, tracks in self.tracks.items():
            place = folder / "museval" / name.replace("/", "-") / self.split
            make_folder(place)
            for song, track in tracks.items():
                write_json(place / f"{song.replace('/', '-')}.json", track)
        write_json(folder / JSON, self.summary())


def measure_of(wish: str, pool: Pool, recipe: Recipe, console: Console) -> Measure | None:
    """How whole songs are to be scored, if at all; says so where museval is lacking.

    Raises UserError where they are wished for and the data is something else.

    Args:
        wish: museval, sdr, no, or auto: museval where it is installed and the data is songs.
    """
    if wish == "no":
        return None
    if not is_songs(pool, recipe.score.split, recipe.tree):
        if wish == "auto":
            return None
        raise UserError(
            f"songs={wish}: expected data of songs in parts and nothing else, with some in the "
            f"{recipe.score.split} split; it has {', '.join(pool.scope)}."
        )
    if wish != "sdr" and is_installed():
        return track_scores
    if wish == "museval":
        raise UserError(EXTRA)
    if wish == "auto":
        console.print(EXTRA, markup=False, soft_wrap=True)
    return sdr_scores


def is_songs(pool: Pool, split: str, stems: Stems) -> bool:
    """Whether a pool holds songs in parts and nothing else, with some in the split."""
    parts = all("music" in stems.path(stem)[:-1] for stem in pool.scope)
    return parts and len(pool.scope) > 1 and bool(pool.songs(split, pool.scope))


def score_songs(
    estimators: Sequence[Estimator],
    pool: Pool,
    recipe: Recipe,
    progress: Progress,
    measure: Measure = track_scores,
) -> SongScores:
    """Every estimator on every whole song of the recipe's split, for the targets that it has."""
    split = recipe.score.split
    songs = pool.songs(split, pool.scope)
    scores = SongScores(split, _about(pool, recipe, songs))
    task = progress.add_task("whole songs", total=len(songs) * len(estimators), detail="")
    for song, parts in songs.items():
        scenes = song_of(pool, parts)
        targets = [t for t in recipe.targets if _sounds(t, parts, pool, recipe)]
        if not targets:  # an instrumental has no vocals to be scored
            progress.advance(task, len(estimators))
            continue
        for estimator in estimators:
            progress.update(task, detail=f"{estimator.name}: {song}")
            track = _scored(estimator, song, scenes, targets, recipe, measure)
            scores.tracks.setdefault(estimator.name, {})[song] = track
            progress.advance(task)
    progress.remove_task(task)
    if not scores.tracks:
        raise UserError(f"no song of the {split} split has any of keep={recipe.keep} in it.")
    return scores


def song_of(pool: Pool, parts: Mapping[str, Entry]) -> Scenes:
    """A whole song as it was recorded, as the one scene of a batch."""
    frames = max(entry.frames for entry in parts.values())
    stems = np.zeros((1, len(pool.scope), pool.channels, frames), np.float32)
    for stem, entry in parts.items():
        stems[0, pool.scope.index(stem), :, : entry.frames] = pool.crop(entry, 0, frames)
    sound = torch.from_numpy(stems)
    return Scenes(pool.scope, sound, torch.ones(sound.shape[:2]), sample_rate=pool.sample_rate)


def song_tables(scores: SongScores) -> Iterator[Table]:
    """For each song, and for all, the median SDR of every estimator and target."""
    found = scores.summary()
    songs = list(next(iter(found["songs"].values())))
    for song in songs:
        rows = {name: of[song] for name, of in found["songs"].items()}
        yield _table(song, rows)
    if len(songs) > 1:
        yield _table(f"{len(songs)} songs of the {scores.split} split", found["median"])


def _scored(
    estimator: Estimator,
    song: str,
    scenes: Scenes,
    targets: Sequence[Target],
    recipe: Recipe,
    measure: Measure,
) -> Track:
    gains = [target.gains(scenes.scope, recipe.tree) for target in targets]
    references = torch.stack([scenes.target(request)[0] for request in gains])
    estimates = _answers(estimator, scenes, targets, gains)
    names = [str(target) for target in targets]
    if len(targets) == 1:  # museval measures what of one source is in another
        names.append(REST)
        mixture = scenes.mixture
        references, estimates = (torch.cat([x, mixture - x]) for x in (references, estimates))
    return measure(song, names, estimates, references, scenes.sample_rate)


def _answers(
    estimator: Estimator,
    scenes: Scenes,
    targets: Sequence[Target],
    gains: Sequence[Sequence[float]],
) -> Tensor:
    """What an estimator makes of a song; a model, block by block as files are separated.

    Shape: `-> [target, channel, time]`.
    """
    if isinstance(estimator, ModelEstimator):
        mixture = scenes.mixture[0]
        return separate_audio(estimator.model, mixture, scenes.sample_rate, targets)
    # One at a time: a song takes much memory.
    return torch.stack([estimator.estimate(scenes, [request])[0, 0] for request in gains])


def _sounds(target: Target, parts: Mapping[str, Entry], pool: Pool, recipe: Recipe) -> bool:
    """Whether a song has something of a target."""
    gains = dict(zip(pool.scope, target.gains(pool.scope, recipe.tree), strict=True))
    return any(gains[stem] > 0 for stem in parts)


def _about(pool: Pool, recipe: Recipe, songs: Mapping[str, Mapping[str, Entry]]) -> dict[str, Any]:
    trained = {stem: sum(e.frames for e in pool.entries[stem, "train"]) for stem in pool.scope}
    seconds = {name: max(e.frames for e in parts.values()) for name, parts in songs.items()}
    rate = pool.sample_rate
    return {
        "keep": recipe.keep,
        "data": recipe.data.path,
        "split": recipe.score.split,
        "sample_rate": rate,
        "channels": pool.channels,
        "seconds": {name: round(frames / rate, 1) for name, frames in seconds.items()},
        "train_seconds": {stem: round(frames / rate, 1) for stem, frames in trained.items()},
        "versions": versions(),
    }


def _table(title: str, rows: Mapping[str, Mapping[str, float | None]]) -> Table:
    names = list(dict.fromkeys(name for row in rows.values() for name in row))
    table = Table("median SDR, dB", *names, title=title, title_justify="left")
    for name, row in rows.items():
        cells = (row.get(target) for target in names)
        table.add_row(name, *("" if cell is None else f"{cell:.2f}" for cell in cells))
    return table


def _plain(values: Mapping[str, float]) -> dict[str, float | None]:
    """As JSON has it, without nan."""
    return {k: round(v, 3) if np.isfinite(v) else None for k, v in values.items()}
