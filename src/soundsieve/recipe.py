"""The schema of a recipe: every knob once, with its unit, range and one line on what it does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from soundsieve.errors import UserError
from soundsieve.law import Law, within
from soundsieve.stems import Stems
from soundsieve.target import Target, normal_form, parse

SHORTHANDS = {"data": "path", "model": "family"}  # data=X is short for data.path=X
NOT_IN_IDENTITY: dict[str, Any] = {
    **dict.fromkeys(("device", "out", "fresh", "finetune"), True),
    "data": {"conflicts": True},
    "train": {"workers": True, "devices": True, "nodes": True},
}


def knob(default: Any, text: str, unit: str = "", **bounds: Any) -> Any:
    """A field with its description, unit and bounds (`ge`, `gt`, `le`, `lt`)."""
    about: dict[str, Any] = {"description": text, "json_schema_extra": {"unit": unit}}
    return Field(default, **about, **bounds)


def _blank_is_none(value: object) -> object:
    return None if value in ("none", "null", "~", "") else value


def _yes_or_no(value: object) -> object:
    words: dict[object, str] = {"true": "yes", "false": "no", True: "yes", False: "no"}
    return words.get(value, value) if isinstance(value, (str, bool)) else value


def _listed(value: object) -> object:
    """`a,b` on the command line is a list."""
    if not isinstance(value, str):
        return [value] if isinstance(value, (int, float)) else value
    return [word.strip() for word in value.split(",") if word.strip()]


WholeOrNone = Annotated[int | None, BeforeValidator(_blank_is_none)]
NumberOrNone = Annotated[float | None, BeforeValidator(_blank_is_none)]
TextOrNone = Annotated[str | None, BeforeValidator(_blank_is_none)]
Words = Annotated[list[str], BeforeValidator(_listed)]
Decibels = Annotated[list[Annotated[float, Field(ge=-60, le=60)]], BeforeValidator(_listed)]
Switch = Annotated[Literal["auto", "yes", "no"], BeforeValidator(_yes_or_no)]


class Part(BaseModel):
    """What all parts of a recipe share: no unknown keys, no change, no infinities."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        coerce_numbers_to_str=True,
    )


class Data(Part):
    """Where the recordings come from."""

    path: str = knob(
        "starter", "folder, pool, shards, manifest.csv or pairs; data=X for short", min_length=1
    )
    licences: Words = knob([], "use only recordings under these licences; [] takes all")
    conflicts: Literal["warn", "error"] = knob(
        "warn", "what comes of sounds in the wrong stem: a warning, or the end of the run"
    )

    @field_validator("path")
    @classmethod
    def _home(cls, path: str) -> str:
        return _expand(path)


