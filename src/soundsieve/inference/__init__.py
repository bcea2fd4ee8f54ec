"""Use of trained models: whole files, live blocks, arrays."""
