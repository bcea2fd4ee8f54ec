"""Families of models, all under one contract."""
