"""A queue of samples keeps their order, whatever the blocks."""

import pytest
import torch

from soundsieve.inference.fifo import Fifo


def test_samples_come_out_in_the_order_in_which_they_went_in():
    queue, sound = Fifo(2), torch.arange(40.0).view(2, 20)
    for block in sound.split([1, 7, 0, 12], -1):
        queue.push(block)
    assert len(queue) == 20
    taken = [queue.pop(count) for count in (3, 0, 10, 6)]
    assert torch.equal(torch.cat([*taken, queue.pop()], -1), sound)
    assert queue.pop().shape == (2, 0)


def test_more_than_there_is_cannot_be_taken():
    with pytest.raises(ValueError, match="holds 4 samples, not 5"):
        Fifo(1, zeros=4).pop(5)
