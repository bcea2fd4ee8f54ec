"""The door: help, dispatch, exit codes, and what each verb hands on."""

import errno
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from soundsieve.cli import main
from soundsieve.cli.door import VERBS
from soundsieve.config import dump, resolve
from soundsieve.errors import UserError
from soundsieve.target import normal_form


@pytest.fixture
def calls(monkeypatch):
    """Stand-ins for layer 3 that note how they are called."""
    noted = []

    def stand_in(module, name, result=None):
        def noting(*values, **named):
            noted.append((name, values, named))
            if isinstance(result, BaseException):
                raise result
            return result

        monkeypatch.setitem(sys.modules, module, SimpleNamespace(**{name: noting}))

    stand_in("soundsieve.pipeline", "run")
    stand_in("soundsieve.finetuning", "finetune")
    stand_in("soundsieve.inference.separate", "separate_files", (1, []))
    stand_in("soundsieve.inference.live", "stream")
    scored = SimpleNamespace(estimators=[], mixer=None, scores=None)
    stand_in("soundsieve.evaluation.command", "evaluate", scored)
    stand_in("soundsieve.report.run", "write_report")
    return SimpleNamespace(noted=noted, stand_in=stand_in)


def refusal(capsys, *words):
    """The one line on standard error of a command that exits with 2."""
    assert main(words) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1, said
    return said[0]


@pytest.mark.parametrize("words", [(), ("--help",), ("-h",), ("help",)])
def test_help_teaches_every_verb(words, capsys):
    assert main(words) == 0
    said = capsys.readouterr().out
    assert all(verb in said for verb in VERBS)
    assert "recipe run keep=speech+music" in said


