"""The report of a fine-tune: a page with its table, spectrograms and sounds, before and after."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from soundsieve.evaluation.before_after import Bench
from soundsieve.evaluation.new_sound import MEASURES, Part, estimate, rows
from soundsieve.models.separator import Separator
from soundsieve.report.figures import save, spectrograms, training_curve
from soundsieve.report.run import write_examples
from soundsieve.runs import whole

SHOWN = 4
"""Parts of the comparison of which a scene is shown and heard."""


def write_tuned(
    folder: Path,
    before: Separator,
    after: Separator,
    bench: Bench,
    outcome: Mapping[str, Any],
    sample_rate: int,
) -> None:
    """Writes `report.md`, `training.png`, `scenes.png`, and `examples/PART.KEEP.SOUND.wav`."""
    if (folder / "metrics.csv").is_file():
        save(training_curve(folder / "metrics.csv"), folder / "training.png")
    scenes = {part.name: _sounds(part, before, after, bench) for part in bench.parts[:SHOWN]}
    save(spectrograms(scenes, sample_rate), folder / "scenes.png")
    plain = {name.replace(" ", "-"): sounds for name, sounds in scenes.items()}
    write_examples(folder / "examples", plain, outcome["keep"], sample_rate)
    with whole(folder / "report.md") as part:
        part.write_text(_page(outcome, list(plain)), encoding="utf-8")


def _sounds(part: Part, before: Separator, after: Separator, bench: Bench) -> dict[str, Tensor]:
    """The sounds of the first scene of a part. Shape of each: `[channel, time]`."""
    mixture = (part.kept + part.gone)[:1]
    found = {"mixture": mixture[0]}
    for name, model in (("before", before), ("after", after)):
        found[name] = estimate(model, bench.remix, mixture)[0]
    return found if not part.kept[0].any() else found | {"wanted": part.kept[0]}


def _page(outcome: Mapping[str, Any], scenes: list[str]) -> str:
    lines = [
        f"# {outcome['base']}, taught a {outcome['stem']} sound",
        "",
        f"`keep={outcome['keep']}`, strength {outcome['strength']:g}. All sounds are ones that the "
        "fine-tune has not heard; dB.",
        "",
        "| scenes | | before | after |",
        "|---|---|---:|---:|",
    ]
    found = {"before": outcome["before"], "after": outcome["after"]}
    for part, name, (old, new) in rows(found):
        lines.append(f"| {part} | {MEASURES[name]} | {old:.1f} | {new:.1f} |")
    lines += [
        "",
        "| scenes | output | SI-SDR lost | further off its level |",
        "|---|---|---:|---:|",
    ]
    for loss in outcome["losses"]:
        values = f"{loss['si_sdr']:.2f} | {loss['level']:+.2f}"
        lines.append(f"| {loss['where']} | {loss['output']} | {values} |")
    lines += ["", "![before and after](scenes.png)", ""]
    for scene in scenes:
        names = [
            f"{scene}.{outcome['keep']}.{sound}.wav" for sound in ("mixture", "before", "after")
        ]
        links = " · ".join(f"[{n.split('.')[-2]}](examples/{n})" for n in names)
        lines.append(f"- {scene.replace('-', ' ')}: {links}")
    return "\n".join(lines) + "\n"
