"""Figures and sounds that go with the scores."""
