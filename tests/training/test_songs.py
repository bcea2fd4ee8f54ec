"""The model for songs learns on spectra, without a way back to sound, in the one training loop."""

import pytest
import torch

from soundsieve.data.mixer import Scenes
from soundsieve.models.build import build
from soundsieve.target import parse
from soundsieve.training.module import Training

RATE = 44100
FAMILIES = ("songs", "songs/roformer")
SCOPE = ("vocals", "drums", "bass", "other")


class Songs:
    """Stands in for a mixer: low tones on the left, hiss on the right."""

    segment = 1.0

    def scenes(self, indices, **_):
        time = torch.arange(RATE) / RATE
        generator = torch.Generator().manual_seed(indices[0])
        stems = torch.zeros(len(indices), 4, 2, RATE)
        stems[:, 2, 0] = 0.2 * torch.sin(2 * torch.pi * 80 * time)
        stems[:, 1, 1] = 0.1 * torch.randn(len(indices), RATE, generator=generator)
        return Scenes(SCOPE, stems, torch.ones(len(indices), 4), sample_rate=RATE)


@pytest.fixture(params=FAMILIES)
def training(request):
    torch.manual_seed(0)
    mixer = Songs()
    options = {"steps": 60, "batch": 2, "rate": 1e-2, "warmup": 1, "snr_weight": 0.3, "decay": 0.9}
    model = build(request.param, SCOPE, parse(",".join(SCOPE)), size="tiny", sample_rate=RATE)
    held = {"valid_indices": [0], "valid_snr": [0.0], "precision": torch.float32}
    return Training(model, mixer, mixer, **options, **held)


def test_its_spectra_are_those_of_what_it_says(training):
    scenes = training.mixer.scenes([0, 1])
    hop = training.model.stft.hop
    sound = scenes.mixture[..., : RATE // hop * hop]
    real, imag = training.spectra(sound[None])
    (parts, _), activity = training.estimate(sound, (real[0], imag[0]))
    assert activity is None
    assert parts.shape == (4, RATE // hop, 4, 1025)  # output, frame, item and channel, bin
    assert torch.allclose(parts.sum(0), real[0], atol=1e-4)


def test_some_steps_tell_a_hum_on_the_left_from_a_hiss_on_the_right(training):
    optimizer = training.optimizer()
    for step in range(40):
        optimizer.zero_grad()
        loss = training.loss(training.mixer.scenes([step, 99 + step]).stems, [step, 99 + step])
        loss.backward()
        optimizer.step()
    scenes = training.mixer.scenes([7])
    with torch.no_grad():
        parts = training.model.eval()(scenes.mixture)
    errors = (parts - scenes.stems).square().sum((0, 2, 3))
    wanted = scenes.stems.square().sum((0, 2, 3))
    for place in (1, 2):
        assert 10 * (wanted[place] / errors[place]).log10() > 10
