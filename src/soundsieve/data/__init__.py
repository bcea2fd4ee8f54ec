"""From pools of recordings to batches of scenes."""
