"""Make the starter corpus: synthetic speech, songs, noises and prompts; one seed, one corpus.

Run from the root of the repository::

    python -m scripts.make_starter         # everything, into src/soundsieve/data/starter
    python -m scripts.make_starter OUT --seed 1 --only noise

Needs numpy, scipy and soundfile, and the Debian packages
``espeak-ng flite festival festvox-us-slt-hts festvox-ru festvox-kdlpc16k festvox-ca-ona-hts
fluidsynth fluid-soundfont-gm``. About ten minutes on one core.

Licence: this script is MIT like the rest of the project; the audio that it makes is released
under CC0-1.0. The tools, voices and soundfont that it plays keep their own licences; the
README that it writes beside the audio names them.
"""
