"""A fine-tune as a training: it learns the sound, heeds its teacher, and goes on where it was."""

import copy
import functools

import pytest
import torch
from rich.console import Console
from rich.progress import Progress

from soundsieve.data.recordings import read_recordings
from soundsieve.models.build import build
from soundsieve.recipe import Recipe
from soundsieve.target import parse
from soundsieve.training.average import Average
from soundsieve.training.finetune.aims import aims_of
from soundsieve.training.finetune.judge import HARMLESS, OTHERS, Marks
from soundsieve.training.finetune.teach import Material, teach
from tests.conftest import RATE, put, swelling, tone
from tests.training.conftest import ctrl_c_at

KEEP = "speech,music,noise,prompts"


def recipe_of(**changes):
    options = {"steps": 8, "batch": 2, "validate_every": 4, "warmup": 2, "precision": "float32"}
    return Recipe.model_validate(
        {
            "device": "cpu",
            "mix": {"segment": 0.5},
            "train": {**options, "compile": "no", **changes.pop("train", {})},
            "finetune": {"rank": 2, **changes},
        }
    )


@pytest.fixture
def taught(tmp_path, pools, monkeypatch):
    """Teaches a small model a whistle, and gives model, base and tuning."""
    monkeypatch.setattr("soundsieve.training.finetune.judge.SCENES", 8)
    for take in range(4):
        put(tmp_path / f"whistle/{take}.wav", swelling(tone(2000 + 10 * take, 2.0), take))

    def run(folder="run", stem="noise", keep=None, **changes):
        recipe = recipe_of(**changes)
        torch.manual_seed(0)
        base = build("multihead", pools(KEEP).scope, parse(KEEP), channels=8, blocks=1)
        model = copy.deepcopy(base)
        sounds = read_recordings(str(tmp_path / "whistle"), stem, RATE, cache=tmp_path / "pools")
        material = Material(sounds, (pools(KEEP),))
        aims = aims_of(model, "m", stem, keep)
        progress = Progress(console=Console(quiet=True))
        tuning = teach(model, aims, recipe, material, tmp_path / folder, progress)
        return model, base, tuning

    return run


def weights(model):
    return torch.cat([p.detach().flatten() for p in model.parameters()])


def test_it_leaves_a_changed_model_and_the_teacher_as_it_was(taught):
    model, base, tuning = taught()
    assert not torch.equal(weights(model), weights(base))
    assert torch.equal(weights(tuning.model), weights(model))  # merged in place at the end
    assert tuning.trainer.global_step == 8


@pytest.mark.filterwarnings("ignore:The .grad attribute")  # which torch's tracer asks all it sees
def test_compiled_it_learns_as_it_does_otherwise(taught, monkeypatch):
    graphs = []

    def kept(graph, _):  # all of compiling but the C++ compiler
        graphs.append(graph)
        return graph.forward

    monkeypatch.setattr(torch, "compile", functools.partial(torch.compile, backend=kept))
    *_, tuning = taught(train={"compile": "yes"})
    lesson = tuning.judge.lessons.draw(range(4))

    def gradients():
        parameters = list(tuning.update.parameters())
        return torch.autograd.grad(tuning.loss(lesson, list(range(4))), parameters)

    compiled = gradients()
    with torch.compiler.set_stance("force_eager"):
        torch.testing.assert_close(compiled, gradients(), atol=1e-6, rtol=1e-4)
    assert graphs and max(each.abs().max() for each in compiled) > 1e-3


@pytest.mark.parametrize("changes", [{}, {"method": "full"}, {"teacher": False}])
def test_the_loss_falls(taught, changes):
    train = {"steps": 40, "rate": 0.01, "warmup": 2, "validate_every": 40}
    _, base, tuning = taught(train=train, **changes)
    tuning.model.load_state_dict(base.state_dict())
    lesson, indices = tuning.judge.lessons.draw(range(8)), list(range(8))
    with torch.no_grad():
        after = tuning.loss(lesson, indices)
        for p in tuning.update.parameters():
            p.zero_()
        assert after < tuning.loss(lesson, indices)


def test_an_interrupted_fine_tune_ends_as_if_it_had_not_been(taught):
    whole, _, _ = taught("whole")
    with pytest.raises(KeyboardInterrupt), pytest.MonkeyPatch.context() as patch:
        ctrl_c_at(patch, 5)
        taught("parts")
    resumed, _, tuning = taught("parts")
    assert tuning.trainer.global_step == 8
    torch.testing.assert_close(weights(resumed), weights(whole), atol=1e-6, rtol=0)