class Effects(Part):
    """What befalls the sounds of a scene on their way into a file; odds of 0 cost nothing."""

    room: float = knob(
        0.0, "odds that a scene is in a room; late speech joins the noise", ge=0, le=1
    )
    t60: Annotated[Law, within(0.1, 1.2)] = knob(
        Law.uniform(0.15, 0.8), "reverberation time of that room", "s"
    )
    sum: float = knob(0.0, "odds that a source is two recordings of its kind", ge=0, le=1)
    speed: float = knob(0.0, "odds that a source is played faster or slower", ge=0, le=1)
    speed_range: float = knob(0.1, "largest change of that speed, as a part of it", ge=0, le=0.5)
    formant: float = knob(0.0, "odds that a voice gets other formants at its pitch", ge=0, le=1)
    formant_range: float = knob(0.15, "largest change of formants, as a part", ge=0, le=0.5)
    babble: float = knob(0.0, "odds that noise holds the voices of several talkers", ge=0, le=1)
    wind: float = knob(0.0, "odds that noise outside a room holds bursts of wind", ge=0, le=1)
    pause: float = knob(0.0, "odds that a talker pauses", ge=0, le=1)
    event: float = knob(0.0, "odds that a prompt is one event: silence, chime, voice", ge=0, le=1)
    duck: float = knob(0.0, "odds that music is turned down under prompts", ge=0, le=1)
    duck_depth: Annotated[Law, within(0, 40)] = knob(Law.uniform(6, 20), "by how much", "dB")
    loudspeaker: dict[str, Annotated[float, Field(ge=0, le=1)]] = knob(
        {"prompts": 0.85, "speech": 0.03}, "odds that a stem comes through a small loudspeaker"
    )
    distortion: float = knob(0.0, "odds that such a loudspeaker distorts", ge=0, le=1)
    guard: float = knob(
        0.0, "odds that a scene has the bandwidth of its dullest source", ge=0, le=1
    )
    tilt: float = knob(0.0, "odds that the channel is bright or dull", ge=0, le=1)
    tilt_range: float = knob(3.0, "largest slope of that tilt", "dB/octave", ge=0, le=12)
    band: float = knob(0.0, "odds of a band limit of 4, 8, 11, 16 or 24 kHz", ge=0, le=1)
    gain_step: float = knob(0.0, "odds that the gain steps inside a scene", ge=0, le=1)
    gain_range: float = knob(10.0, "largest such step, up or down", "dB", ge=0, le=40)
    limiter: float = knob(0.0, "odds that the channel limits peaks", ge=0, le=1)
    clip: float = knob(0.0, "odds that the channel clips, hard or soft", ge=0, le=1)
    packet_loss: float = knob(0.0, "odds that the channel loses packets", ge=0, le=1)
    codec: float = knob(0.0, "odds of a trip through Opus or MP3 (slow)", ge=0, le=1)
    swap: float = knob(0.0, "odds that the channels of stereo music change places", ge=0, le=1)
    width: float = knob(0.0, "odds that stereo music is made wider or narrower", ge=0, le=1)

    @field_validator("loudspeaker", mode="before")
    @classmethod
    def _fill(cls, odds: object) -> object:
        """Stems that a recipe does not name keep their odds."""
        default = cls.model_fields["loudspeaker"].default
        return {**default, **odds} if isinstance(odds, dict) else odds


class Mix(Part):
    """How scenes are drawn."""

    segment: float = knob(3.0, "length of a training scene", "s", ge=0.5, le=60)
    snr: Annotated[Law, within(-60, 60)] = knob(
        Law.uniform(-10, 20), "power of the target over the interference", "dB"
    )
    level: Annotated[Law, within(-90, 0)] = knob(
        Law.uniform(-40, -5), "overall level of a scene", "dBFS"
    )
    stem_level: Annotated[Law, within(-40, 40)] = knob(
        Law.uniform(-5, 5), "level of each stem against the others", "dB"
    )
    presence: dict[str, Annotated[float, Field(ge=0, le=1)]] = knob(
        {"speech": 0.8, "music": 0.7, "noise": 0.9, "prompts": 0.25}, "odds that a stem sounds"
    )
    both: float = knob(
        0.5, "odds that a scene with one target is sure to have target and interference", ge=0, le=1
    )
    coherence: float = knob(0.5, "odds that the stems of a song are of one song", ge=0, le=1)
    matched: float = knob(
        0.0, "odds that, where not, they are of songs of like tempo and key", ge=0, le=1
    )
    eq: float = knob(0.5, "odds that a source passes a random equaliser", ge=0, le=1)
    eq_range: float = knob(6.0, "largest boost or cut of that equaliser", "dB", ge=0, le=24)
    effects: Effects = Effects()

    @field_validator("presence", mode="before")
    @classmethod
    def _fill(cls, presence: object) -> object:
        """Stems that a recipe does not name keep their odds."""
        default = cls.model_fields["presence"].default
        return {**default, **presence} if isinstance(presence, dict) else presence


