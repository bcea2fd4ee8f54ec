"""Models that give sound rather than masks learn by the same loop and the same loss."""

from dataclasses import replace

import pytest
import torch

from soundsieve.errors import UserError
from soundsieve.models.separator import Separator
from soundsieve.training.module import Training, stft_at
from soundsieve.training.optimizer import MuonAdamW
from tests.training.conftest import recipe_of, weights_of

FAMILIES = [f"asteroid/{name}" for name in ("convtasnet", "dprnn", "dptnet", "sudormrf")]


class Shares(Separator):
    """A share of the mixture for each stem, learned: the least model that gives sound."""

    family = "shares"

    def __init__(self, scope, shares):
        eye = torch.eye(len(scope)).tolist()
        super().__init__(scope, eye, scope, 16000, 256, 256)
        self.shares = torch.nn.Parameter(torch.tensor(shares))

    def forward(self, mixture):
        return torch.einsum("bct,o->boct", mixture, self.shares)


def training_of(model, mixer) -> Training:
    options = {"steps": 2, "batch": 2, "rate": 0.01, "warmup": 1, "snr_weight": 0.3, "decay": 0.9}
    more = {"precision": torch.float32, "valid_indices": [0], "valid_snr": [0.0]}
    return Training(model, mixer, mixer, **options, **more)


def test_the_loss_of_sound_falls_as_it_nears_the_stems(mixers):
    mixer = mixers("speech")
    own = [float(stem == "speech") for stem in mixer.scope]
    scenes = mixer.scenes([0, 1, 2, 3])
    scenes = replace(scenes, stems=scenes.stems * torch.tensor(own)[:, None, None])  # speech alone
    losses = []
    for nearness in (0.0, 0.5, 1.0):
        shares = [nearness * one + (1 - nearness) * 0.5 for one in own]
        losses.append(
            training_of(Shares(mixer.scope, shares), mixer).loss(scenes.stems, [0, 1, 2, 3])
        )
    assert losses[0] > losses[1] > losses[2]


def test_sound_is_compared_in_frames_of_32_ms_at_any_rate(mixers):
    assert (stft_at(16000).n_fft, stft_at(16000).hop) == (512, 256)
    assert stft_at(44100).n_fft == 1024


def test_a_network_of_convolutions_alone_has_no_matrices_for_muon():
    network = torch.nn.Conv1d(1, 4, 3)
    optimizer = MuonAdamW(network, 0.01)
    assert len(optimizer.parts) == 1
    network(torch.ones(1, 1, 8)).sum().backward()
    before = network.weight.clone()
    optimizer.step()
    optimizer.load_state_dict(optimizer.state_dict())
    assert not torch.equal(network.weight, before)


@pytest.mark.parametrize("family", FAMILIES)
def test_each_network_of_asteroid_trains_two_steps_and_validates(family, train, tmp_path):
    pytest.importorskip("asteroid", reason="the extra asteroid is not installed")
    training = train(tmp_path, "speech", family, steps=2, validate_every=2)
    assert training.trainer.global_step == 2
    assert training.best_step == 2
    assert torch.isfinite(weights_of(training)).all()
    assert (tmp_path / "checkpoints" / "last.ckpt").exists()


def test_a_training_of_asteroid_goes_on_as_if_it_had_not_stopped(train, tmp_path):
    pytest.importorskip("asteroid", reason="the extra asteroid is not installed")
    options = {"keep": "speech", "family": "asteroid/convtasnet", "steps": 3, "validate_every": 3}
    whole = train(tmp_path / "a", **options)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "b", **options, stop_at=2)
    again = train(tmp_path / "b", **options)
    assert torch.allclose(weights_of(again), weights_of(whole), atol=1e-6)


def test_sound_is_not_rounded_to_sixteen_bits_without_a_word(pools, tmp_path):
    pytest.importorskip("asteroid", reason="the extra asteroid is not installed")
    from soundsieve.training.train import first_model

    recipe = recipe_of("speech", precision="bf16")
    model = recipe.model.model_copy(update={"family": "asteroid/dprnn", "size": "tiny"})
    with pytest.raises(UserError, match=r"train\.precision=bf16 would round the sound"):
        first_model(recipe.model_copy(update={"model": model}), pools("speech"))
