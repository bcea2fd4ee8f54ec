"""Comparisons differ in one thing, and their pages say what their figures say."""

import argparse
import importlib
import json
import math
from pathlib import Path

import pytest
import torch

from soundsieve.audio.io import info
from soundsieve.data.mixer import Scenes
from soundsieve.errors import UserError
from tests.conftest import RATE, put, tone

ROOT = Path(__file__).parents[1]
NAMES = {
    "snr": "snr",
    "realism": "realism",
    "coherence": "coherence",
    "vocals": "vocals",
    "masks": "masks",
    "one-or-two": "one_or_two",
    "against-asteroid": "against_asteroid",
    "finetune": "finetune",
}
FACTS = {
    "command": "python benchmarks/x.py --steps 800",
    "data": "starter",
    "keep": "speech+music",
    "steps": 800,
    "batch": 8,
    "seed": 0,
    "split": "valid",
    "scored": "48 scenes at each SNR",
    "versions": {"commit": "0123456789", "torch": "2.14.1"},
}
OPTIONS = argparse.Namespace(
    data="starter",
    steps=20,
    seed=3,
    scenes=None,
    words=["train.batch=2"],
    out=ROOT,
    jobs=1,
    minutes=None,
)


@pytest.fixture
def module(monkeypatch):
    """Imports a script of benchmarks/, whose folder is first on the path when it runs."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    return importlib.import_module


def said(text: str) -> str:
    """A page without its line breaks."""
    return " ".join(text.split())


def interval(mean: float, half: float = 0.25) -> dict:
    return {"mean": mean, "low": mean - half, "high": mean + half, "n": 48}


def groups(mean: float) -> dict:
    names = ("all", "snr -5", "snr 5")
    return {name: {"si_sdr_improvement": interval(mean + i)} for i, name in enumerate(names)}


def apart(mean: float) -> dict:
    return {name: interval(mean + i) for i, name in enumerate(("all", "snr -5", "snr 5"))}


def test_the_better_model_is_called_so_only_beyond_the_interval(module):
    verdict = module("page").verdict
    assert verdict("wide", "narrow", interval(1.2)) == (
        "Wide is 1.20 dB better than narrow (0.95 to 1.45)."
    )
    assert "1.20 dB worse than narrow (0.95 to 1.45)" in verdict("wide", "narrow", interval(-1.2))
    assert "not certainly better or worse" in verdict("wide", "narrow", interval(0.2))
    alone = {"mean": 1.0, "low": None, "high": None, "n": 1}
    assert "not certainly" in verdict("wide", "narrow", alone)


def test_nothing_has_no_sign(module):
    gap = module("page").gap
    assert gap(interval(-0.001, 0.5)) == "0.00 (-0.50 to +0.50)"
    assert gap(None) == ""


def test_the_page_on_snr_has_every_figure_and_its_source(module):
    found = {"5 dB only": groups(3.0), "-5 to 20 dB": groups(4.5), "around 3 dB": groups(4.0)}
    differences = {"5 dB only": apart(1.5), "around 3 dB": apart(0.5)}
    text = module("snr").render({**FACTS, "scores": found, "differences": differences})
    assert text.startswith("# One SNR or many\n")
    assert "| -5 to 20 dB | 5.5 (5.2 to 5.8) | 6.5 (6.2 to 6.8) | 4.5 (4.2 to 4.8) |" in said(text)
    assert "is 2.50 dB better than the one trained at 5 dB only at -5 dB (2.25 to 2.75)." in said(
        text
    )
    assert "0.50 dB better than the one around 3 dB (0.25 to 0.75)." in said(text)
    assert "800 steps of 8 scenes, seed 0" in said(text)
    assert "`python benchmarks/x.py --steps 800` at commit 0123456789, torch 2.14.1." in said(text)


def test_the_page_on_rooms_compares_on_every_kind_of_scene(module):
    realism = module("realism")
    one = {"trained dry": groups(3.0), "trained on real scenes": groups(2.0)}
    sets = {kind: {"scores": one, "difference": apart(-1.0)} for kind in realism.SCORED}
    text = realism.render({**FACTS, "sets": sets})
    assert text.count("-1.00 (-1.25 to -0.75)") == len(sets) == 5
    assert "is 1.00 dB worse than the one trained dry on dry scenes" in said(text)


def test_the_page_on_songs_says_which_part_is_missing(module):
    parts = dict.fromkeys(("vocals", "drums", "other"), interval(2.0))
    text = module("coherence").render(
        {**FACTS, "scenes": 48, "songs": 1, "seconds": 6.0, "faint": 25.0}
        | {"scores": {"half and half": parts, "random": parts}}
        | {"mean": {"half and half": interval(2.0), "random": interval(1.0)}}
        | {"differences": {"random": interval(-1.0)}}
    )
    assert "Training on 'random' is 1.00 dB worse than on 'half and half' (0.75 to 1.25)." in said(
        text
    )
    assert "The songs have no bass to score." in said(text)


def test_the_page_on_vocals_tells_excerpts_on_the_same_notes_apart(module):
    scores = {"all": groups(2.0)["all"], "texture same notes": groups(1.0)["all"]}
    text = module("vocals").render(
        {**FACTS, "songs": 1, "seconds": 6.0, "strong": 0.7, "same": "same notes", "median": 0.25}
        | {"scores": {"half and half": scores, "random": scores}}
        | {"differences": {"random": interval(-1.0)}}
    )
    assert "for 25% of its energy or more" in said(text)
    assert "| random | 2.0 (1.8 to 2.2) |  | 1.0 (0.8 to 1.2) | -1.00 (-1.25 to -0.75) |" in text


def test_a_voice_shares_its_notes_with_instruments_that_play_them(module):
    """Sings an A over an A, an octave below it, and over an E flat; drums count for nothing."""
    scope = ("vocals", "drums", "other")
    stems = torch.zeros(3, 3, 1, 2 * RATE)
    stems[:, 0], stems[:, 1] = tone(440.0, 2), tone(440.0, 2)
    for scene, hertz in enumerate((440.0, 220.0, 311.1)):
        stems[scene, 2] = tone(hertz, 2)
    scenes = Scenes(scope, stems, torch.ones(3, 3), sample_rate=RATE)
    shared = module("vocals").shared_notes(scenes)
    assert shared[:2].min() > 0.9 and shared[2] < 0.1


def test_the_page_on_masks_says_where_the_phase_costs_most(module):
    masks, bands = module("masks"), module("bands").BANDS
    cost = {band: interval(1.0 + i) for i, band in enumerate(bands)}
    names = [*masks.IDEAL.values(), *masks.TRAINED.values(), masks.LINEAR]
    text = masks.render(
        {**FACTS, "scores": dict.fromkeys(names, groups(5.0))}
        | {"differences": dict.fromkeys(masks.PAIRS, apart(2.0))}
        | {
            "bands": dict.fromkeys(names, cost),
            "band_differences": dict.fromkeys(masks.PAIRS, cost),
        }
    )
    assert "most at 5 dB SNR: 4.0 dB, and least at -5 dB SNR: 3.0 dB." in said(text)
    assert "most at 4000 to 8000 Hz: 6.0 dB, and least at 0 to 250 Hz: 1.0 dB." in said(text)
    assert "The ideal complex mask is 2.00 dB better than the magnitude mask" in said(text)


def test_the_page_on_one_model_or_two_has_sizes_and_levels(module):
    script = module("one_or_two")
    ways = [script.HEADS, script.ALONE, script.ADDED]
    found = {way: groups(5.0) for way in ways}
    for way in ways:
        found[way]["all"] |= {"level speech": interval(-0.3), "attenuation noise": interval(12.0)}
    text = script.render(
        {**FACTS, "heads": "speech,music,noise", "parameters": dict.fromkeys(ways, 1000)}
        | {"scores": found, "differences": {f"{script.HEADS} - {w}": apart(0.0) for w in ways[1:]}}
    )
    assert "| two models, added | 1000 | -0.3 | 12 |" in said(text)
    assert "The multi-head model is not certainly better or worse than two added" in said(text)


def test_the_page_on_asteroid_has_times_and_scores_of_every_network(module):
    script = module("against_asteroid")
    names = [variant.label for variant in script.VARIANTS]
    speed = {"parameters": 1000, "steps": 77, "steps_a_second": 0.64, "sound_a_second": 12.5}
    text = script.render(
        {**FACTS, "minutes": 2.0, "size": "small", "machine": "a processor"}
        | {"speed": dict.fromkeys(names, speed), "scores": dict.fromkeys(names, groups(5.0))}
        | {"differences": {f"{script.OURS} - {name}": apart(1.0) for name in names[1:]}}
    )
    assert "trained for 2 minutes each" in said(text)
    assert "| asteroid/dprnn | 1000 | 0.64 | 12.5 | 77 |" in said(text)
    assert "Multihead is 1.00 dB better than asteroid/sudormrf (0.75 to 1.25)." in said(text)
    assert "Data `starter`, 2 minutes of 8 scenes a step, seed 0;" in said(text)


def test_each_network_takes_the_steps_that_its_minutes_hold(module):
    script = module("against_asteroid")
    variant = script._for_minutes(script.VARIANTS[1], 2.0, {"steps_a_second": 0.5})
    assert module("compare").resolved(variant, OPTIONS).train.steps == 60
    assert script._for_minutes(variant, None, {}) == variant


def test_the_page_on_fine_tuning_sets_amounts_and_ways_against_what_is_won(module):
    script = module("finetune")
    where = dict.fromkeys(("new sound and speech", "new sound alone", "old scenes"))
    before = {scenes: {"attenuation": 10.0, "si_sdr": 5.0} for scenes in where}

    def row(seconds, way, gain):
        after = {scenes: {"attenuation": 10.0 + gain, "si_sdr": 4.9} for scenes in where}
        one = {"kind": "noise", "sound": "lathe", "seconds": seconds, "way": way}
        return {**one, "run": {}, "before": before, "after": after}

    first, full, *_ = script.METHODS
    rows = [row(30, first, 4.0), row(120, first, 8.0), row(120, full, 7.0)]
    facts = {"base": "any", "data": "pack", "split": "valid", "usual": 120, "threads": 2}
    facts["trained"] = "0ld"
    text = script.render({**facts, "rows": rows, "command": "x", "versions": FACTS["versions"]})
    assert "trained at commit 0ld; the package has later ones by now." in said(text)
    assert "| lathe | 10.0 → 18.0 |" in text
    assert "| lathe, 30 s | 10.0 → 14.0 |" in text and "| lathe, 120 s | 10.0 → 18.0 |" in text
    assert f"| lathe, {full} | 10.0 → 17.0 |" in text
    versions = FACTS["versions"]
    said_so = {
        "a1": "python f.py --noise a --seconds 30,120",
        "b2": "python f.py --noise b --seconds 9",
    }
    made = [{"versions": {**versions, "commit": n}, "command": c} for n, c in said_so.items()]
    parts = [{**facts, "rows": rows[:2], **made[0]}, {**facts, "rows": rows[2:], **made[1]}]
    whole = script.merge(parts)
    commits = [one["commit"] for one in whole["rows"]]
    assert commits == ["a1", "a1", "b2"]
    assert whole["command"] == "python f.py --noise a b --seconds 9,30,120"
    assert whole["versions"]["commit"] == "a1, b2"
    assert f"| lathe, {full} | 10.0 → 17.0 |" in (text := script.render(whole)) and "| b2 |" in text
    anew = {**facts, "rows": [row(120, first, 9.0)], "versions": {"commit": "c3"}, "command": "x"}
    whole = script.merge([*parts, anew])
    assert [one["commit"] for one in whole["rows"]] == ["a1", "c3", "b2"]
    assert whole["rows"][1]["after"] == anew["rows"][0]["after"]
    best = script.render({**facts, "rows": [*rows, row(120, script.IDEAL, 15.0)], **made[0]})
    assert "| lathe | 25.0 |" in best and f"| lathe, {script.IDEAL} |" not in best
    with pytest.raises(UserError, match="differ"):
        script.merge([parts[0], {**parts[1], "threads": 1}])


def test_held_out_recordings_are_handed_to_no_fine_tune(module, tmp_path):
    for take in range(3):
        put(tmp_path / f"lathe/{take}.wav", tone(300 + take, 4.0))
    learned, test = module("handed_in").cut(tmp_path / "lathe", tmp_path / "work", [2, 8, 99], 8)
    assert set(learned) == {2, 8}
    seconds = {
        folder: sum(info(path).frames for path in folder.glob("*.wav")) / RATE
        for folder in (*learned.values(), test)
    }
    assert list(seconds.values()) == pytest.approx([2.0, 8.0, 4.0])
    assert not {p.name for p in test.iterdir()} & {p.name for p in learned[8].iterdir()}


@pytest.mark.parametrize("name", ["snr", "realism", "masks", "against_asteroid"])
def test_variants_are_trained_with_the_same_seed_steps_and_data(module, name):
    resolved = module("compare").resolved
    recipes = [resolved(variant, OPTIONS) for variant in module(name).VARIANTS]
    same = {(r.keep, r.seed, r.train.model_dump_json(), r.data.path, r.model.size) for r in recipes}
    assert len(same) == 1
    assert (recipes[0].seed, recipes[0].train.steps, recipes[0].train.batch) == (3, 20, 2)
    assert len({recipe.model_dump_json() for recipe in recipes}) == len(recipes)


def test_the_command_names_the_data_without_its_folder(module):
    options = argparse.Namespace(**vars(OPTIONS) | {"data": "/somewhere/stems", "words": ["out=x"]})
    told = module("compare").command("snr", options)
    assert told == "python benchmarks/snr.py --data stems --steps 20 --seed 3"


def test_an_error_is_found_in_its_band(module):
    bands = module("bands")
    fade = torch.hann_window(RATE)  # a sudden end would be heard in every band
    target = (fade * (tone(100, 1.0) + tone(3000, 1.0)))[None]
    estimate = target + 0.1 * (fade * tone(3000, 1.0))[None]
    ratio = bands.band_ratio(estimate, target, RATE)[0]
    low, high = 0, bands.BANDS.index("2000 to 4000 Hz")
    assert ratio[low] > 40
    assert ratio[high].item() == pytest.approx(20, abs=0.1)
    assert math.isnan(ratio[bands.BANDS.index("4000 to 8000 Hz")])


def test_excerpts_are_songs_as_they_were_recorded(module, pools):
    coherence, pool = module("coherence"), pools("vocals,drums,bass,other")
    songs = pool.songs("train", pool.scope)
    scenes = coherence.excerpts(pool, songs, 4, range(4))
    song = next(iter(songs.values()))
    frames = min(entry.frames for entry in song.values())
    whole = sum(torch.from_numpy(pool.crop(entry, 0, frames)) for entry in song.values())
    torch.testing.assert_close(scenes.mixture[0, :, :frames], whole)
    assert coherence.faint(scenes, [float(stem == "speech") for stem in pool.scope]).all()


@pytest.mark.parametrize("name", NAMES)
def test_the_page_in_the_repository_is_that_of_its_result(module, name):
    compare = module("compare")
    stored = ROOT / compare.RESULTS / f"{name}.json"
    page = ROOT / "docs" / f"{name}.md"
    assert stored.exists() == page.exists()
    if stored.exists():
        result = json.loads(stored.read_text(encoding="utf-8"))
        assert page.read_text(encoding="utf-8") == module(NAMES[name]).render(result)
