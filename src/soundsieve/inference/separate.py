"""Whole files and arrays through the same stream as live sound, in large blocks."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from soundsieve.audio.io import Reader, Writer
from soundsieve.errors import UserError
from soundsieve.inference.layouts import FILES, MIXTURE, opened
from soundsieve.inference.meter import Meter
from soundsieve.inference.plan import Job, plan
from soundsieve.inference.stream import Stream
from soundsieve.inference.threads import one_thread
from soundsieve.memory import keep_memory
from soundsieve.models.find import find
from soundsieve.models.separator import Separator
from soundsieve.remix import formable
from soundsieve.runs import make_folder
from soundsieve.target import Target

if TYPE_CHECKING:
    from rich.progress import Progress

_SECONDS = 3.0
"""Of one channel in a block; several channels share them, so that memory stays the same."""
_SHORTEST = 1.0


def separate_files(
    inputs: Sequence[str | Path],
    targets: Sequence[Target],
    model_name: str | None = None,
    out: str | Path | None = None,
    residual: bool = False,
    progress: Progress | None = None,
    layout: str = FILES,
) -> tuple[int, list[str]]:
    """Write what is kept of files and folders; how many are done, a line for each that failed.

    Outputs are `out/<input's stem>.<target>.<ext>`, and `….residual.<ext>` for what is removed.

    Args:
        out: a folder; `separated` in the working directory by default.
        residual: also write the mixture minus all that is kept.
        layout: `files`, or for the four parts of a song `musdb`, a folder with them and the
            mixture, or `stems.mp4`, one file with all of these.
    """
    out = Path("separated" if out is None else out)
    jobs, errors = plan(inputs, targets, out, residual, layout)
    if not jobs and errors:
        return 0, errors
    model = find(model_name)
    for target in targets:  # a fault of the call, which is not to be said once a file
        formable(target, model.scope, model.outputs, model.names, model.tree)
    make_folder(out)
    if model.causal:  # the windows of others are large and few
        keep_memory()
    done = 0
    for job in jobs:
        try:
            with one_thread():
                _separate_file(model, job, targets, residual, progress)
            done += 1
        except UserError as error:
            errors.append(str(error))
    return done, errors


def separate_audio(
    model: Separator,
    audio: Tensor,
    sample_rate: int,
    targets: Sequence[Target],
    residual: bool = False,
) -> Tensor:
    """What is kept of a whole signal, aligned with it and as long; the residual last if asked for.

    Shape: `[channel, time] -> [output, channel, time]`.
    """
    stream = Stream(model, sample_rate, audio.shape[0], targets, residual)
    size = _block_size(sample_rate, audio.shape[0])
    blocks = [stream.push(block) for block in audio.split(size, -1)]
    return torch.cat([*blocks, stream.flush()], -1)[..., stream.latency :]


def _separate_file(
    model: Separator, job: Job, targets: Sequence[Target], residual: bool, progress: Progress | None
) -> None:
    found = job.info
    try:
        stream = Stream(model, found.sample_rate, found.channels, targets, residual)
    except UserError as error:
        raise UserError(f"{job.source}: {error}") from error
    names = [*map(str, targets), *(["residual"] if residual else [])]
    for output in job.outputs:
        make_folder(output.parent)
    with ExitStack() as stack:
        reader = stack.enter_context(Reader(job.source))
        meter = stack.enter_context(
            Meter(progress, job.source.name, found.sample_rate, found.expected)
        )
        files = stack.enter_context(opened(job, names))
        writers = [files[name] for name in names]
        early = stream.latency
        for block in reader.blocks(_block_size(found.sample_rate, found.channels)):
            if MIXTURE in files:
                files[MIXTURE].write(block)
            early = _write(writers, stream.push(block), early)
            meter.advance(block.shape[1])
        _write(writers, stream.flush(), early)
    for name, writer in files.items():
        if writer.clipped:
            path = writer.path if job.layout == FILES else f"{job.outputs[0]}, {name}"
            _say(
                f"{path}: {writer.clipped} samples went past full scale and were clipped; "
                "a float wav as input would keep them.",
                progress,
            )


def _write(writers: Sequence[Writer], outputs: Tensor, early: int) -> int:
    """Write outputs without their first `early` samples; give how many are early still."""
    skipped = min(early, outputs.shape[-1])
    for writer, output in zip(writers, outputs, strict=True):
        writer.write(output[:, skipped:])
    return early - skipped


def _block_size(sample_rate: int, channels: int) -> int:
    return int(sample_rate * max(_SHORTEST, _SECONDS / channels))


def _say(text: str, progress: Progress | None) -> None:
    if progress is None:
        print(text, file=sys.stderr)
    else:
        progress.console.print(text, highlight=False, markup=False, soft_wrap=True)
