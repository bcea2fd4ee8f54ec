"""Two processes that train one model are one process with the same batches, only faster."""

import os
import signal
import subprocess
import sys
import time

import pytest
import torch
from rich.console import Console
from rich.progress import Progress

from soundsieve.data.mixer import Mixer
from soundsieve.data.opening import pool_of
from soundsieve.errors import UserError
from soundsieve.recipe import Recipe, identity
from soundsieve.training.optimizer import MuonAdamW
from soundsieve.training.place import Place
from soundsieve.training.together import launched, together
from soundsieve.training.train import train_recipe
from tests.training.conftest import ctrl_c_at, weights_of

STEPS = 4


def recipe_of(corpus, devices=2, keep="speech+music", family="mask", **train):
    options = {"steps": STEPS, "batch": 5, "validate_every": 2, "warmup": 2, "rate": 0.01}
    return Recipe.model_validate(
        {
            "keep": keep,
            "device": "cpu",
            "data": {"path": str(corpus)},
            "mix": {"segment": 0.5},
            "model": {"family": family, "channels": 8, "blocks": 1},
            "train": {
                **options,
                "precision": "float32",
                "compile": "no",
                "devices": devices,
                **train,
            },
        }
    )


@pytest.fixture
def trained(corpus, tmp_path, monkeypatch):
    """Trains in a folder with so many devices; gives what the first one drew and its gradients."""
    monkeypatch.chdir(tmp_path)

    def run(name, devices=2, **options):
        recipe, drawn, gradients = recipe_of(corpus, devices, **options), [], []
        plain, step = Mixer.scenes, MuonAdamW.step

        def noting(self, indices, **keywords):
            drawn.extend([] if keywords else indices)
            return plain(self, indices, **keywords)

        def watched(self, closure):
            loss = closure()
            params = (p for group in self.param_groups for p in group["params"])
            gradients.append(torch.cat([p.grad.flatten() for p in params]))
            step(self)
            return loss

        progress, folder = Progress(console=Console(quiet=True)), tmp_path / name
        pool = pool_of(recipe, progress)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Mixer, "scenes", noting)
            patch.setattr(MuonAdamW, "step", watched)
            with together(recipe, folder) as place:
                return train_recipe(recipe, pool, folder, progress, place), drawn, gradients

    return run


@pytest.mark.parametrize(
    ("keep", "family"), [("speech+music", "mask"), ("speech,music,noise,prompts", "multihead")]
)
def test_two_devices_train_as_one_on_the_same_scenes(trained, tmp_path, keep, family):
    one, all_drawn, whole = trained("one", 1, keep=keep, family=family)
    two, drawn, averaged = trained("two", 2, keep=keep, family=family)
    assert all_drawn == list(range(5 * STEPS))
    steps = [range(5 * step, 5 * step + 5) for step in range(STEPS)]
    assert drawn == [index for step in steps for index in step[::2]]  # the other one has the rest
    assert torch.allclose(averaged[0], whole[0], atol=1e-5)
    # Muon rounds to 16 bits, so a last bit of a gradient is more than one of a weight.
    half, *_ = trained("half", 1, keep=keep, family=family, batch=3)
    apart, other = (torch.dist(weights_of(one), weights_of(x)) for x in (two, half))
    assert apart < 0.05 * other
    assert two.best_score == pytest.approx(one.best_score, abs=1e-3)
    assert two.smooth_loss == pytest.approx(one.smooth_loss, abs=1e-3)


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_two_devices_that_were_interrupted_go_on_as_one(trained, tmp_path, signum):
    whole, *_ = trained("whole", 1)
    with pytest.raises(KeyboardInterrupt), pytest.MonkeyPatch.context() as patch:
        ctrl_c_at(patch, 2, signum=signum)
        trained("parts")
    saved = torch.load(tmp_path / "parts/checkpoints/last.ckpt", weights_only=True)
    assert saved["global_step"] == 2
    resumed, *_ = trained("parts", 1)
    assert torch.allclose(weights_of(resumed), weights_of(whole), atol=1e-3)


def test_stems_are_exchanged_no_oftener_than_there_are_scenes(trained):
    with pytest.raises(UserError, match="set train.reuse=2 or a larger train.batch"):
        trained("a", reuse=3)


def test_a_budget_of_minutes_stops_both_at_the_same_step(trained, tmp_path):
    training, *_ = trained("a", steps=10_000, minutes=0.01)
    validated = (tmp_path / "a/metrics.csv").read_text().splitlines()[-1].split(",")[0]
    assert int(validated) == training.trainer.global_step < 10_000


def test_a_process_that_dies_is_said_in_one_line(trained, monkeypatch):
    plain = subprocess.Popen

    def doomed(*words, **keywords):
        other = plain([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"], **keywords)
        other.wait()
        return other

    monkeypatch.setattr("soundsieve.training.together.subprocess.Popen", doomed)
    with pytest.raises(UserError, match="process 1 of the training was killed"):
        trained("a")


def test_no_process_outlives_the_first_one(corpus, tmp_path):
    words = ["run", f"data={corpus}", "keep=speech+music", "train.devices=2", "train.steps=100000"]
    words += ["mix.segment=0.5", "model.channels=8", "model.blocks=1", "train.compile=no"]
    code = "import sys; from soundsieve.cli import main; sys.exit(main(sys.argv[1:]))"
    first = subprocess.Popen(
        [sys.executable, "-c", code, *words],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    others = _until(lambda: _children(first.pid))
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    _until(lambda: not any(map(_runs, others)))


def test_more_devices_than_scenes_or_machines_are_refused(corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    refused = [
        (recipe_of(corpus, 6), "train.batch=5 is less than a scene for each of 6"),
        (recipe_of(corpus, 2, nodes=2), "torchrun --nnodes=2 --nproc-per-node=2"),
        (recipe_of(corpus).model_copy(update={"device": "cuda"}), "2: expected as many cuda"),
    ]
    for recipe, said in refused:
        with pytest.raises(UserError, match=said), together(recipe, tmp_path):
            pass


def test_a_run_is_the_same_whatever_trains_it(corpus):
    assert identity(recipe_of(corpus, 1)) == identity(recipe_of(corpus, 4, nodes=2))


def test_torchrun_says_where_a_process_stands(corpus, monkeypatch):
    told = {"RANK": "3", "WORLD_SIZE": "4", "LOCAL_RANK": "1", "GROUP_RANK": "1"}
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    assert launched(recipe_of(corpus, 2, nodes=2)) == Place(rank=3, ranks=4, local=1, node=1)
    assert launched(recipe_of(corpus, 1)) is None
    with pytest.raises(UserError, match="expects 2 processes, got 4"):
        launched(recipe_of(corpus, 2))


def _until(ready, seconds=120):
    end = time.monotonic() + seconds
    while not (found := ready()):
        assert time.monotonic() < end
        time.sleep(0.1)
    return found


def _children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [child for child in file.read().split() if b"training.rank" in _command(child)]


def _command(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def _runs(pid):
    return bool(_command(pid))
