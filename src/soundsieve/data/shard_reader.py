"""Tar shards of recordings, from disk or object storage, become a prepared pool on this machine.

They are streamed once, not at every epoch: training then memory-maps the decoded PCM as ever, so a
scene stays a function of (seed, index), validation draws the same scenes every time, any recording
may be met with any other, and nothing waits for a network. The price is room on the disk for the
pool, 115 MB an hour at 16 kHz. What was read is kept shard by shard and recording by recording, so
an interrupted command goes on where it was.
"""

import csv
import hashlib
import json
import os
import shlex
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from soundsieve.data.decoding import decoded
from soundsieve.data.journal import Journal
from soundsieve.data.manifest import COLUMNS, MANIFEST, write_table
from soundsieve.data.shards import KNOWN, MEASURED
from soundsieve.data.source import SPLITS, Source
from soundsieve.data.store import key_of
from soundsieve.data.walk import audio_files
from soundsieve.errors import UserError
from soundsieve.stems import STEMS, Stems

AUDIO = ("flac", "wav", "ogg", "opus", "mp3", "m4a", "aiff")
READ = "shard-{}.csv"
"""The rows of a shard that was read whole; the pool's manifest is all of them."""


@dataclass
class Sample:
    """A recording as it comes out of a shard."""

    source: Source
    ending: str
    gain: float
    measured: dict[str, float]
    row: dict[str, Any]
    """Of the manifest."""


def is_shards(path: str) -> bool:
    """Whether data= names shards: a URL, tar files, or a folder of them.

    >>> is_shards("s3://bucket/{000..012}.tar"), is_shards("pools/mine")
    (True, False)
    """
    named = "://" in path or path.startswith("pipe:") or path.endswith((".tar", ".tar.gz", ".tgz"))
    folder = Path(path)
    shards = not (folder / MANIFEST).exists() and any(folder.glob("*.tar"))
    return named or (shards and not any(audio_files(folder)))


def pool_of_shards(
    path: str,
    sample_rate: int,
    cache: Path,
    stems: Stems = STEMS,
    progress: Callable[[int, int], None] | None = None,
    workers: int | None = None,
    channels: int = 1,
) -> Path:
    """The folder of the prepared pool that shards make, reading those that it does not hold yet.

    Raises UserError where webdataset is not installed, no shard is there, or one breaks off.
    """
    urls = _urls(path)
    folder = cache / f"shards-{_digits(path if '://' in path else str(Path(path).absolute()))}"
    folder.mkdir(parents=True, exist_ok=True)
    form = f"{sample_rate}" + (f"x{channels}" if channels > 1 else "")
    tables = [folder / READ.format(_digits(f"{url} {_state(url)} {form}")) for url in urls]
    for number, (url, table) in enumerate(zip(urls, tables, strict=True)):
        if not table.exists():
            write_table(table, COLUMNS, _read(url, folder, sample_rate, channels, stems, workers))
        if progress:
            progress(number + 1, len(urls))
    rows = [row for table in tables for row in _rows(table)]
    if not rows:
        raise UserError(f"{path}: {len(urls)} shards hold no usable recording; see {folder}.")
    if not (folder / MANIFEST).exists() or _rows(folder / MANIFEST) != rows:
        write_table(folder / MANIFEST, COLUMNS, rows)
    return folder


def _urls(path: str) -> list[str]:
    """The shards that data= names; those on this machine have to be there."""
    try:
        from webdataset.shardlists import expand_urls
    except ImportError:
        raise UserError(
            f"data={path}: shards are read through webdataset; install soundsieve[shards]."
        ) from None
    if Path(path).is_dir():
        return [str(shard) for shard in sorted(Path(path).glob("*.tar"))]
    urls = [path] if path.startswith("pipe:") else expand_urls(path)
    gone = [url for url in urls if _is_local(url) and not Path(url).is_file()]
    if gone:
        raise UserError(
            f"data={path}: no shard at {gone[0]} ({len(gone)} of {len(urls)} are missing); "
            "expected tar files as `recipe prepare ... shards=yes` writes them."
        )
    return urls


