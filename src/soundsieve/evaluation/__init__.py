"""Scores of models and baselines on the same scenes."""