def test_the_teacher_says_what_it_said_before_and_the_sound_goes_to_its_head(taught, pools):
    _, base, tuning = taught()
    tuning.model.load_state_dict(base.state_dict())
    lesson = tuning.lessons.draw([0, 1])
    _, scene = tuning._spectra(lesson)
    old = tuning._old(lesson, scene)
    with torch.no_grad():
        hop, time = base.hop, lesson.base.shape[-1]
        outputs = base(lesson.base[..., : time // hop * hop])
    sound, _ = base.stft.synthesise(
        *(p.permute(1, 2, 0, 3).flatten(1, 2) for p in old), torch.zeros(8, base.delay)
    )
    said = sound[:, base.delay :].unflatten(0, (2, 4))
    torch.testing.assert_close(said, outputs[:, :, 0, : said.shape[-1]], atol=1e-4, rtol=0)


def test_only_a_teacher_hears_what_has_no_stems(taught, pools, tmp_path):
    _, _, tuning = taught(stem="prompts")
    assert tuning.lessons.other is not None and tuning.judge.lessons.other is None
    _, _, tuning = taught("true", stem="prompts", teacher=False)
    assert tuning.lessons.other is None


def test_held_out_lessons_are_of_recordings_that_are_not_learned(taught):
    _, _, tuning = taught()
    pool = tuning.judge.lessons.sound.pool
    train, valid = (pool.entries["noise", split] for split in ("train", "valid"))
    assert not {e.source.path for e in train} & {e.source.path for e in valid}


def test_a_lone_talker_is_taught_to_be_speech_whatever_the_teacher_says(taught):
    _, base, tuning = taught(stem="prompts", talkers=1.0, without=1.0)
    tuning.model.load_state_dict(base.state_dict())
    lesson = tuning.lessons.draw(range(8))
    _, scene = tuning._spectra(lesson)
    real, _ = tuning._old(lesson, scene)
    speech, *rest = real[:, :, lesson.talk]
    assert lesson.talk.any()
    torch.testing.assert_close(speech, scene[0][:, lesson.talk])
    assert not torch.stack(rest).any()


def test_of_scenes_beside_a_lone_talker_the_teacher_says_the_same(taught):
    _, _, tuning = taught()
    lesson = tuning.lessons.draw(range(3))
    _, scene = tuning._spectra(lesson)
    whole = tuning._old(lesson, scene)
    lesson.talk[0], lesson.base[1] = True, 0.0
    for part, before in zip(tuning._old(lesson, scene), whole, strict=True):
        torch.testing.assert_close(part[:, :, 2], before[:, :, 2])


@pytest.mark.parametrize(
    "now, score",
    [
        (Marks(2.0, 12.0, 3.0, 4.0), 3.0),
        (Marks(1.0, 2.0, 9.0, 9.0), 0.0),
        (Marks(2.0, 2.0, 2.5, 4.0), 0.5),
        (Marks(2.0, 2.0, 3.0, 4.0 - OTHERS - 0.5), 0.5),
    ],
    ids=[
        "removal counts",
        "what was bad before and is good now does not",
        "what is lost does",
        "what other voices lose does, past what is in the likeness",
    ],
)
def test_a_fine_tune_is_judged_by_what_it_removes_and_loses(taught, monkeypatch, now, score):
    _, _, tuning = taught()
    tuning.judge._before = Marks(1.0, 2.0, 3.0, 4.0)
    monkeypatch.setattr(tuning.judge, "_marks", lambda _: now)
    assert tuning.validate_average() == pytest.approx(score)


@pytest.mark.parametrize(
    "without, others, harmless",
    [
        (3.0 - HARMLESS / 2, 4.0, True),
        (3.0 - 2 * HARMLESS, 4.0, False),
        (3.0, 4.0 - OTHERS / 2, True),
        (3.0, 4.0 - 2 * OTHERS, False),
    ],
)
def test_a_change_does_harm_where_stems_or_other_voices_lose(
    taught, monkeypatch, without, others, harmless
):
    _, _, tuning = taught()
    tuning.judge._before = Marks(1.0, 2.0, 3.0, 4.0)
    monkeypatch.setattr(tuning.judge, "_without", lambda _: without)
    monkeypatch.setattr(tuning.judge, "_others", lambda _: others)
    assert tuning.judge.harmless({}) is harmless


def test_voices_made_of_a_new_one_are_watched_where_talkers_stay(taught):
    _, _, noise = taught(train={"steps": 1})
    _, _, voice = taught("voice", stem="prompts", train={"steps": 1})
    _, _, music = taught("music", stem="prompts", keep="music", train={"steps": 1})
    assert noise.judge.other is None and music.judge.other is None
    base = dict(voice.model.named_parameters())
    gone = {name: torch.zeros_like(weight) for name, weight in base.items()}
    heard, silent = (voice.judge._others(weights) for weights in (base, gone))
    assert heard != silent


def test_voices_that_happen_to_be_silent_are_not_judged(taught, monkeypatch):
    _, _, voice = taught(stem="prompts", train={"steps": 1})
    silence = torch.zeros(8, 1, RATE // 2)
    monkeypatch.setattr(voice.judge.other, "draw", lambda _: silence)
    voice.judge._before = None
    assert voice.judge._at_first().others == 0.0
    assert voice.judge.harmless(dict(voice.model.named_parameters()))


@pytest.mark.parametrize(
    "stem, tries, share",
    [("prompts", 1, 0.8), ("prompts", 3, 0.64), ("prompts", 9, 0.24), ("noise", 1, 0.9)],
)
def test_as_much_of_a_change_is_taken_as_does_no_harm(taught, monkeypatch, stem, tries, share):
    _, _, tuning = taught(stem=stem)
    Average.copy(tuning.best_weights, tuning.update)
    whole = {name: w.detach().clone() for name, w in tuning.update.changes().items()}
    answers = iter([False] * (tries - 1) + [True])
    monkeypatch.setattr(tuning.judge, "harmless", lambda _: next(answers))
    tuning.settle()
    assert tuning.share == pytest.approx(share)
    for name, change in tuning.update.changes().items():
        torch.testing.assert_close(change, share * whole[name])
