"""Scenes: the sum of their stems, at the SNR and level asked for, the same in any batch."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from soundsieve.audio.levels import active_power, to_level
from soundsieve.data.mixer import Mixer
from soundsieve.data.pool import open_pool
from soundsieve.errors import UserError
from soundsieve.law import Law
from soundsieve.target import parse
from tests.conftest import LAWS, RATE, hiss, put, swelling, tone

ALWAYS = {"speech": 1.0, "music": 1.0, "noise": 1.0, "prompts": 1.0}
ONLY_SPEECH_AND_NOISE = {"speech": 1.0, "music": 0.0, "noise": 1.0, "prompts": 0.0}


def level_of(audio):
    return to_level(active_power(audio, RATE))


def snr_of(scenes):
    rest = (scenes.wanted == 0).float()
    return level_of(scenes.target(scenes.wanted)) - level_of(scenes.target(rest))


def alike(audio, other):
    """How much two sounds are one but for their level, 0 to 1. Shape: `[..., time] -> [...]`."""
    return torch.nn.functional.cosine_similarity(audio, other, -1).abs()


@pytest.mark.parametrize("keep", ["speech+music", "vocals", "all-prompts", "speech+music@-12"])
def test_the_mixture_is_the_sum_of_its_stems(mixers, keep):
    scenes = mixers(keep).scenes(range(16))
    assert scenes.stems.dtype == scenes.mixture.dtype == torch.float32
    assert torch.allclose(scenes.mixture, sum(scenes.stems.unbind(1)), atol=1e-7)
    interference = scenes.mixture - scenes.target(scenes.wanted)
    assert torch.allclose(interference, scenes.target(1 - scenes.wanted), atol=1e-6)


@pytest.mark.parametrize("keep", ["speech+music", "vocals", "prompts", "speech,music,noise"])
def test_the_mixture_has_the_snr_asked_for(mixers, keep):
    scenes = mixers(keep).scenes(range(24), both=True)
    assert torch.allclose(snr_of(scenes), torch.tensor(scenes.draws["snr"]).float(), atol=0.05)
    assert scenes.draws["snr"].min() >= -5 and scenes.draws["snr"].max() <= 20
    fixed = mixers(keep).scenes(range(24), both=True, snr=3)
    assert torch.allclose(snr_of(fixed), torch.tensor(3.0), atol=0.05)


def test_where_all_is_kept_the_snr_is_of_what_is_kept_loudest(mixers):
    scenes = mixers("all+speech@-10").scenes(range(8), snr=6, both=True)
    speech = torch.tensor([stem == "speech" for stem in scenes.scope]).float()
    loudest = level_of(scenes.target(1 - speech))
    assert torch.allclose(loudest - level_of(scenes.target(speech)), torch.tensor(6.0), atol=0.05)


def test_the_mixture_has_the_level_asked_for(mixers):
    scenes = mixers().scenes(range(64))
    sounding = ~np.isnan(scenes.draws["level"])
    level = level_of(scenes.mixture)[torch.from_numpy(sounding)]
    assert torch.allclose(level, torch.tensor(scenes.draws["level"][sounding]).float(), atol=0.05)
    assert level.min() >= -40.1 and level.max() <= -14.9
    fixed = level_of(mixers().scenes(range(16), level=-30, both=True).mixture)
    assert torch.allclose(fixed, torch.tensor(-30.0), atol=0.05)


def test_a_scene_that_would_clip_is_turned_down(mixers):
    scenes = mixers().scenes(range(16), level=0, both=True)
    assert scenes.mixture.abs().max() <= 0.9901
    assert (scenes.draws["level"] < 0).any()
    assert np.allclose(level_of(scenes.mixture), scenes.draws["level"], atol=0.05)


def test_stems_are_there_with_their_odds_and_silence_is_among_the_scenes(mixers):
    mixer = mixers("speech,music,noise,prompts", segment=0.05)
    scenes = mixer.scenes(range(1000))
    sounds = (scenes.stems.abs().amax((2, 3)) > 0).numpy()
    assert np.array_equal(sounds, scenes.draws["present"])
    music = sounds[:, [stem in ("vocals", "drums", "bass", "other") for stem in scenes.scope]]
    there = {stem: sounds[:, place] for place, stem in enumerate(scenes.scope)}
    there["music"] = music.any(1)
    for stem, odds in LAWS["presence"].items():
        assert there[stem].mean() == pytest.approx(odds, abs=0.05)
    silent = ~sounds.any(1)
    assert silent.mean() == pytest.approx(0.2 * 0.3 * 0.1 * 0.75, abs=0.006)
    assert silent.any()
    assert not scenes.mixture[torch.from_numpy(silent)].any()
    assert np.isnan(scenes.draws["level"][silent]).all()
    assert 0.7 < music[music.any(1)].mean() < 1  # most parts of a song, not always all


def test_a_rare_interference_is_heard_as_often_as_it_takes_to_learn_it(mixers):
    presence = {"speech": 0.8, "music": 0.7, "noise": 0.9, "prompts": 0.1}
    rare, often = (mixers("all-prompts", presence=presence, both=both) for both in (0.0, 0.5))
    heard = [m.scenes(range(400)).draws["present"][:, -1].mean() for m in (rare, often)]
    assert heard == pytest.approx([0.1, 0.55], abs=0.05)
    mixed = often.scenes(range(400)).draws["present"]
    assert (~mixed.any(1)).any()  # silence is among the scenes still


@pytest.mark.parametrize("keep", ["vocals", "prompts", "speech,music,noise,prompts"])
def test_with_both_every_scene_has_an_snr(mixers, keep):
    scenes = mixers(keep).scenes(range(200), both=True)
    assert np.isfinite(scenes.draws["snr"]).all()
    assert torch.isfinite(snr_of(scenes)).all()


def test_with_both_pauses_are_passed_over(tmp_path):
    talk = torch.cat([tone(300, 0.6), torch.zeros(1, 6 * RATE)], 1)
    for talker in "abc":
        put(tmp_path / f"d/speech/{talker}/0.wav", swelling(talk, ord(talker)))
        put(tmp_path / f"d/noise/{talker}/0.wav", swelling(hiss(ord(talker), 2), ord(talker)))
    pool = open_pool(str(tmp_path / "d"), RATE, parse("speech"), cache=tmp_path / "pools")
    mixer = Mixer(pool, [(1, 0)], segment=0.5, **{**LAWS, "presence": ALWAYS})
    plain, both = mixer.scenes(range(40)), mixer.scenes(range(40), both=True)
    had = np.isfinite(plain.draws["snr"])
    assert 0 < had.sum() < 40
    assert np.isfinite(both.draws["snr"]).all()
    assert torch.equal(plain.stems[torch.from_numpy(had)], both.stems[torch.from_numpy(had)])
    again = mixer.scenes([int(np.flatnonzero(~had)[0])], both=True)
    assert torch.allclose(again.stems[0], both.stems[np.flatnonzero(~had)[0]], atol=1e-6)


def test_the_tone_of_a_room_is_not_turned_up_to_a_voice(tmp_path):
    talk = torch.cat([tone(300, 1), hiss(0, 9, level=-75), tone(300, 1)], 1)
    for talker in "abc":
        put(tmp_path / f"d/speech/{talker}/0.wav", swelling(talk, ord(talker)))
        put(tmp_path / f"d/noise/{talker}/0.wav", swelling(hiss(ord(talker), 2), ord(talker)))
    pool = open_pool(str(tmp_path / "d"), RATE, parse("speech"), cache=tmp_path / "pools")
    mixer = Mixer(pool, [(1, 0)], segment=0.5, eq=0, **{**LAWS, "presence": ALWAYS})
    scenes = mixer.scenes(range(60))
    there = scenes.draws["present"][:, 0]
    assert 0 < there.sum() < 30  # a fifth of each recording is voice
    spectrum = torch.fft.rfft(scenes.stems[there, 0, 0]).abs()
    assert (spectrum.argmax(-1) * 2 - 300).abs().max() <= 10


def test_what_cannot_be_there_is_said_in_one_line(mixers):
    mixer = mixers("speech")
    with pytest.raises(UserError, match="lack target or interference"):
        mixer.scenes(range(2), both=True, absent=["speech"])


def test_a_scene_is_the_same_in_any_batch_and_order(mixers):
    mixer = mixers()
    several = mixer.scenes([8, 3, 11])
    for place, index in enumerate((8, 3, 11)):
        alone = mixer.scenes([index])
        assert torch.allclose(alone.stems[0], several.stems[place], atol=1e-6)
        assert alone.kinds[0] == several.kinds[place]
        for name, values in alone.draws.items():
            assert np.allclose(values[0], several.draws[name][place], equal_nan=True, atol=1e-4)


def test_another_seed_gives_other_scenes(mixers):
    one, other = mixers().scenes(range(4), both=True), mixers(seed=1).scenes(range(4), both=True)
    assert not torch.allclose(one.mixture, other.mixture, atol=1e-3)


@pytest.mark.parametrize(
    "change",
    [
        {"eq": 0.0},
        {"stem_level": Law.fixed(0)},
        {"level": Law.fixed(-20)},
        {"snr": Law.fixed(0)},
        {"presence": {**ONLY_SPEECH_AND_NOISE, "prompts": 1.0}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_switching_one_effect_off_changes_no_other_draw(mixers, change):
    plain = mixers("speech", **{"presence": ONLY_SPEECH_AND_NOISE}).scenes(range(12))
    changed = mixers("speech", **{"presence": ONLY_SPEECH_AND_NOISE, **change}).scenes(range(12))
    if "snr" not in change:
        assert np.array_equal(plain.draws["snr"], changed.draws["snr"])
    if "level" not in change:
        assert np.allclose(plain.draws["level"], changed.draws["level"], atol=1e-3)
    speech = plain.scope.index("speech")
    same = alike(plain.stems[:, speech, 0], changed.stems[:, speech, 0])
    assert (same > (0.5 if "eq" in change else 0.9999)).all()
    for one, other in zip(plain.kinds, changed.kinds, strict=True):
        assert one.items() <= other.items()


def test_an_absent_stem_leaves_the_others_as_they_are(mixers):
    mixer = mixers("speech", presence=ALWAYS, snr=Law.fixed(0), stem_level=Law.fixed(0))
    plain, without = mixer.scenes(range(6)), mixer.scenes(range(6), absent=["prompts"])
    prompts, speech = plain.scope.index("prompts"), plain.scope.index("speech")
    assert plain.stems[:, prompts].any() and not without.stems[:, prompts].any()
    assert (alike(plain.stems[:, speech, 0], without.stems[:, speech, 0]) > 0.9999).all()


@pytest.fixture(scope="module")
def songs(tmp_path_factory):
    """Songs whose parts are one noise: what is coherent is alike. Parts end a little apart."""
    root = tmp_path_factory.mktemp("songs")
    for number in range(6):
        sound = swelling(hiss(number, 4), number)
        for cut, part in enumerate(("vocals", "drums", "other")):
            put(root / f"d/songs/{'abcdef'[number]}/{part}.wav", sound[:, : 64000 - 300 * cut])
    for talker in "abc":
        put(root / f"d/speech/{talker}/0.wav", swelling(tone(300, 2), ord(talker)))
    pool = open_pool(str(root / "d"), RATE, parse("vocals"), cache=root / "pools")

    def scenes(coherence, indices=range(60)):
        settings = {"presence": ALWAYS, "segment": 0.5, "coherence": coherence, "eq": 0.0}
        return Mixer(pool, [(0, 1, 0, 0)], **{**LAWS, **settings}).scenes(indices)

    return scenes


def test_a_coherent_song_is_one_song_at_one_place(songs):
    scenes = songs(1.0)
    assert scenes.scope == ("speech", "vocals", "drums", "other")
    present = torch.from_numpy(scenes.draws["present"])
    both = present[:, 1] & present[:, 2]
    assert both.sum() > 20
    assert (alike(scenes.stems[both, 1, 0], scenes.stems[both, 2, 0]) > 0.999).all()


def test_a_coherent_song_keeps_its_balance_but_for_the_snr(songs):
    scenes = songs(1.0)
    present = torch.from_numpy(scenes.draws["present"])
    rest = present[:, 2] & present[:, 3]  # both are removed, so the SNR moves them together
    ratio = level_of(scenes.stems[rest, 2]) - level_of(scenes.stems[rest, 3])
    assert torch.allclose(ratio, torch.zeros_like(ratio), atol=0.05)


@pytest.mark.parametrize("coherence", [0.0, 0.5])
def test_songs_are_coherent_with_the_odds_asked_for(songs, coherence):
    scenes = songs(coherence, range(120))
    present = torch.from_numpy(scenes.draws["present"])
    both = present[:, 1] & present[:, 2]
    one = alike(scenes.stems[both, 1, 0], scenes.stems[both, 2, 0]) > 0.999
    assert one.float().mean().item() == pytest.approx(coherence, abs=0.15)
    assert scenes.draws["coherent"].mean() == pytest.approx(coherence, abs=0.15)


@pytest.mark.parametrize("segment", [1.5, 6.0])
def test_short_clips_fill_a_segment(mixers, segment):
    mixer = mixers("prompts", segment=segment, presence={**ONLY_SPEECH_AND_NOISE, "prompts": 1.0})
    scenes = mixer.scenes(range(6))
    sound = scenes.stems[:, scenes.scope.index("prompts"), 0].abs()
    frames = sound.unfold(-1, 160, 160).amax(-1) > 0.001 * sound.amax(-1, keepdim=True)
    for scene in frames:
        places = [0, *(scene.nonzero()[:, 0] + 1).tolist(), len(scene) + 1]
        longest = max(b - a for a, b in pairwise(places))
        assert longest * 160 / RATE < 0.65  # half a clip and a gap


def test_scenes_of_a_split_hold_its_noises_only(mixers):
    heard = {}
    for split in ("train", "valid", "test"):
        scenes = mixers("speech", split=split, presence=ALWAYS).scenes(range(60))
        heard[split] = {kinds["noise"] for kinds in scenes.kinds}
    assert set.union(*heard.values()) == {"fan", "rain", "street"}
    assert sum(map(len, heard.values())) == 3


def test_a_gain_for_all_scenes_and_one_for_each_make_the_same_target(mixers):
    scenes = mixers().scenes(range(3))
    gains = torch.linspace(0, 1, len(scenes.scope))
    each = gains.expand(3, -1)
    assert torch.allclose(scenes.target(gains.tolist()), scenes.target(each))


def manifest(tmp_path, rows, name="d"):
    """A pool of tones and noises with the splits of the rows."""
    lines = ["path,stem,split,group"]
    for number, (stem, split) in enumerate(rows):
        sound = tone(300 + number, 1) if stem == "speech" else hiss(number, 1)
        put(tmp_path / name / f"{number}.wav", swelling(sound, number))
        lines.append(f"{number}.wav,{stem},{split},g{number}")
    (tmp_path / name / "manifest.csv").write_text("\n".join(lines))
    return open_pool(str(tmp_path / name), RATE, parse("speech"), cache=tmp_path / "pools")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("speech", "train"), ("noise", "train"), ("noise", "valid")], "valid .* no 'speech'"),
        ([("speech", "train"), ("speech", "valid"), ("noise", "train")], "valid .* nothing that"),
    ],
)
def test_a_split_without_what_is_kept_or_removed_is_said(tmp_path, rows, said):
    pool = manifest(tmp_path, rows)
    Mixer(pool, [(1, 0)], split="train", **LAWS)
    with pytest.raises(UserError, match=said) as caught:
        Mixer(pool, [(1, 0)], split="valid", **LAWS)
    assert "\n" not in str(caught.value)


def test_a_part_of_a_song_that_a_split_lacks_is_said(tmp_path):
    rows = ["path,stem,split,song"]
    for song, split, parts in (("a", "train", ("bass", "other")), ("b", "valid", ("other",))):
        for number, stem in enumerate(parts):
            put(tmp_path / f"d/{song}-{stem}.wav", swelling(tone(200 + 90 * number, 2), ord(song)))
            rows.append(f"{song}-{stem}.wav,{stem},{split},{song}")
    (tmp_path / "d/manifest.csv").write_text("\n".join(rows))
    pool = open_pool(str(tmp_path / "d"), RATE, parse("bass"), cache=tmp_path / "pools")
    gains = [[float(stem == "bass") for stem in pool.scope]]
    with pytest.raises(UserError, match=r"valid split .* nothing that is to be kept \(bass\)"):
        Mixer(pool, gains, split="valid", **LAWS)
    both = [[float(stem == part) for stem in pool.scope] for part in ("bass", "other")]
    scenes = Mixer(pool, both, split="valid", segment=0.5, **LAWS).scenes(range(4))
    assert not scenes.stems[
        :, pool.scope.index("bass")
    ].any()  # others can be held out all the same


def test_odds_that_leave_nothing_are_said(mixers):
    with pytest.raises(UserError, match="mix.presence gives no odds to what is kept"):
        mixers("prompts", presence={**ALWAYS, "prompts": 0.0})
    with pytest.raises(UserError, match="mix.presence gives no odds to what is removed"):
        mixers("all-prompts", presence={**ALWAYS, "prompts": 0.0})
