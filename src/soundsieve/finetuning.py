"""The whole way of a fine-tune: recordings, lessons, a change of weights, what it did, a model."""

import copy
import hashlib
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from soundsieve.data.opening import every_kind, pool_of
from soundsieve.data.pool import Pool, fingerprint
from soundsieve.data.recordings import Recordings, read_recordings, write_recordings
from soundsieve.data.suspects import EVIDENT, suspects
from soundsieve.errors import UserError
from soundsieve.evaluation.before_after import Bench, bench_of, compare, outcome_lines
from soundsieve.forms import LIVE, Form
from soundsieve.models.files import load, save
from soundsieve.models.find import WEIGHTS, find
from soundsieve.models.separator import Separator, digest
from soundsieve.models.spectral import SpectralModel
from soundsieve.progress import progress_bar
from soundsieve.recipe import Recipe, identity
from soundsieve.report.tuned import write_tuned
from soundsieve.runs import discard, locked, make_folder, versions, write_json, write_start
from soundsieve.training.finetune.aims import Aims, aims_of, truth_of
from soundsieve.training.finetune.teach import Material, teach
from soundsieve.training.finetune.tuning import Tuning
from soundsieve.training.finetune.update import interpolate

BASE, TUNED = "base.safetensors", "tuned.safetensors"
"""Of a run folder: the model as it was, and the one with the whole of the change."""
SCORES, RECORDINGS = "scores.json", "recordings.csv"
STARTER = "starter"
TOLD = 5
"""Lines on recordings that are left out or doubtful; the rest is in a table."""


def finetune(
    name: str, recipe: Recipe, keep: str | None = None, console: Console | None = None
) -> Path:
    """Teaches a model a user's own sound; the same call goes on where it stopped.

    With another `finetune.strength` it only writes the model anew, and measures it.

    Returns the run folder. Raises UserError for what the user can mend, KeyboardInterrupt after
    Ctrl-C, when all is saved.
    """
    console, began = console or Console(), time.monotonic()
    model, stem = find(name), stem_of(recipe)
    aims = aims_of(model, name, stem, keep)
    assert isinstance(model, SpectralModel)
    make_folder(Path(recipe.out))
    recipe = recipe.model_copy(
        update={"keep": str(aims.kept), "stems": model.about.get("stems") or {}}
    )
    with progress_bar(console) as progress:
        material = gather(recipe, aims, model.sample_rate, progress)
        folder = _folder(name, model, recipe, material)
        with locked(folder):
            if recipe.fresh:
                discard(folder)
            outcome = _complete(name, model, aims, recipe, material, folder, progress, began)
    for line in outcome_lines(outcome):
        console.print(line, soft_wrap=True)
    command = f"recipe separate FILE keep={aims.kept} model={folder}"
    console.print(f"separate with it: {command}", soft_wrap=True, markup=False)
    return folder


def stem_of(recipe: Recipe) -> str:
    """Which stem the new sound is of.

    Raises UserError where none is given, or two.
    """
    given = [stem for stem in ("noise", "prompts") if getattr(recipe.finetune, stem)]
    if len(given) != 1:
        came = "both" if given else "neither"
        raise UserError(
            f"expected recordings of a noise or of a prompt voice, got {came}; write noise=FOLDER "
            "or prompts=FOLDER, one after the other where you have two."
        )
    return given[0]


def gather(recipe: Recipe, aims: Aims, sample_rate: int, progress: Progress) -> Material:
    """Opens the new sound, the starter corpus, the user's pool and their unlabelled audio."""
    own = recipe.finetune
    if own.audio and not own.teacher:
        raise UserError(
            "audio= has no labels, so it needs the teacher; leave finetune.teacher=yes."
        )
    path = str(getattr(own, aims.stem))
    sound = _read(path, aims.stem, sample_rate, progress)
    untold = recipe.model_copy(update={"data": recipe.data.model_copy(update={"path": STARTER})})
    recipes = [untold] if recipe.data.path == STARTER else [untold, recipe]
    form = Form(sample_rate, LIVE.channels)
    pools = [pool_of(each, progress, form, targets=()) for each in recipes]
    for each, pool in zip(recipes, pools, strict=True):
        every_kind(each, pool)
    if aims.stem == "noise":
        skip = _doubtful(sound, pools[0], aims, progress)
        sound = _read(path, aims.stem, sample_rate, progress, skip) if skip else sound
    audio = _read(own.audio, "all", sample_rate, progress) if own.audio else None
    return Material(sound, tuple(pools), audio)


def _read(
    path: str,
    stem: str,
    sample_rate: int,
    progress: Progress,
    skip: Mapping[str, str] | None = None,
) -> Recordings:
    task = progress.add_task(f"reading {path}", total=None, detail="")
    found = read_recordings(
        path,
        stem,
        sample_rate,
        progress=lambda done, of: progress.update(task, completed=done, total=of),
        skip=skip,
    )
    progress.remove_task(task)
    if skip:
        return found  # what is left out has been said
    for place, reason in list(found.dropped.items())[:TOLD]:
        progress.console.print(f"left out: {place}: {reason}", soft_wrap=True, markup=False)
    if len(found.dropped) > TOLD:
        progress.console.print(f"left out: {len(found.dropped) - TOLD} files more")
    return found