@pytest.mark.parametrize("verb", VERBS)
def test_the_help_of_a_verb_has_examples(verb, capsys):
    assert main([verb, "--help"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"recipe {verb}")
    assert "example" in said
    assert main(["help", verb]) == 0
    assert capsys.readouterr().out == said
    assert max(map(len, said.splitlines())) <= 120


def test_the_help_of_run_lists_every_key_with_unit_and_range(capsys):
    assert main(["run", "--help"]) == 0
    said = capsys.readouterr().out
    assert "mix.snr=-10..20" in said
    assert "from -60 to 60, in dB" in said
    assert "train.minutes=none" in said


def test_the_help_of_run_shows_what_a_run_without_a_word_has(capsys):
    assert main(["run", "--help"]) == 0
    shown, usual = capsys.readouterr().out, resolve()
    assert f"\n  train.steps={usual.train.steps}\n" in shown
    assert f"\n  mix.effects.speed={usual.mix.effects.speed:g}\n" in shown


def test_show_prints_a_recipe(capsys, tmp_path):
    assert main(["show", "keep=music+speech", "seed=3"]) == 0
    said = capsys.readouterr().out
    assert said == dump(resolve(None, ["keep=speech+music", "seed=3"]))
    (tmp_path / "again.yaml").write_text(said)
    assert main(["show", str(tmp_path / "again.yaml")]) == 0
    assert capsys.readouterr().out == said


@pytest.mark.parametrize("what", ["recipes", "stems", "corpora"])
def test_lists(what, capsys):
    assert main(["list", what]) == 0
    assert capsys.readouterr().out


def test_export_hands_on_the_model(calls, capsys):
    calls.stand_in("soundsieve.export.command", "export", ["any.onnx: 1.8 MB"])
    assert main(["export", "any", "out=any.onnx", "int8=yes", "channels=2"]) == 0
    ((_, (name, out, channels, int8, _), _),) = calls.noted
    assert (name, out, channels, int8) == ("any", Path("any.onnx"), 2, True)
    assert capsys.readouterr().out == "any.onnx: 1.8 MB\n"
    assert "expected one model" in refusal(capsys, "export")
    assert "expected one model" in refusal(capsys, "export", "a", "b")
    assert "int8 expects yes or no" in refusal(capsys, "export", "any", "int8=maybe")


def test_run_hands_on_the_recipe(calls):
    assert main(["run", "keep", "keep=music", "train.steps=5"]) == 0
    ((name, (recipe, _), _),) = calls.noted
    assert name == "run"
    assert (recipe.keep, recipe.train.steps) == ("music", 5)


def test_finetune_hands_on_the_model_and_what_is_its_own(calls):
    words = ["any", "noise=~/lathe", "keep=speech+music", "finetune.strength=0.5", "train.steps=9"]
    assert main(["finetune", *words]) == 0
    ((_, (name, recipe, keep, _), _),) = calls.noted
    assert (name, keep) == ("any", "speech+music")
    assert recipe.finetune.noise == str(Path("~/lathe").expanduser())
    assert (recipe.finetune.strength, recipe.train.steps, recipe.name) == (0.5, 9, "finetune")


def test_a_noise_is_taught_more_gently_than_a_voice(calls):
    assert main(["finetune", "any", "noise=lathe"]) == 0
    assert main(["finetune", "any", "prompts=navi"]) == 0
    noise, voice = (values[1].train for _, values, _ in calls.noted)
    assert noise.rate < voice.rate
    assert noise.steps < voice.steps


@pytest.mark.parametrize("length", ["train.steps=1000", "train.minutes=60"])
def test_a_fine_tune_whose_length_is_given_does_not_stop_before(calls, length):
    for words in ([], [length], [length, "train.patience=5"]):
        assert main(["finetune", "any", "prompts=navi", *words]) == 0
    usual, given, patient = (values[1].train.patience for _, values, _ in calls.noted)
    assert usual > 0
    assert (given, patient) == (0, 5)


def test_evaluate_scores_the_removal_of_a_sound(calls):
    calls.stand_in("soundsieve.evaluation.removal", "evaluate_removal")
    assert main(["evaluate", "model=any,runs/x", "prompts=navi", "score.scenes=5"]) == 0
    ((_, (models, path, stem, keep, recipe, out, _), _),) = calls.noted
    assert (models, path, stem, keep, out) == (["any", "runs/x"], "navi", "prompts", None, None)
    assert recipe.score.scenes == 5


def test_separate_hands_on_files_and_targets(calls, capsys):
    words = ["a.wav", "keep=speech,all-prompts", "b.wav", "residual=true", "out=x", "model=m"]
    assert main(["separate", *words, "format=musdb"]) == 0
    ((_, (files, targets, model, out, residual, _, layout), _),) = calls.noted
    assert layout == "musdb"
    assert files == [Path("a.wav"), Path("b.wav")]
    assert normal_form(targets) == "speech,all-prompts"
    assert (model, out, residual) == ("m", Path("x"), True)


def test_files_that_fail_are_a_line_each_and_exit_2(calls, capsys):
    calls.stand_in("soundsieve.inference.separate", "separate_files", (1, ["a: bad", "b: worse"]))
    assert main(["separate", "a", "b", "keep=speech"]) == 2
    said = capsys.readouterr()
    assert said.err.splitlines() == ["recipe: a: bad", "recipe: b: worse"]
    assert said.out == "speech: 1 done by any, in separated/\n"


def test_a_file_with_an_equals_sign_is_named_by_its_folder(calls):
    assert main(["separate", "./a=b.wav", "keep=speech"]) == 0
    assert calls.noted[0][1][0] == [Path("a=b.wav")]


def test_stream_hands_on_source_and_sink(calls):
    assert main(["stream", "in=-", "out=-", "keep=speech", "block=160", "sample_rate=48000"]) == 0
    ((_, (source, sink, _, model, block, sample_rate, channels, encoding), _),) = calls.noted
    assert (source, sink, model, block) == ("-", "-", None, 160)
    assert (sample_rate, channels, encoding) == (48000, 1, "s16")


def test_evaluate_keeps_its_own_keys_and_resolves_the_others(calls):
    words = ["model=a,classical", "out=x", "data=y", "score.scenes=7"]
    assert main(["evaluate", *words]) == 0
    (_, (models, recipe, out, _), _), (reported, (folder, *_), _) = calls.noted
    assert (reported, folder) == ("write_report", out)
    assert (models, out) == (["a", "classical"], Path("x"))
    assert (recipe.data.path, recipe.score.scenes, recipe.model.family) == ("y", 7, "mask")


def test_a_run_of_several_outputs_is_one_model_to_evaluate(calls, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in ("runs/songs-vocals,drums-0a", "runs/any-speech,music,noise-1b"):
        (tmp_path / folder).mkdir(parents=True)
    words = "any,runs/songs-vocals,drums-0a,classical,runs/any-speech,music,noise-1b,"
    assert main(["evaluate", f"model={words}"]) == 0
    assert calls.noted[0][1][0] == [
        *("any", "runs/songs-vocals,drums-0a", "classical", "runs/any-speech,music,noise-1b")
    ]


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["separete"], ["'separete'", "'separate'"]),
        (["zzz"], ["'zzz'", "run, finetune, separate"]),
        (["show", "keep=speach"], ["'speach'", "'speech'"]),
        (["show", "train.stepz=3"], ["train.stepz", "train.steps"]),
        (["show", "--seed=3"], ["seed=3"]),
        (["show", "-"], ["'-'"]),
        (["show", "keep", "other"], ["one recipe"]),
        (["finetune", "noise=x"], ["expected one model"]),
        (["finetune", "any", "noise=x", "finetune.methd=full"], ["finetune.method"]),
        (["finetune", "any", "finetune.strength=9"], ["from 0 to 1.5", "'9'"]),
        (["evaluate", "noise=x", "prompts=y"], ["one of noise= and prompts="]),
        (["run", "nowhere.yaml"], ["nowhere.yaml"]),
        (["list"], ["recipes, models"]),
        (["list", "stem"], ["'stem'", "'stems'"]),
        (["separate", "a.wav"], ["keep= is missing"]),
        (["separate", "keep=speech"], ["no file"]),
        (["separate", "a.wav", "kep=speech"], ["'kep'", "'keep'"]),
        (["separate", "a.wav", "keep=speech", "residual=maybe"], ["residual", "'maybe'"]),
        (["separate", "a.wav", "keep=speech", "keep=music"], ["twice"]),
        (["separate", "a.wav", "keep="], ["needs a value"]),
        (["separate", "a.wav", "-x"], ["-x"]),
        (["separate", "--1.wav", "keep=speech"], ["./--1.wav"]),
        (["stream", "a.wav", "out=b.wav", "keep=speech"], ["in=a.wav"]),
        (["stream", "out=b.wav", "keep=speech"], ["in= is missing"]),
        (["stream", "in=a", "out=b", "keep=speech", "block=0"], ["block", "'0'"]),
        (["stream", "in=a", "out=b", "keep=speech", "samplerate=8000"], ["'sample_rate'"]),
        (["evaluate", "model=a", "model=b"], ["twice"]),
        (["evaluate", "score.scenez=3"], ["score.scenes"]),
    ],
)
def test_a_bad_command_is_one_line_and_exit_2(words, parts, calls, capsys):
    said = refusal(capsys, *words)
    assert all(part in said for part in parts), said
    assert not calls.noted