class Model(Part):
    """Which network."""

    family: str = knob("mask", "mask, or another family; model=X for short", min_length=1)
    size: Literal["tiny", "small", "base"] = knob("small", "size dial")
    channels: WholeOrNone = knob(None, "width of the network; none: by size", ge=4, le=2048)
    blocks: WholeOrNone = knob(None, "depth of the network; none: by size", ge=1, le=64)


class Mask(Part):
    """What the mask can do."""

    kind: Literal["magnitude", "phase-sensitive", "complex"] = knob("complex", "kind of mask")
    activation: Literal["gelu", "relu", "silu", "linear"] = knob(
        "gelu", "activation between layers; linear takes the non-linearity away"
    )


class Train(Part):
    """How the network learns."""

    steps: int = knob(800, "optimizer steps", ge=1, le=100_000_000)
    batch: int = knob(8, "scenes a step", ge=1, le=65536)
    rate: float = knob(3e-3, "peak learning rate", gt=0, le=1)
    warmup: int = knob(30, "steps until the learning rate has risen to its peak", ge=0)
    snr_weight: float = knob(0.3, "weight of the SNR term beside the spectral loss", ge=0, le=10)
    ema: float = knob(0.99, "decay a step of the averaged weights", ge=0, lt=1)
    validate_every: int = knob(200, "steps from one validation to the next", ge=1)
    patience: int = knob(0, "validations without a gain until it stops; 0: never", ge=0)
    compile: Switch = knob("auto", "compile the element-wise parts")
    precision: Literal["auto", "float32", "bf16"] = knob("auto", "arithmetic of the dense layers")
    start: TextOrNone = knob(
        None, "model whose weights to start from, of this size or smaller; none: fresh ones"
    )
    minutes: NumberOrNone = knob(None, "budget in place of steps; none: steps", "min", gt=0)
    reuse: int = knob(1, "times a batch is learned from, its stems exchanged", ge=1, le=64)
    workers: WholeOrNone = knob(None, "processes that draw ahead; none: by the device", ge=0)
    devices: int = knob(1, "processes that share a batch, a device each", ge=1, le=1024)
    nodes: int = knob(1, "machines with so many devices each, under torchrun", ge=1, le=4096)


class Score(Part):
    """What is scored, and on what."""

    scenes: int = knob(48, "scenes at each SNR", ge=1, le=100_000)
    snr: Decibels = knob([-5.0, 0.0, 5.0], "SNRs", "dB")
    against: Words = knob([], "interfering stems; [] takes all that are removed")
    split: Literal["train", "valid", "test"] = knob("valid", "part of the data that is scored")


class Finetune(Part):
    """How a trained model is adapted to a sound of the user's own, by `recipe finetune`."""

    noise: TextOrNone = knob(None, "recordings of a noise to remove: a folder or a file")
    prompts: TextOrNone = knob(None, "recordings of a prompt voice: a folder or a file")
    audio: TextOrNone = knob(None, "recordings of what the model will hear, without labels")
    method: Literal["adapter", "full"] = knob(
        "adapter", "a low-rank change of each matrix, or a free change of all weights"
    )
    rank: int = knob(16, "rank of the adapter's change", ge=1, le=256)
    strength: float = knob(
        1.0, "share of the change in the model written, changed at will later", ge=0, le=1.5
    )
    teacher: bool = knob(
        True, "the base model says what it heard before; no: the true stems of the pools do"
    )
    snr: Annotated[Law, within(-40, 40)] = knob(
        Law.uniform(-10, 15), "power of a scene over the new sound in it", "dB"
    )
    alone: float = knob(0.1, "odds that a scene is the new sound alone", ge=0, le=1)
    without: float = knob(0.25, "odds that a scene lacks the new sound", ge=0, le=1)
    others: float = knob(0.5, "odds that a prompt voice is heard turned into another", ge=0, le=1)
    talkers: float = knob(0.5, "odds that beside a prompt voice a talker is alone", ge=0, le=1)
    emphasis: float = knob(
        1.0, "weight of keep (else of all but the new sound) beside the mean of the outputs", ge=0
    )

    @field_validator("noise", "prompts", "audio")
    @classmethod
    def _home(cls, path: str | None) -> str | None:
        return _expand(path) if path else path


