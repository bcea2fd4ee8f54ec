"""Prompts: navigation and announcement sentences in voices of their own, most with a chime."""

from collections.abc import Iterator

import numpy as np

from .clip import Clip
from .dsp import Array, at_level, band, generator, place, ring, swell, tone
from .voices import RATE, Voice, say

Rng = np.random.Generator


def clips(seed: int) -> Iterator[Clip]:
    """One clip a sentence; of every eleven sentences, two go to test and one to valid."""
    number = 0
    for language, text in SENTENCES.items():
        for place_in, sentence in enumerate(text.strip().split("\n")):
            split = "test" if number % 11 in (3, 8) else "valid" if number % 11 == 6 else "train"
            voices = VOICES[language]
            group = f"{language}-{place_in + 1:02}"
            rng = generator(seed, "prompt", group)
            yield clip(rng, voices[place_in % len(voices)], sentence, group, split, number)
            number += 1


def clip(rng: Rng, voice: Voice, sentence: str, group: str, split: str, number: int) -> Clip:
    """Chime (four times of five, and always before a very short sentence), a gap, the sentence."""
    spoken = say(voice, sentence)
    design = list(CHIMES)[number % len(CHIMES)]
    if rng.random() > 0.8 and len(spoken) > 2 * RATE:
        design = ""
    parts = [np.zeros(int(0.05 * RATE))]
    if design:
        chime = CHIMES[design](rng)
        gap = np.zeros(int(rng.uniform(0.02, 0.25) * RATE))
        parts += [0.5 * chime / np.abs(chime).max(), gap]
    parts += [spoken / np.abs(spoken).max(), np.zeros(int(0.1 * RATE))]
    audio = at_level(np.concatenate(parts), rng.uniform(-22, -19), RATE)
    return Clip(f"prompts/{group}.ogg", "prompts", split, group, audio, RATE, 0.93,
                language=voice.language, kind=design or "plain", voice=voice.name)  # fmt: skip


def ding_dong(rng: Rng) -> Array:
    """Two falling bell tones, a third apart."""
    out, high = np.zeros(int(1.0 * RATE)), rng.uniform(620, 880)
    for k, hz in enumerate((high, high * 0.8)):
        place(
            out,
            ring([(hz, 1.0, 1), (hz * 2, 0.6, 0.3), (hz * 3, 0.3, 0.15)], 0.7, RATE),
            int(0.32 * k * RATE),
        )
    return out * swell(len(out), 0.001, 0.2, RATE)


def gong(rng: Rng) -> Array:
    """Three tones up, as before airport announcements."""
    out, low = np.zeros(int(1.2 * RATE)), rng.uniform(380, 470)
    for k, ratio in enumerate((1, 1.25, 1.5)):
        n = int(0.75 * RATE)
        sound = (tone(low * ratio, n, RATE) + 0.3 * tone(2 * low * ratio, n, RATE)) * np.exp(
            -np.arange(n) / RATE * 4
        )
        place(out, sound * swell(n, 0.01, 0.1, RATE), int(0.22 * k * RATE))
    return out * swell(len(out), 0.001, 0.15, RATE)


def double_beep(rng: Rng) -> Array:
    """Two short even beeps."""
    n = int(0.09 * RATE)
    beep = tone(rng.uniform(900, 1300), n, RATE) * swell(n, 0.005, 0.01, RATE)
    return np.concatenate([beep, np.zeros(int(0.06 * RATE)), beep])


def marimba(rng: Rng) -> Array:
    """Four quick wooden notes of a rising chord."""
    out, low = np.zeros(int(0.9 * RATE)), rng.uniform(330, 450)
    for k, ratio in enumerate((1, 1.25, 1.5, 2)):
        place(
            out,
            ring([(low * ratio, 0.35, 1), (low * ratio * 3.9, 0.12, 0.3)], 0.4, RATE),
            int(0.11 * k * RATE),
        )
    return out


def glass(rng: Rng) -> Array:
    """One struck glass: a high inharmonic ping."""
    hz = rng.uniform(1500, 2100)
    return ring([(hz, 0.9, 1), (hz * 2.32, 0.5, 0.4), (hz * 4.25, 0.25, 0.2)], 0.8, RATE)


def soft_pad(rng: Rng) -> Array:
    """A mellow chord that swells and fades."""
    n, low = int(0.8 * RATE), rng.uniform(260, 340)
    return sum(tone(low * r, n, RATE, rng.uniform(0, 6)) for r in (1, 1.5, 2, 2.5)) * swell(
        n, 0.2, 0.45, RATE
    )


def rising_sweep(rng: Rng) -> Array:
    """A tone that slides up an octave."""
    n = int(0.35 * RATE)
    hz = rng.uniform(420, 600) * 2 ** np.linspace(0, 1, n)
    return tone(hz, n, RATE) * swell(n, 0.03, 0.12, RATE)


def fm_pair(rng: Rng) -> Array:
    """Two metallic notes by frequency modulation, a fourth up."""
    n, low = int(0.4 * RATE), rng.uniform(520, 700)
    t, notes = np.arange(n) / RATE, []
    for hz in (low, low * 4 / 3):
        side = np.sin(2 * np.pi * hz * 2.4 * t) * 1.8 * np.exp(-t * 8)
        notes.append(
            np.sin(2 * np.pi * hz * t + side) * np.exp(-t * 6) * swell(n, 0.001, 0.05, RATE)
        )
    return np.concatenate([notes[0][: int(0.18 * RATE)], notes[1]])


