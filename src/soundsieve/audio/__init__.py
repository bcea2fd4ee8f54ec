"""Signals: files, rates, levels and spectra."""
