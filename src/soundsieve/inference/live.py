"""Sound from a file or standard input to a file or standard output, block by block."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from torch import Tensor

from soundsieve.audio.io import AudioInfo, Full, Reader, Writer, info
from soundsieve.audio.pcm import ENCODINGS
from soundsieve.errors import UserError
from soundsieve.inference.pipe import Guard, pcm_blocks, write_pcm
from soundsieve.inference.plan import kind_like
from soundsieve.inference.stream import Stream
from soundsieve.inference.threads import one_thread
from soundsieve.models.find import find
from soundsieve.models.separator import Separator
from soundsieve.target import Target

PIPE = "-"
"""The name of standard input and standard output."""
_SUBTYPES = {"s16": "PCM_16", "s24": "PCM_24", "s32": "PCM_32", "f32": "FLOAT"}


@one_thread()
def stream(
    source: str | Path,
    sink: str | Path,
    targets: Sequence[Target],
    model_name: str | None = None,
    block: int | None = None,
    sample_rate: int | None = None,
    channels: int = 1,
    encoding: str = "s16",
) -> None:
    """Keep a target live. A `-` as source or sink is raw PCM through a pipe.

    From file to file the output is aligned and equals what `separate_files` writes. Where a pipe is
    an end, each block in gives a block out as long, `latency` samples late: nothing is shifted.

    Args:
        block: samples of a block; by default one hop of the model.
        sample_rate: of raw input; by default the model's.
        channels: of raw input.
        encoding: of raw input and output: s16, s24, s32 or f32, little-endian.
    """
    _check(source, sink, targets, block, channels, encoding)
    found = None if str(source) == PIPE else info(source)
    model = find(model_name)
    require_live(model, model_name or "the model")
    rate = found.sample_rate if found else sample_rate or model.sample_rate
    keeper = Stream(model, rate, found.channels if found else channels, targets)
    size = block or -(-model.hop * rate // model.sample_rate)
    if PIPE in (str(source), str(sink)):
        late = f"{keeper.latency} samples ({1000 * keeper.latency / rate:.1f} ms)"
        _say(f"latency {late} at {rate} Hz")
    writer = None
    if str(sink) != PIPE:
        format, subtype = _kind(Path(sink), Path(source), found, encoding)
        frames = found.frames if found else None
        writer = Writer(sink, rate, keeper.channels, format, subtype, frames)
    if found:
        with Reader(source) as reader:
            kept = _kept(keeper, reader.blocks(size), aligned=writer is not None)
            _to_sink(kept, writer, encoding, recording=False)
        return
    guard = Guard()
    blocks = map(guard, pcm_blocks(sys.stdin.buffer, size, channels, encoding))
    try:
        _to_sink(_kept(keeper, blocks, aligned=False), writer, encoding, recording=True)
    finally:
        if guard.replaced:
            _say(f"{guard.replaced} samples of the input were no finite numbers and became zeros")


def require_live(model: Separator, name: str) -> None:
    """Raises UserError for a model that hears seconds ahead: it is for files."""
    if not model.causal:
        seconds = model.latency / model.sample_rate
        raise UserError(
            f"{name} is an offline model, which hears {seconds:.0f} s at once, so it cannot run "
            "live; use it with `recipe separate`."
        )


def _kept(keeper: Stream, blocks: Iterator[Tensor], aligned: bool) -> Iterator[Tensor]:
    """What is kept, a block for a block; or aligned, from the first sample to the last."""
    early = keeper.latency if aligned else 0
    for block in blocks:
        kept = keeper.push(block)[0]
        skipped = min(early, kept.shape[1])
        early -= skipped
        yield kept[:, skipped:]
    if aligned:
        yield keeper.flush()[0][:, early:]


def _to_sink(
    blocks: Iterator[Tensor], writer: Writer | None, encoding: str, recording: bool
) -> None:
    if writer is None:
        write_pcm(blocks, sys.stdout.buffer, encoding)
        return
    end: BaseException | None = None
    with writer:
        try:
            for block in blocks:
                writer.write(block)
        except (KeyboardInterrupt, Full) as error:
            if not recording:
                raise
            end = error  # Ctrl-C is the way to end a recording; what came so far is kept
    if writer.clipped:
        _say(f"{writer.path}: {writer.clipped} samples went past full scale and were clipped")
    if end:
        raise end


def _kind(
    sink: Path, source: Path, found: AudioInfo | None, encoding: str
) -> tuple[str | None, str | None]:
    """Format and subtype of the sink: those of a source of the same kind, else by its name."""
    kind = {".wave": ".wav"}.get(sink.suffix.lower(), sink.suffix.lower())
    if found:
        suffix, format, subtype = kind_like(source, found)
        return (format, subtype) if suffix.lower() == kind else (None, None)
    if kind not in (".wav", ".flac", ".w64"):
        return None, None
    subtype = _SUBTYPES[encoding]
    return None, "PCM_24" if kind == ".flac" and subtype in ("PCM_32", "FLOAT") else subtype


def _check(
    source: str | Path,
    sink: str | Path,
    targets: Sequence[Target],
    block: int | None,
    channels: int,
    encoding: str,
) -> None:
    if len(targets) != 1:
        raise UserError(
            f"a stream gives one output, but keep= names {len(targets)}; start one stream for each."
        )
    if block is not None and block < 1:
        raise UserError(f"block={block}: expected 1 sample or more.")
    if channels < 1:
        raise UserError(f"channels={channels}: expected 1 or more.")
    if encoding not in ENCODINGS:
        raise UserError(f"encoding={encoding}: expected one of {', '.join(ENCODINGS)}.")
    for name, end, pipe in (("in", source, sys.stdin), ("out", sink, sys.stdout)):
        if str(end) == PIPE and pipe is None:
            raise UserError(f"{name}=-: this end is closed; name a file, or open a pipe.")
    if str(sink) == PIPE:
        return
    if not Path(sink).absolute().parent.is_dir():
        raise UserError(f"out={sink}: there is no folder {Path(sink).parent}; make it first.")
    if str(source) != PIPE and Path(source).resolve() == Path(sink).resolve():
        raise UserError(f"out={sink}: the output would replace the input; choose another name.")


def _say(text: str) -> None:
    print(text, file=sys.stderr)