class Recipe(Part):
    """Everything that makes a run; two equal recipes on equal data make equal models."""

    name: str = knob("keep", "first part of the run folder's name")
    keep: str = knob("speech+music", "the target, as speech+music@-12 or all-prompts")
    seed: int = knob(0, "what scenes and weights are drawn from", ge=0, le=2**31 - 1)
    stems: dict[str, str] = knob({}, "further stems and their parents, as {engine: noise}")
    data: Data = Data()
    mix: Mix = Mix()
    model: Model = Model()
    mask: Mask = Mask()
    train: Train = Train()
    score: Score = Score()
    finetune: Finetune = Finetune()
    device: Literal["auto", "cpu", "cuda", "mps"] = knob("auto", "where the network runs")
    out: str = knob("runs", "folder of the run folders", min_length=1)
    fresh: bool = knob(False, "start anew where the same run exists")

    @model_validator(mode="before")
    @classmethod
    def _shorthands(cls, values: object) -> object:
        if not isinstance(values, dict):
            return values
        short = {k: f for k, f in SHORTHANDS.items() if isinstance(values.get(k), str)}
        return {**values, **{key: {field: values[key]} for key, field in short.items()}}

    @field_validator("name")
    @classmethod
    def _name(cls, name: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", name):
            raise ValueError("it may hold letters, digits and _ . - only")
        return name

    @field_validator("out")
    @classmethod
    def _home(cls, out: str) -> str:
        return _expand(out)

    @model_validator(mode="after")
    def _words(self) -> Self:
        with _blame("stems"):
            tree = Stems(self.stems)
        with _blame("keep"):
            targets = parse(self.keep, tree)
        with _blame("score.against"):
            for stem in self.score.against:
                tree.check(stem)
        tables = {
            "mix.presence": self.mix.presence,
            "mix.effects.loudspeaker": self.mix.effects.loudspeaker,
        }
        for key, table in tables.items():
            for stem in table.keys() - tree.children("all"):
                with _blame(f"{key}.{stem}"):
                    tree.check(stem)
                    raise UserError(f"{stem!r} is a part; give the odds of {tree.path(stem)[1]!r}.")
        # Two spellings of one target are one recipe; for everyone else the model is frozen.
        object.__setattr__(self, "keep", normal_form(targets))
        return self

    @property
    def tree(self) -> Stems:
        """The tree of stems that the recipe speaks of."""
        return Stems(self.stems)

    @property
    def targets(self) -> tuple[Target, ...]:
        """What is kept, one `Target` an output."""
        return parse(self.keep, self.tree)


def identity(recipe: Recipe) -> dict[str, Any]:
    """What makes the result of a run, as plain data: the recipe less device and folders."""
    # With reuse, stems are exchanged among the scenes of a process, so their number counts.
    more = {"train": {"workers": True}} if recipe.train.reuse > 1 else {}
    return recipe.model_dump(mode="json", exclude=NOT_IN_IDENTITY | more)


def slug(recipe: Recipe) -> str:
    """The readable part of a run folder's name.

    >>> slug(Recipe(keep="music+speech@-6"))
    'keep-speech@-6+music'
    """
    return f"{recipe.name}-{recipe.keep}"


@contextmanager
def _blame(key: str) -> Iterator[None]:
    """Turn a `UserError` into an error of validation that knows the key it is about."""
    try:
        yield
    except UserError as error:
        # The text travels as a value: braces in it are no template.
        raise PydanticCustomError("words", "{text}", {"key": key, "text": str(error)}) from None


def _expand(path: str) -> str:
    return str(Path(path).expanduser()) if path.startswith("~") else path