def _doubtful(sounds: Recordings, pool: Pool, aims: Aims, progress: Progress) -> dict[str, str]:
    """Recordings of a noise to leave out, as they sound like what is kept, and like what.

    Where that is half of them or more, the judge may be wrong: they are told, and stay.
    """
    kept = [stem for stem in EVIDENT if any(aims.kept.gains_if_there([stem]))]
    found = suspects(sounds, pool, kept)
    many = 2 * len(found) >= len({source.path for source in sounds.pool.sources})
    verb = "look at" if many else "left out"
    for path, like in list(found.items())[:TOLD]:
        line = f"{verb}: {path}: sounds like {like}, which is to be kept"
        progress.console.print(line, soft_wrap=True, markup=False)
    if len(found) > TOLD:
        progress.console.print(f"{verb}: {len(found) - TOLD} recordings more sound like that")
    return {} if many else {path: f"sounds like {like}" for path, like in found.items()}


def _folder(name: str, model: Separator, recipe: Recipe, material: Material) -> Path:
    """Where this fine-tune lives; its strength is not part of it."""
    own = recipe.finetune.model_dump(
        mode="json", exclude={"strength", *("noise", "prompts", "audio")}
    )
    heard = [material.recordings, *([material.audio] if material.audio else [])]
    facts = [
        identity(recipe),
        own,
        digest(model),
        [each.heard(split) for each in heard for split in ("train", "valid")],
        [fingerprint(pool.sources) for pool in material.pools],
    ]
    mark = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:6]
    return Path(recipe.out) / f"{recipe.name}-{Path(name).stem}-{mark}"


def _complete(
    name: str,
    base: SpectralModel,
    aims: Aims,
    recipe: Recipe,
    material: Material,
    folder: Path,
    progress: Progress,
    began: float,
) -> dict[str, Any]:
    """Does what a run folder lacks; gives what is in its scores."""
    if not (folder / TUNED).exists():
        progress.console.print(f"run folder: {folder}", soft_wrap=True, markup=False)
        write_start(folder, recipe)
        _describe(material.recordings, folder, progress)
        model = copy.deepcopy(base)
        tuning = teach(model, aims, recipe, material, folder, progress)
        save(base, folder / BASE, base.about)
        save(model, folder / TUNED, _about(name, base, recipe, material, aims, tuning))
    strength = recipe.finetune.strength
    held = json.loads(path.read_text()) if (path := folder / SCORES).exists() else None
    if held and held["strength"] == strength:
        return held
    write_start(folder, recipe)
    task = progress.add_task("comparing before and after", total=None, detail="")
    models = load(folder / BASE), load(folder / TUNED)

    def at(share: float) -> Separator:
        between = copy.deepcopy(models[1])
        between.load_state_dict(interpolate(*models, share))
        return between

    now, bench = at(strength), _bench(aims, recipe, material, base)
    about = {**models[1].about, "finetune": {**models[1].about["finetune"], "strength": strength}}
    (folder / SCORES).unlink(missing_ok=True)  # they are of another strength than what comes now
    save(now, folder / WEIGHTS, about)
    outcome = compare(models[0], at, strength, bench)
    outcome |= {"keep": recipe.keep, "stem": aims.stem, "base": name}
    told = about["finetune"]
    outcome |= {"training": told["seconds"], "seconds": round(time.monotonic() - began, 1)}
    outcome |= {"steps": told["steps"], "versions": versions()}
    write_tuned(folder, models[0], now, bench, outcome, base.sample_rate)
    write_json(folder / SCORES, outcome)
    progress.remove_task(task)
    return outcome


def _bench(aims: Aims, recipe: Recipe, material: Material, model: Separator) -> Bench:
    """What the model is measured on: sounds of the splits that it has not learned from."""
    return bench_of(
        material.recordings,
        material.pools,
        material.audio,
        recipe,
        stem=aims.stem,
        remix=aims.remix,
        kept=aims.kept,
        truth=lambda scope: truth_of(model, scope, recipe.tree),
        outputs=aims.others,
    )


def _describe(sounds: Recordings, folder: Path, progress: Progress) -> None:
    """Says how much there is, and writes what each recording is for."""
    write_recordings(folder / RECORDINGS, sounds)
    learned, held = (sounds.seconds(split) for split in ("train", "valid"))
    said = f"{sounds.stem}: {learned:.0f} s to learn from, {held:.0f} s held out"
    progress.console.print(f"{said}; {len(sounds.dropped)} files left out, see {RECORDINGS}")


def _about(
    name: str,
    base: Separator,
    recipe: Recipe,
    material: Material,
    aims: Aims,
    tuning: Tuning,
) -> dict[str, Any]:
    """What a model's header says of its making; the scores of the base are not its own."""
    about = {key: value for key, value in base.about.items() if key != "scores"}
    earlier = (base.about.get("finetune") or {}).get("heard", [])
    return about | {
        "finetune": {
            "base": Path(name).name,
            "stem": aims.stem,
            "heard": [*earlier, *material.recordings.heard()],
            "seconds_of_sound": round(material.recordings.seconds("train"), 1),
            "recipe": json.loads(recipe.model_dump_json(exclude={"finetune": {"strength"}})),
            "steps": tuning.trainer.global_step,
            "best_step": tuning.best_step,
            "share": tuning.share,
            "seconds": round(tuning.seconds, 1),
            "valid_score": round(tuning.best_score, 3),
            "versions": versions(),
        }
    }
