"""Corpora that are known by name: one small file each, and the table of them."""

from soundsieve.data.corpora import (
    demand,
    dnr,
    dns,
    esc50,
    folder,
    librispeech,
    musan,
    musdb,
    musdb_hq,
    voicebank_demand,
)
from soundsieve.data.corpora.corpus import Corpus

__all__ = ["CORPORA", "Corpus"]

CORPORA: dict[str, Corpus] = {
    "librispeech": librispeech.CORPUS,
    "musdb": musdb.CORPUS,
    "musdb-hq": musdb_hq.CORPUS,
    "musan": musan.CORPUS,
    "esc50": esc50.CORPUS,
    "demand": demand.CORPUS,
    "dns": dns.CORPUS,
    "dnr": dnr.CORPUS,
    "voicebank-demand": voicebank_demand.CORPUS,
    "folder": folder.CORPUS,
}
