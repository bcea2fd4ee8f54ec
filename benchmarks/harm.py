"""Whether a model does no harm: what is kept alone, loud and soft, and what is absent.

    python benchmarks/harm.py [MODEL] [data=FOLDER] [scenes=48] [split=valid]

Writes benchmarks/results/harm.json and docs/benchmarks.md.
"""

import sys
from pathlib import Path

import torch
from render import record
from rich.console import Console
from torchaudio.functional import highpass_biquad, lowpass_biquad

import soundsieve
from soundsieve.audio.levels import to_level
from soundsieve.data.mixer import Scenes
from soundsieve.data.opening import held_out, pool_of
from soundsieve.export.proof import processor
from soundsieve.metrics import si_sdr
from soundsieve.models.find import find
from soundsieve.models.separator import Separator
from soundsieve.progress import progress_bar
from soundsieve.remix import formable
from soundsieve.target import parse

KEEP = "speech+music"
LEVELS = (-10.0, -40.0)
ALONE = {
    "speech": ("music", "noise", "prompts"),
    "music": ("speech", "noise", "prompts"),
    "speech and music": ("noise", "prompts"),
}
"""What is heard, and the stems that are silent then."""
TELEPHONE = (300.0, 3400.0)
"""Hz: what a telephone lets through. Prompts come through small loudspeakers, talkers do too."""
TITLE = "What is clean stays clean"
TEXT = """\
Scenes without noise or prompts through `keep={keep}` of `{model}`: {scenes} of the {split} split of
`{data}`, no effects, each at an overall level of -10 and of -40 dBFS. A scene counts where it
sounds. SI-SDR against the input; the change of its level; and what the outputs whose stem is absent
give, relative to the mixture (mean over scenes)."""


@torch.no_grad()
def main(words: list[str]) -> None:
    """Measures and writes."""
    options = {"data": "starter", "scenes": "48", "split": "valid"}
    options |= dict(word.split("=", 1) for word in words if "=" in word)
    name = next((word for word in words if "=" not in word), "any")
    model = find(name).eval()
    recipe = soundsieve.resolve("keep", ["keep=all-prompts", f"data={options['data']}"])
    with progress_bar(Console()) as progress:
        pool = pool_of(recipe, progress)
    mixer = held_out(recipe, pool, options["split"])
    indices, rows = range(int(options["scenes"])), []
    for heard, silent in ALONE.items():
        absent = [stem for stem in pool.scope if recipe.tree.path(stem)[1] in silent]
        for level in LEVELS:
            scenes = mixer.scenes(indices, level=level, absent=absent)
            rows.append([heard, level, *row(model, scenes, silent)])
            if heard == "speech":
                scenes.stems = telephone(scenes.stems, scenes.sample_rate)
                rows.append(["speech on a telephone", level, *row(model, scenes, silent)])
    columns = ["heard", "level, dBFS", "scenes", "SI-SDR, mean, dB", "median", "worst"]
    columns += ["level change, mean, dB", "worst", "absent stems, dB"]
    said = {"data": Path(options["data"]).name, "model": Path(name).name, "keep": KEEP}
    text = TEXT.format(**{**options, **said})
    tables = [{"columns": columns, "rows": rows}]
    record("harm", title=TITLE, text=text, tables=tables, machine=processor())


def telephone(audio: torch.Tensor, sample_rate: int) -> torch.Tensor:
    """What a telephone leaves of a sound, by four filters of the second order."""
    for _ in range(2):
        audio = highpass_biquad(audio, sample_rate, TELEPHONE[0])
        audio = lowpass_biquad(audio, sample_rate, TELEPHONE[1])
    return audio


def row(model: Separator, scenes: Scenes, silent: tuple[str, ...]) -> list[float]:
    """The figures of one kind of scene at one level."""
    mixture = scenes.mixture[scenes.mixture.abs().amax((1, 2)) > 0]
    outputs = torch.cat([model(part) for part in mixture.split(8)])
    kept = gains(model, outputs, mixture, KEEP)
    ratio = si_sdr(kept, mixture).flatten()
    change = level_of(kept) - level_of(mixture)
    leaks = [
        (level_of(gains(model, outputs, mixture, stem)) - level_of(mixture)).mean()
        for stem in silent
        if stem != "prompts" or "prompts" in model.scope
    ]
    figures = [ratio.mean(), ratio.median(), ratio.min(), change.mean()]
    figures += [change[change.abs().argmax()], torch.stack(leaks).max()]
    return [len(mixture), *(round(float(figure), 2) for figure in figures)]


def gains(
    model: Separator, outputs: torch.Tensor, mixture: torch.Tensor, keep: str
) -> torch.Tensor:
    """What the model gives for an expression."""
    target = parse(keep)[0]
    weights = formable(target, model.scope, model.outputs, model.names)
    parts = torch.cat([outputs, mixture[:, None]], 1)
    return torch.einsum("boct,o->bct", parts, torch.tensor(weights))


def level_of(audio: torch.Tensor) -> torch.Tensor:
    """Level in dB. Shape: `[batch, channel, time] -> [batch]`."""
    return to_level(audio.square().mean((1, 2)))


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(sys.argv[1:])
