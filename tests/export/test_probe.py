"""The sound of the proof is loud and faint, silent and clipped, with a part for every stem."""

import torch

from soundsieve.export.probe import probe


def test_the_probe_has_parts_levels_silence_and_clipping():
    parts = probe(("speech", "vocals", "transient", "prompts", "engine"), 10.0, 16000)
    assert parts.shape == (5, 160000)
    assert (parts.square().mean(1) > 1e-4).all()
    mixture = parts.sum(0)
    assert torch.isclose(mixture.abs().max(), torch.tensor(1.0), atol=1e-5)
    levels = [10 * part.square().mean().log10() for part in mixture.split(32000)]
    assert max(levels) - min(levels) > 30
    assert (mixture[31000:32000] == 0).all()


def test_the_same_seed_gives_the_same_sound():
    assert torch.equal(probe(("noise",), 1.0, 16000), probe(("noise",), 1.0, 16000))