def test_a_user_error_of_a_run_is_exit_2(calls, capsys):
    calls.stand_in("soundsieve.pipeline", "run", UserError("no pool has music."))
    assert "no pool has music." in refusal(capsys, "run")


def test_ctrl_c_is_exit_130(calls, capsys):
    calls.stand_in("soundsieve.pipeline", "run", KeyboardInterrupt())
    assert main(["run"]) == 130
    assert "interrupted" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_service_that_stops_ends_as_ctrl_c_does(calls, monkeypatch, name):
    number = getattr(signal, name)
    before = signal.getsignal(number)
    stopped = SimpleNamespace(run=lambda *_: signal.raise_signal(number))
    monkeypatch.setitem(sys.modules, "soundsieve.pipeline", stopped)
    try:
        signal.signal(number, signal.SIG_DFL)
        assert main(["run"]) == 130
        assert signal.getsignal(number) == signal.SIG_DFL
        with ThreadPoolExecutor() as pool:
            assert pool.submit(main, ["--version"]).result() == 0
    finally:
        signal.signal(number, before)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["keep=speech"], "recipe run keep=speech"),
        (["."], "recipe separate ."),
        (["separate", "-", "keep=speech"], "recipe stream in=-"),
        (["separate", "", "keep=speech"], "a variable of the shell unset?"),
        (["separate", "a.wav", "keep=speech", "residual"], "residual is a key"),
        (["stream", "in=a.wav", "out=b.wav", "keep=speech", "sample_rate=8000"], "raw PCM"),
        (["stream", "in=a.wav", "out=b.wav", "keep=speech", "encoding=f32"], "raw PCM"),
        (["stream", "in=a.wav", "out=-", "keep=speech", "channels=2"], "raw PCM"),
        (["finetune", "any", "noise=lathe", "train.reuse=4"], "train.reuse is of recipe run"),
        (["finetune", "any", "noise=lathe", "model.size=tiny"], "no use for it"),
    ],
)
def test_a_near_miss_is_told_the_right_way(calls, capsys, words, said):
    assert said in refusal(capsys, *words)


def test_a_full_disk_is_exit_2(calls, capsys):
    full = OSError(errno.ENOSPC, "No space left on device")
    calls.stand_in("soundsieve.pipeline", "run", full)
    assert "No space left" in refusal(capsys, "run")


def test_a_name_that_no_disk_takes_is_exit_2(capsys):
    assert "choose another name" in refusal(capsys, "separate", 300 * "a" + ".wav", "keep=speech")


def test_our_own_bugs_keep_their_traceback(calls):
    calls.stand_in("soundsieve.pipeline", "run", ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        main(["run"])


def test_a_reader_that_has_seen_enough_is_no_error():
    command = [sys.executable, "-c", "from soundsieve.cli import main; exit(main(['show']))"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout and process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0
