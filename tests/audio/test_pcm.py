"""Raw PCM: bytes go in and come out the same."""

import pytest
import torch

from soundsieve.audio.pcm import ENCODINGS, decode, encode


@pytest.mark.parametrize("encoding", [e for e in ENCODINGS if e != "f32"])
def test_whole_numbers_pass_bit_by_bit(encoding):
    n_bytes = ENCODINGS[encoding] * 300
    data = bytes(torch.randint(0, 256, (n_bytes,), generator=torch.Generator().manual_seed(0)))
    again = encode(decode(data, encoding, 2), encoding)
    if encoding == "s32":  # a float32 holds 24 bits of it
        assert (decode(again, encoding, 2) - decode(data, encoding, 2)).abs().max() < 1e-7
    else:
        assert again == data


def test_floats_pass_beyond_full_scale():
    audio = torch.tensor([[0.1, 3.0], [-5.0, 0.0]])
    assert torch.equal(decode(encode(audio, "f32"), "f32", 2), audio)


def test_whole_numbers_stop_at_full_scale():
    assert decode(encode(torch.tensor([[2.0, -2.0]]), "s16"), "s16", 1).tolist() == [
        [32767 / 32768, -1.0]
    ]


def test_an_incomplete_last_frame_is_dropped():
    assert decode(bytes(7), "s16", 2).shape == (2, 1)
    assert decode(bytes(1), "s24", 2).shape == (2, 0)
