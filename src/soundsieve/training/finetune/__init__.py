"""A trained model adapted to a new sound, with its former self as the teacher of all else."""
