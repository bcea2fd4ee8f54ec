"""The conflict check on recordings whose stems are known: what it finds, and what it should not.

    python benchmarks/conflicts.py data=FOLDER [planted=50] [rounds=3] [copies=100] [name=conflicts]

In each round so many recordings of music and of speech are called noise, at most two of a group.
Copies are made of recordings of every stem: through Opus, at another level, after silence.
"""

import sys
import time
from collections.abc import Sequence

import numpy as np
import torch
from render import record
from rich.console import Console

from soundsieve.audio.codec import codec_round_trip
from soundsieve.config import resolve
from soundsieve.data.conflicts import EVIDENT, find_conflicts
from soundsieve.data.cues import spectra
from soundsieve.data.fingerprints import SECONDS, fingerprint_of, same_recordings
from soundsieve.data.opening import pool_of
from soundsieve.data.pool import Entry, Pool
from soundsieve.data.survey import Heard, Survey, hear, likenesses, recordings
from soundsieve.export.proof import processor
from soundsieve.progress import progress_bar
from soundsieve.target import parse

KEEP = "speech+music"
QUALITY = 0.3  # of Opus, 0 to 1
COPY = "copy"  # the stem of copies, so that they are compared with all others
TEXT = """\
{count} recordings, {hours:.1f} hours, {share:.0f} % of them noise. {planted} recordings of music
and {planted} of speech a round, {rounds} rounds, are called noise, and the classifier is fitted to
that. Every other recording of noise that is found counts as a false alarm, though some of them may
hold music or speech: those found where nothing was planted are in the second table, by the kind
that their corpus gives. Copies of {copies} recordings went through Opus, are 12 dB down and begin
0.1 s later; they are compared with every recording, those of their own stem and series too. Hearing
the pool took {cpu:.0f} s of processor time and judging it {judging:.1f} s, once for the same data.
The method: ridge regression on random features of numbers on timbre, pitch, notes, rhythm and
dynamics of at most three cuts a recording, each judged by the cuts of other groups."""


def main(words: Sequence[str]) -> None:
    """Measure, and write the result."""
    options = {"planted": "50", "rounds": "3", "copies": "100", "name": "conflicts"}
    options |= dict(word.split("=", 1) for word in words)
    torch.set_num_threads(1)
    with progress_bar(Console()) as progress:
        recipe = resolve(None, [f"keep={KEEP}", f"data={options['data']}"])
        pool, names, entries = recordings(pool_of(recipe, progress))
        task = progress.add_task("hearing", total=len(entries), detail="")
        start = time.process_time()
        heard = hear(pool, entries, lambda done, of: progress.update(task, completed=done))
        cpu = time.process_time() - start
    start = time.process_time()
    natural = conflicts(names, entries, heard, pool.scope)
    judging = time.process_time() - start
    planted, rounds, copies = (int(options[key]) for key in ("planted", "rounds", "copies"))
    found = [plant(names, entries, heard, pool.scope, planted, seed) for seed in range(rounds)]
    rows = [[f"{name} in noise", *np.mean([one[name] for one in found], 0)] for name in EVIDENT]
    rows.append(copied(pool, names, heard, entries, copies))
    kinds: dict[str, list[str]] = {}
    for number, name, margin in natural:
        kind = entries[number].source.kind or entries[number].source.path.stem
        kinds.setdefault(f"{kind}, {name}", []).append(f"{margin:.2f}")
    hours = sum(entry.frames for entry in entries) / pool.sample_rate / 3600
    text = TEXT.format(
        count=len(entries),
        hours=hours,
        share=100 * names.count("noise") / len(entries),
        planted=planted,
        rounds=rounds,
        copies=copies,
        cpu=cpu,
        judging=judging,
    )
    tables = [
        {
            "columns": ["planted", "precision", "recall", "false alarms a round"],
            "rows": rows,
        },
        {
            "columns": ["kind of noise, and what it sounds like", "recordings", "margins"],
            "rows": [[k, len(m), ", ".join(m)] for k, m in sorted(kinds.items())],
            "title": "Found where nothing was planted",
        },
    ]
    record(options["name"], title="Conflicts", text=text, tables=tables, machine=processor())


def conflicts(
    names: Sequence[str], entries: Sequence[Entry], heard: Heard, scope: Sequence[str]
) -> list[tuple[int, str, float]]:
    """What sounds like another stem: its place, that stem, and by how much."""
    classes, likeness = likenesses(names, entries, heard)
    nothing = np.zeros((0, 3), np.float32), np.full(len(entries), np.nan, np.float32)
    survey = Survey(tuple(names), tuple(entries), classes, likeness, *nothing)
    places = {str(entry.source.path): number for number, entry in enumerate(entries)}
    found = find_conflicts(survey, scope, parse(KEEP))
    return [(places[one.path], one.other, one.score) for one in found if one.stem == "noise"]


def plant(
    names: Sequence[str],
    entries: Sequence[Entry],
    heard: Heard,
    scope: Sequence[str],
    count: int,
    seed: int,
) -> dict[str, tuple[float, float, float]]:
    """Precision, recall and false alarms where some recordings are called noise."""
    shuffle = np.random.default_rng(seed).permutation(len(entries)).tolist()
    labels, planted = list(names), {}
    for name in EVIDENT:
        taken: dict[str, list[int]] = {}
        for number in shuffle:
            some = taken.setdefault(entries[number].group, [])
            if names[number] == name and len(some) < 2:
                some.append(number)
        planted[name] = set([number for some in taken.values() for number in some][:count])
        for number in planted[name]:
            labels[number] = "noise"
    found = conflicts(labels, entries, heard, scope)
    scores = {}
    for name in EVIDENT:
        here = {number for number, other, _ in found if other == name}
        right = len(here & planted[name])
        scores[name] = right / max(len(here), 1), right / count, float(len(here) - right)
    return scores


def copied(
    pool: Pool, names: Sequence[str], heard: Heard, entries: Sequence[Entry], count: int
) -> list[str | float]:
    """The row of copies: each is compared with all recordings of all stems."""
    long = [n for n, entry in enumerate(entries) if entry.frames > 1.5 * pool.sample_rate]
    chosen = [long[int(place)] for place in np.linspace(0, len(long) - 1, count)]
    prints = list(heard.prints)
    for number in chosen:
        sound = torch.from_numpy(pool.mono(entries[number], 0, SECONDS * pool.sample_rate))[None]
        sound = codec_round_trip(0.25 * sound, pool.sample_rate, "opus", QUALITY)[0]
        late = torch.nn.functional.pad(sound, (pool.sample_rate // 10, 0))
        prints.append(fingerprint_of(spectra(late, pool.sample_rate), pool.sample_rate))
    order = {name: number for number, name in enumerate(dict.fromkeys([*names, COPY]))}
    found = same_recordings(prints, [order[name] for name in (*names, *[COPY] * count)])
    pairs = {(one, other) for one, other, _ in found}
    right = len(pairs & {(number, len(names) + i) for i, number in enumerate(chosen)})
    return ["copies", right / max(len(pairs), 1), right / count, float(len(pairs) - right)]


if __name__ == "__main__":
    main(sys.argv[1:])