def _read(
    url: str, folder: Path, sample_rate: int, channels: int, stems: Stems, workers: int | None
) -> list[dict[str, Any]]:
    """The manifest's rows of a shard, whose recordings are in the folder's store by then."""
    rows: list[dict[str, Any]] = []
    samples: dict[Source, Sample] = {}
    # First the lock of the store: whoever waits for it finds the recordings there.
    with Journal(folder, sample_rate, channels) as journal, _place_in(folder) as place:

        def files() -> Iterator[Source]:
            """Those that are not held yet, as files, which is what a decoder reads."""
            for number, found in enumerate(_found(url)):
                sample = _sample(url, found, folder, stems)
                rows.append(sample.row)
                if key_of(sample.source) not in journal.known:
                    file = Source(place / f"{number}.{sample.ending}", sample.source.stem, "")
                    file.path.write_bytes(found[sample.ending])
                    samples[file] = sample
                    yield file

        for file, result in decoded(files(), sample_rate, workers, channels):
            sample = samples.pop(file)
            file.path.unlink()
            if isinstance(result, str):
                raise UserError(f"{url}: {sample.source.path.name} {result}; prepare it again.")
            pcm, facts = result
            measured = {**sample.measured, "scale": facts.scale * sample.gain}
            journal.add(key_of(sample.source), pcm, replace(facts, **measured))
    return rows


def _found(url: str) -> Iterator[dict[str, Any]]:
    """Every sample of a shard, in order: its `__key__`, and bytes by ending, but `json` as a table.

    Raises UserError where the shard ends before its last sample.
    """
    from webdataset.gopen import gopen
    from webdataset.tariterators import group_by_keys, tar_file_expander

    done, of = 0, 0
    try:
        with gopen(_opened_by(url)) as stream:
            for found in group_by_keys(tar_file_expander([{"url": url, "stream": stream}])):
                about = json.loads(found.get("json", "null"))
                if not isinstance(about, dict) or not any(ending in found for ending in AUDIO):
                    has = ", ".join(name for name in found if not name.startswith("__"))
                    raise UserError(
                        f"{url}: sample {found['__key__']} has {has}; expected json with a table "
                        f"and one of {', '.join(AUDIO)}."
                    )
                done, of = done + 1, about.get("sample", (0, 0))[1]
                yield {**found, "json": about}
    except (tarfile.TarError, EOFError, zlib.error, OSError, ValueError) as error:
        raise UserError(_broken(url, done, str(error.args[0] if error.args else error))) from error
    if not done or done < of:
        raise UserError(_broken(url, done, f"{of} were expected" if of else "it holds none"))


def _sample(url: str, found: dict[str, Any], folder: Path, stems: Stems) -> Sample:
    key, about = found["__key__"], found["json"]
    stem, split = about.get("stem", ""), about.get("split", "")
    if stem not in stems.names or split not in ("", *SPLITS):
        raise UserError(
            f"{url}: sample {key} has stem {stem!r} and split {split!r}; expected a known stem "
            f"and one of {', '.join(SPLITS)}. {stems.hint(stem)}"
        )
    ending = next(ending for ending in AUDIO if ending in found)
    key, shard = key.replace("/", "-"), Path(url).name.split(".")[0]
    name = Path(str(about.get("name") or f"{key}.{ending}")).name
    path = folder.absolute() / shard / key / name
    known = {word: str(about.get(word) or "") for word in KNOWN}
    known["group"] = known["group"] or known["song"] or path.stem
    stamp = hashlib.blake2b(found[ending], digest_size=8).hexdigest()
    measured = {word: about[word] for word in MEASURED if isinstance(about.get(word), int | float)}
    row = {**known, **measured, "path": path, "stamp": stamp, "temporal_type": known["texture"]}
    row = {name: row.get(name, "") for name in COLUMNS}
    source = replace(Source(path, stem, "", stamp=stamp, grouped=True), **known)
    return Sample(source, ending, float(about.get("gain", 1)), measured, row)


@contextmanager
def _place_in(folder: Path) -> Iterator[Path]:
    with TemporaryDirectory(dir=folder, prefix=".part-") as place:
        yield Path(place)


def _broken(url: str, done: int, reason: str) -> str:
    return (
        f"{url}: expected a whole tar shard, got one that breaks off after {done} recordings "
        f"({reason.splitlines()[0] if reason else 'no reason given'}); copy or prepare it again: "
        "what was read is kept."
    )


def _opened_by(url: str) -> str:
    """The URL as webdataset opens it, which has no handler for s3."""
    return f"pipe:aws s3 cp {shlex.quote(url)} -" if url.startswith("s3://") else url


def _is_local(url: str) -> bool:
    return "://" not in url and not url.startswith("pipe:")


def _state(url: str) -> str:
    """Size and time of a shard on this machine: one that was written anew is read anew."""
    if not _is_local(url):
        return ""
    found = os.stat(url)
    return f"{found.st_size}-{found.st_mtime_ns}"


def _rows(table: Path) -> list[dict[str, str]]:
    with table.open(newline="", encoding="utf-8", errors="surrogateescape") as file:
        return list(csv.DictReader(file))


def _digits(text: str) -> str:
    return hashlib.sha256(os.fsencode(text)).hexdigest()[:8]
