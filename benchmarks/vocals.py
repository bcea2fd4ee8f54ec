"""Voices over instruments that play their notes: what the parts of training scenes should share.

A model of two heads, vocals and all else, is trained on parts of one song, of any songs, of both in
turn, of songs of like key and tempo, with and without a room that all parts share. All are scored
on excerpts of held-out songs, those apart in which the voice and the instruments are on the same
notes. compare.py says which words it takes; needs the extra `songs`.
"""

from argparse import Namespace
from dataclasses import replace

import librosa
import numpy as np
from coherence import EXCERPTS, SECONDS, excerpts, models_of, score_songs
from compare import (
    FIGURES,
    MEASURE,
    Result,
    Variant,
    compare,
    facts,
    paired,
)
from matplotlib.figure import Figure
from numpy.typing import NDArray
from page import cell, gap, page, verdict
from render import table

from soundsieve.data.mixer import Scenes
from soundsieve.errors import UserError
from soundsieve.evaluation.scores import ALL, Scores
from soundsieve.report.figures import COLOURS, save

VOICE, BACKING = "vocals", "music-vocals"
FIRST = "half and half"
ROOM = "mix.effects.room=0.5"
DIAL = {
    FIRST: ("mix.coherence=0.5",),
    f"{FIRST}, shared room": ("mix.coherence=0.5", ROOM),
    "coherent": ("mix.coherence=1",),
    "random": ("mix.coherence=0",),
    "random, shared room": ("mix.coherence=0", ROOM),
    "same key and tempo": ("mix.coherence=0", "mix.matched=1"),
}
SHARED, APART = "same notes", "other notes"
STRONG = 0.7
"""Of the strongest note of the instruments, from which a note counts as played by them."""
FIGURE = "vocals.png"
TEXT = """\
A model with one head for the vocals and one for the rest of a song (`keep={keep}`): the same
network, data, seed and length of training, but for what the parts of a training scene share: one
song (`mix.coherence=1`), nothing (0), one song in half of the scenes, or key and tempo
(`mix.matched=1`); and with `mix.effects.room=0.5`, in about a third of the scenes, a simulated room
for all of them. Mean SI-SDR
improvement of the vocals in dB over excerpts of {seconds:g} s as they were recorded; held-out
songs: {songs}. In half of the excerpts, *{same}*, the voice is more than elsewhere on notes that
the instruments play: its strongest pitch class has {strong:g} of the energy of their strongest one,
for {median:.0%} of its energy or more. Where the vocals are 25 dB or more under the song, they are
not scored. The intervals speak of other excerpts of these songs, not of other songs."""


def measure(options: Namespace) -> Result:
    """Trains a model for each setting, and scores all on the same excerpts."""
    words = f"keep={VOICE},{BACKING}", "model=multihead"
    variants = [Variant(label, (*words, *own)) for label, own in DIAL.items()]
    recipe, pool, models = models_of(variants, options)
    songs = pool.songs(recipe.score.split, pool.scope)
    songs = {name: parts for name, parts in songs.items() if VOICE in parts}
    if not songs:
        raise UserError(f"no song with vocals in the {recipe.score.split} split of the data.")
    count = options.scenes or EXCERPTS
    scores = score_songs(models, pool, songs, recipe, count)
    scores.rows = [row for row in scores.rows if row.target == VOICE]
    share = shared_notes(excerpts(pool, songs, count, range(count)))
    heard = np.array([np.isfinite(row.values[MEASURE]) for row in scores.of(VOICE, FIRST)])
    median = float(np.median(share[heard]))
    scores.rows = [
        replace(row, texture=SHARED if share[row.index] >= median else APART) for row in scores.rows
    ]
    save(picture(scores, share), options.out / FIGURES / FIGURE)
    return {
        **facts(recipe, scores),
        "scored": f"{count} excerpts",
        "songs": len(songs),
        "seconds": SECONDS,
        "strong": STRONG,
        "same": SHARED,
        "median": median,
        "scores": scores.summary()["scores"][VOICE],
        "differences": {
            label: paired(scores, label, FIRST)[ALL] for label in DIAL if label != FIRST
        },
    }


def shared_notes(scenes: Scenes) -> NDArray[np.float64]:
    """For what share of its energy the voice is on a pitch class that the instruments play.

    Drums have none. Shape: `-> [scene]`.
    """
    voice = scenes.scope.index(VOICE)
    tuned = [i for i, stem in enumerate(scenes.scope) if stem not in (VOICE, "drums")]
    found = []
    for stems in scenes.stems.mean(2).numpy():
        chroma = [
            librosa.feature.chroma_stft(y=sound, sr=scenes.sample_rate, norm=None, tuning=0.0)
            for sound in (stems[voice], stems[tuned].sum(0))
        ]
        sung, played = chroma
        note = sung.argmax(0)
        both = np.take_along_axis(played, note[None], 0)[0] >= STRONG * played.max(0)
        energy = sung.sum(0)
        found.append((energy * both).sum() / max(energy.sum(), 1e-12))
    return np.array(found)


def render(result: Result) -> str:
    """The page of a result."""
    found, apart = result["scores"], result["differences"]
    groups = [ALL, f"texture {APART}", f"texture {SHARED}"]
    rows = [
        [
            label,
            *(cell(found[label].get(group, {}).get(MEASURE)) for group in groups),
            gap(apart.get(label)),
        ]
        for label in found
    ]
    columns = ["trained on", "all excerpts", APART, SHARED, f"over {FIRST}, paired"]
    says = [
        verdict(f"training on '{label}'", f"on '{FIRST}'", difference)
        for label, difference in apart.items()
    ]
    return page(
        "Voices over instruments of the same pitch",
        result,
        TEXT.format(**result),
        table({"columns": columns, "rows": rows}),
        "\n".join(says),
        f"![Improvement over shared notes](figures/{FIGURE})",
    )


def picture(scores: Scores, share: NDArray[np.float64]) -> Figure:
    """What each training reached in each excerpt, over the notes that voice and band share."""
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    axes = figure.subplots()
    for colour, label in zip(COLOURS, scores.estimators, strict=True):
        reached = np.array([row.values[MEASURE] for row in scores.of(VOICE, label)])
        there = np.isfinite(reached)
        x, y = 100 * share[there], reached[there]
        axes.scatter(x, y, s=9, color=colour, label=label, alpha=0.7)
        ends = np.array([x.min(), x.max()])
        axes.plot(ends, np.polynomial.Polynomial.fit(x, y, 1)(ends), color=colour, linewidth=1)
    axes.set_xlabel("energy of the voice on notes that the instruments play, %")
    axes.set_ylabel("SI-SDR improvement, dB")
    axes.legend(fontsize="x-small")
    return figure


if __name__ == "__main__":
    compare("vocals", __doc__, measure, render)
