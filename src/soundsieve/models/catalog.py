"""The models there are, read from the headers of their files alone: no weights, no PyTorch."""

import json
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from soundsieve.errors import UserError
from soundsieve.stems import Stems

SHIPPED = Path(__file__).with_name("shipped")
"""Folder of the weights that the package brings along."""
DEFAULT = "any"
"""The shipped model that serves when none is named."""
FAMILIES = {
    "mask": "live: one causal mask for each target",
    "multihead": "live: a causal mask for every kind of sound, which sum to one",
    "songs": "offline: a stereo, 44.1 kHz mask for every part of a song, which sum to one",
    "songs/roformer": "offline: the same by attention over time and bands, for those with a GPU",
    "asteroid/convtasnet": "offline: ConvTasNet, dilated convolutions on the waveform",
    "asteroid/dprnn": "offline: DPRNN, recurrence within and across short chunks",
    "asteroid/dptnet": "offline: DPTNet, attention and recurrence within and across short chunks",
    "asteroid/sudormrf": "offline: SuDORMRF, convolutions at several rates",
    "asteroid/xumx": "offline: X-UMX, stereo and 44.1 kHz, gains for every part of a song",
}
"""What `model=` of `recipe run` takes, with a line on each."""
WEIGHTS_SUFFIX = ".safetensors"
GRAPH_SUFFIX = ".onnx"
WEIGHTS = "model.safetensors"
"""Name of the weights in a run folder."""
HEADER = "soundsieve"
"""Key of our JSON header in the metadata of a safetensors file."""
_LONGEST = 100_000_000  # bytes of a safetensors header, by its format


@dataclass(frozen=True)
class Entry:
    """What a list says of a model; "" where its file does not say."""

    outputs: str
    rate: str
    size: str
    latency: str
    score: str
    licence: str


def shipped() -> dict[str, Path]:
    """The models in the package by name."""
    return {path.stem: path for path in sorted(SHIPPED.glob(f"*{WEIGHTS_SUFFIX}"))}


def runs(folder: Path = Path("runs")) -> dict[str, Path]:
    """The models of finished runs by their folders."""
    return {str(path.parent): path for path in sorted(folder.glob(f"*/{WEIGHTS}"))}


def newest_run() -> Path | None:
    """The model of the run that was finished last."""
    return max(runs().values(), key=lambda path: path.stat().st_mtime, default=None)


def tree(name: str | None = None) -> Stems:
    """The stems that a model of this name knows: the standard ones, and those its recipe added."""
    path = shipped().get(name or DEFAULT) or (Path(name).expanduser() if name else newest_run())
    if path is not None and path.is_dir():
        path = path / WEIGHTS
    # What is wrong with the name is said where the model is loaded.
    told = _told(path) if path is not None and path.is_file() else None
    return Stems((told or {}).get("stems") or {})


def _told(path: Path) -> dict[str, Any] | None:
    """What a model says of its making: in the header of its weights, or on the card of a graph."""
    if path.suffix == WEIGHTS_SUFFIX:
        return _parsed(_metadata(path).get(HEADER))
    card = path.with_suffix(".json")
    if path.suffix != GRAPH_SUFFIX or not card.is_file():
        return None
    about = (_parsed(card.read_bytes()) or {}).get("about")
    return about if isinstance(about, dict) else None


def header(path: Path) -> dict[str, Any]:
    """What a model file says of itself.

    Raises UserError for anything that is no model of ours.
    """
    about = _parsed(_metadata(path).get(HEADER))
    if about is None:
        raise UserError(f"{path} is no soundsieve model: its header does not say how to build it.")
    return about


def entry(path: Path) -> Entry:
    """The line of a model in a list. Raises UserError as `header` does."""
    about, config, rate = header(path), {}, None
    if isinstance(about.get("config"), dict):
        config = about["config"]
        rate = config.get("sample_rate")
    seconds = about.get("latency_seconds")
    if seconds is None and rate and config.get("n_fft"):
        seconds = config["n_fft"] / rate
    training = about.get("training") or {}
    return Entry(
        ",".join(config.get("names", [])),
        f"{rate} Hz" if rate else "",
        f"{_numbers(path) / 1e6:.2f} M, {path.stat().st_size / 1e6:.1f} MB",
        _latency(about, seconds),
        _score(about, training),
        str(about.get("licence") or ", ".join(training.get("data_licences", []))),
    )


def _latency(about: dict[str, Any], seconds: float | None) -> str:
    if about.get("causal") is False:
        return "offline"
    return f"{1000 * seconds:.0f} ms" if seconds else ""


def _score(about: dict[str, Any], training: dict[str, Any]) -> str:
    """Scores by target where the header has them, else that of the validation scenes.

    Of a fine-tune neither: those that its base got are not its own.
    """
    if "finetune" in about:
        return ""
    if isinstance(scores := about.get("scores"), dict):
        numbers = {name: gain for name, gain in scores.items() if isinstance(gain, int | float)}
        return ", ".join(f"{name} {gain:+.1f} dB" for name, gain in numbers.items())
    valid = training.get("valid_si_sdri")
    return "" if valid is None else f"{valid:+.1f} dB (valid)"


def _numbers(path: Path) -> int:
    shapes = [part["shape"] for name, part in _content(path).items() if name != "__metadata__"]
    return sum(prod(shape) for shape in shapes)


def _metadata(path: Path) -> dict[str, Any]:
    return _content(path).get("__metadata__") or {}


def _content(path: Path) -> dict[str, Any]:
    """The JSON at the start of a safetensors file, after eight bytes that hold its length."""
    if not path.is_file():
        raise UserError(f"no model at {path}. `recipe list models` shows what there is.")
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            text = file.read(length) if length <= _LONGEST else b""
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}).") from error
    content = _parsed(text) if len(text) == length else None
    if content is None:
        raise UserError(f"{path} is no soundsieve model: expected safetensors.")
    return content


def _parsed(text: str | bytes | None) -> dict[str, Any] | None:
    try:
        value = json.loads(text or "null")
    except ValueError:  # no JSON, or no text at all
        return None
    return value if isinstance(value, dict) else None
