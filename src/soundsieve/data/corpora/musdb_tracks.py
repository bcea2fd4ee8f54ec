"""The songs of MUSDB18 by name, with what is known of their licences."""

import re
from collections.abc import Iterable

from soundsieve.data.corpora.corpus import listed

SHARED = """
A Classic Education - NightOwl | Aimee Norwich - Child | Alexander Ross - Goodbye Bolero
Alexander Ross - Velvet Curtain | Auctioneer - Our Future Faces | AvaLuna - Waterduct
BigTroubles - Phantom | Celestial Shore - Die For Us | Clara Berry And Wooldog - Air Traffic
Clara Berry And Wooldog - Stella | Clara Berry And Wooldog - Waltz For My Victims
Creepoid - OldTree | Dreamers Of The Ghetto - Heavy Love | Faces On Film - Waiting For Ga
Grants - PunchDrunk | Helado Negro - Mitad Del Mundo | Hezekiah Jones - Borrowed Heart
Hop Along - Sister Cities | Invisible Familiars - Disturbing Wildlife | Lushlife - Toynbee Suite
Matthew Entwistle - Dont You Ever | Meaxic - Take A Step | Meaxic - You Listen
Music Delta - 80s Rock | Music Delta - Beatles | Music Delta - Britpop | Music Delta - Country1
Music Delta - Country2 | Music Delta - Disco | Music Delta - Gospel | Music Delta - Grunge
Music Delta - Hendrix | Music Delta - Punk | Music Delta - Reggae | Music Delta - Rock
Music Delta - Rockabilly | Night Panther - Fire | Port St Willow - Stay Even
Secret Mountains - High Horse | Snowmine - Curfews | Steven Clark - Bounty
Strand Of Oaks - Spacestation | Sweet Lights - You Let Me Down | The Districts - Vermont
The Easton Ellises - Falcon 69 | The Easton Ellises (Baumi) - SDRNR
The Scarlet Brand - Les Fleurs Du Mal | The So So Glos - Emergency
"""
ACADEMIC = """
Actions - Devil's Words | Actions - One Minute Smile | Actions - South Of The Water
Al James - Schoolboy Facination | AM Contra - Heart Peripheral
Angela Thomas Wade - Milk Cow Blues | Angels In Amplifiers - I'm Alright | ANiMAL - Clinic A
ANiMAL - Easy Tiger | ANiMAL - Rockshow | Arise - Run Run Run
Atlantis Bound - It Was My Fault For Waiting | Ben Carrigan - We'll Talk About It All Tonight
Bill Chudziak - Children Of No-one | BKS - Bulldozer | BKS - Too Much
Black Bloc - If You Want Success | Bobby Nobody - Stitch Up | Buitraker - Revo X
Carlos Gonzalez - A Place For Us | Chris Durban - Celebrate | Cnoc An Tursa - Bannockburn
Cristina Vane - So Easy | Dark Ride - Burning Bridges | Detsky Sad - Walkie Talkie
Drumtracks - Ghost Bitch | Enda Reilly - Cur An Long Ag Seol | Fergessen - Back From The Start
Fergessen - Nos Palpitants | Fergessen - The Wind | Flags - 54 | Forkupines - Semantics
Georgia Wonder - Siren | Girls Under Glass - We Feel Alright | Giselle - Moss
Hollow Ground - Ill Fate | Hollow Ground - Left Blind
James Elder & Mark M Thompson - The English Actor | James May - All Souls Moon
James May - Dont Let Go | James May - If You Say | James May - On The Line
Jay Menon - Through My Eyes | Johnny Lokke - Promises & Lies
Johnny Lokke - Whisper To A Scream | Jokers Jacks & Kings - Sea Of Leaves
Juliet's Rescue - Heartbeats | Leaf - Come Around | Leaf - Summerghost | Leaf - Wicked
Little Chicago's Finest - My Own | Louis Cressy Band - Good Time | Lyndsey Ollard - Catching Up
M.E.R.C. Music - Knockout | Moosmusic - Big Dummy Shake | Motor Tapes - Shore | Mu - Too Bright
Nerve 9 - Pray For The Rain | North To Alaska - All The Same | Patrick Talbot - A Reason To Leave
Patrick Talbot - Set Me Free | Phre The Eon - Everybody's Falling Apart | PR - Happy Daze
PR - Oh No | Punkdisco - Oral Hygiene | Raft Monk - Tiring | Remember December - C U Next Time
Sambasevam Shanmugam - Kaathaadi | Secretariat - Borderline | Secretariat - Over The Top
Side Effects Project - Sing With Me | Signe Jakobsen - What Have You Done To Me
Skelpolu - Human Mistakes | Skelpolu - Resurrection | Skelpolu - Together Alone
Speak Softly - Broken Man | Speak Softly - Like Horses | Spike Mullings - Mike's Sulking
St Vitus - Word Gets Around | Swinging Steaks - Lost My Way | The Doppler Shift - Atrophy
The Long Wait - Back Home To Blue | The Long Wait - Dark Horses | The Mountaineering Club - Mallory
The Sunshine Garcia Band - For I Am The Moon | The Wrong'Uns - Rothko | Tim Taler - Stalker
Timboz - Pony | Titanium - Haunted Age | Tom McKenzie - Directions
Traffic Experiment - Once More (With Feeling) | Traffic Experiment - Sirens | Triviul - Angelsaint
Triviul - Dorothy | Triviul feat. The Fiend - Widow | Voelund - Comfort Lives In Belief
Wall Of Death - Femme | We Fell From The Sky - Not You | Young Griffo - Blood To Bone
Young Griffo - Facade | Young Griffo - Pennies | Zeno - Signs
"""
VALID = """
Actions - One Minute Smile | Clara Berry And Wooldog - Waltz For My Victims
Johnny Lokke - Promises & Lies | Patrick Talbot - A Reason To Leave | Triviul - Angelsaint
Alexander Ross - Goodbye Bolero | Fergessen - Nos Palpitants | Leaf - Summerghost
Skelpolu - Human Mistakes | Young Griffo - Pennies | ANiMAL - Rockshow | James May - On The Line
Meaxic - Take A Step | Traffic Experiment - Sirens
"""


def split_of(name: str, subset: str) -> str:
    """The split of a song: its folder, but for the fourteen songs that are usually held out.

    >>> split_of("Leaf - Summerghost", "train"), split_of("Leaf - Wicked", "train")
    ('valid', 'train')
    """
    return "valid" if subset == "train" and _plain(name) in _names(VALID) else subset


def licence(name: str) -> str:
    """What the list of songs says of its use."""
    return "CC-BY-NC-SA" if _plain(name) in _names(SHARED) else "MUSDB18 academic use only"


def absent(names: Iterable[str]) -> list[str]:
    """A line with the songs of the list that are not among these; none where all are."""
    here = {_plain(name) for name in names}
    gone = [name for plain, name in _names(SHARED + ACADEMIC).items() if plain not in here]
    return [f"{len(gone)} songs are not here: {listed(gone, 150)}"] if here and gone else []


def _names(text: str) -> dict[str, str]:
    names = (name.strip() for line in text.splitlines() for name in line.split(" | "))
    return {_plain(name): name for name in names if name}


def _plain(name: str) -> str:
    """Letters and digits alone: spellings differ in marks between releases."""
    return re.sub(r"\W+", "", name.casefold())