def square_signal(rng: Rng) -> Array:
    """An old device's three buzzing notes, low-passed."""
    n, base = int(0.12 * RATE), rng.uniform(560, 740)
    notes = [np.sign(tone(base * r, n, RATE)) * swell(n, 0.004, 0.03, RATE) for r in (1, 1.19, 1.5)]
    return band(np.concatenate(notes), None, 4000, RATE)


CHIMES = {
    "ding-dong": ding_dong,
    "gong": gong,
    "double-beep": double_beep,
    "marimba": marimba,
    "glass": glass,
    "soft-pad": soft_pad,
    "rising-sweep": rising_sweep,
    "fm-pair": fm_pair,
    "square-signal": square_signal,
}


def espeak(
    name: str, language: str, model: str, pitch: int = 50, speed: int = 155, shift: float = 1.0
) -> Voice:
    """A prompt voice of espeak-ng."""
    return Voice(name, language, "espeak", model, pitch, speed, shift)


VOICES = {
    "en": [
        Voice("guide-slt", "en", "flite", "slt", speed=150),
        Voice("guide-slt-hts", "en", "festival", "cmu_us_slt_arctic_hts"),
        espeak("guide-jenny", "en", "en-gb+anika", 55, 150),
        espeak("guide-marc", "en", "en-us+m2", 45, 155),
    ],
    "de": [
        espeak("guide-hanna", "de", "de+steph3", 55, 150),
        espeak("guide-kurt", "de", "de+m6", 45),
    ],
    "fr": [
        espeak("guide-claire", "fr", "fr-fr+Jacky", 55),
        espeak("guide-yves", "fr", "fr-fr+Hugo", 48),
    ],
    "es": [
        espeak("guide-sol", "es", "es+Gene", 60, 160, 1.05),
        espeak("guide-raul", "es", "es+antonio", 50),
    ],
    "it": [espeak("guide-bianca", "it", "it+steph2", 60, 150, 1.04)],
    "nl": [espeak("guide-mieke", "nl", "nl+norbert", 65, 150, 1.08)],
    "pl": [espeak("guide-ewa", "pl", "pl+Denis", 60, 150, 1.04)],
    "pt": [espeak("guide-ines", "pt", "pt-br+Henrique", 50, 155)],
}

SENTENCES = {
    "en": """
In two hundred metres, turn left.
At the roundabout, take the third exit.
Keep right, then merge onto the motorway.
You have reached your destination.
Make a U-turn when possible.
Continue straight on for four kilometres.
The route has been recalculated.
Speed camera ahead, the limit is fifty.
In half a mile, take the exit towards the airport.
Traffic jam ahead, expect a delay of nine minutes.
Sharp bend to the right.
Your battery is at fifteen percent.
Please mind the gap between the train and the platform.
The next stop is Market Square.
Doors are closing, please stand clear.
Flight two eight one is now boarding at gate twelve.
This lift is going up.
Would the owner of a blue car please come to reception.
The train on platform six is delayed by ten minutes.
Attention please, this is a test of the alarm.
Please fasten your seat belt.
The store will close in fifteen minutes.
Bear left onto the bridge.
Fuel is low, the nearest station is two miles away.
""",
    "de": """
In dreihundert Metern rechts abbiegen.
Im Kreisverkehr die zweite Ausfahrt nehmen.
Bitte wenden, wenn möglich.
Sie haben Ihr Ziel erreicht.
Nächster Halt: Rathausplatz, Ausstieg links.
Achtung, der Zug fährt in wenigen Minuten ab.
Die Route wird neu berechnet.
Vorsicht an der Bahnsteigkante.
""",
    "fr": """
Dans deux cents mètres, tournez à gauche.
Au rond-point, prenez la troisième sortie.
Faites demi-tour dès que possible.
Vous êtes arrivé à destination.
Prochain arrêt : place de la République.
Attention à la fermeture des portes.
Bouchon à deux kilomètres, retard de dix minutes.
Le magasin ferme dans un quart d'heure.
""",
    "es": """
En trescientos metros, gire a la derecha.
En la rotonda, tome la segunda salida.
Ha llegado a su destino.
Próxima estación: Puerta del Sol.
Cambie de sentido cuando sea posible.
Manténgase a la izquierda y siga recto.
Radar a quinientos metros.
""",
    "it": """
Tra duecento metri, svoltare a sinistra.
Alla rotonda, prendere la terza uscita.
Siete arrivati a destinazione.
Prossima fermata: piazza Garibaldi.
Allontanarsi dalla linea gialla.
""",
    "nl": """
Sla over tweehonderd meter linksaf.
Neem op de rotonde de tweede afslag.
U hebt uw bestemming bereikt.
Volgende halte: het stadhuis.
""",
    "pl": """
Za trzysta metrów skręć w prawo.
Na rondzie drugi zjazd.
Jesteś u celu.
Następny przystanek: dworzec główny.
""",
    "pt": """
Em duzentos metros, vire à esquerda.
Na rotatória, pegue a segunda saída.
Você chegou ao seu destino.
Próxima estação: praça central.
""",
}
