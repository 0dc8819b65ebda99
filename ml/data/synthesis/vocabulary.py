"""The spoken text: keywords, other words, and sentences without a keyword."""

import re
import unicodedata

import numpy as np

from ml.data.synthesis.espeak import phonemes
from ml.errors import UserError

KEYWORDS = ("yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go")
MOST = 29  # keywords of one model
WORD = re.compile(r"[a-z][a-z -]{0,29}")


def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.split())


UNKNOWN = _listed(
    "zero one two three four five six seven eight nine bed bird cat dog happy house sheila tree wow marvin learn "
    "follow forward backward visual apple orange water window table paper music lamp open close start pause play next "
    "back light dark hello thanks please morning evening kitchen garden river mountain summer winter doctor letter "
    "number yellow green purple silver winner dinner never ever often under over after before about people brother "
    "sister nest lest guess test yet yeah nose note low toe snow slow cup cut pup hop town brown gown dawn lift laugh "
    "loft ripe rise light ride bright own in an and of if often stuff step shop top stock got goat grow gold good"
)
COMMON = _listed(
    "the a this that some every my your our their with from into near behind under and but because when while after "
    "we they people children somebody nobody things is was were had can will must should made took saw found kept "
    "bought told asked called wrote read walked waited opened closed cleaned carried remember believe understand "
    "old new small large quiet heavy early late warm cold long short simple careful busy funny green yellow "
    "morning evening winter summer kitchen garden window table letter paper bottle basket ticket station market "
    "village bridge river island forest weather story question answer minute hour week month year money number picture "
    "teacher doctor farmer driver neighbour family brother sister uncle dinner coffee bread butter apple orange "
    "potato chicken water machine engine computer telephone camera battery bicycle airplane holiday birthday"
)


def spelling(label: str) -> str:
    """What two labels have in common that are one word: without case, and with any mark between its parts."""
    return " ".join(re.split(r"[ _-]+", unicodedata.normalize("NFC", label).casefold())).strip()


def check_words(words: tuple[str, ...], taken: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Keywords in lower case, or a UserError that says what is wrong with them. `taken` are names of other classes."""
    made = tuple(" ".join(word.lower().split()) for word in words)
    for word in made:
        if spelling(word) in taken:
            raise UserError(
                f"expected words that are no other class of the model, found {word!r}: {' and '.join(taken)} are what "
                "is heard besides the words; leave it out"
            )
        if not WORD.fullmatch(word):
            raise UserError(f"expected words of letters, spaces and hyphens (up to 30), found {word[:40]!r}")
    if not 1 <= len(made) <= MOST:
        raise UserError(f"expected 1 to {MOST} words, found {len(made)}")
    heard: dict[str, str] = {}
    for word in made:
        sound = phonemes(word)
        if not sound:
            raise UserError(f"expected a word that can be said, found {word!r}")
        if sound in heard:
            raise UserError(f"expected words that sound different, found {heard[sound]!r} and {word!r}")
        heard[sound] = word
    return made


def without(words: tuple[str, ...], keywords: tuple[str, ...]) -> list[str]:
    """Those that neither are nor sound like one of the keywords, nor like a part of one."""
    forbidden = {phonemes(part) for word in keywords for part in (word, *word.split())}
    return [word for word in dict.fromkeys(words) if phonemes(word) not in forbidden]


def sentence(words: list[str], rng: np.random.Generator) -> str:
    """Four to ten words in random order, with a pause here and there."""
    chosen = [str(word) for word in rng.choice(words, rng.integers(4, 11))]
    if len(chosen) > 6:
        chosen[len(chosen) // 2] += ","
    return " ".join(chosen) + "."
