"""What befalls sounds on their way into a file: each effect a pair of draw and apply.

A draw gives parameters for every scene, as numpy; the effect then works on the rows that it
befalls, as tensors. `chain` puts them in order.
"""
