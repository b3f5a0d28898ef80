"""The plain reading of what people type.

Everything that judges a phrase (`data.safety`, `data.reframe`) reads it this way: small letters, short
forms and text-speak written out, slips of the thumb put right, fillers and swearing for heat left out,
stops standing alone. So each rule is written once, in plain words.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from pathlib import Path

from rapidfuzz.distance import OSA

BEGINNING = 3  # letters by which words and the rules that need them are brought together

# Short forms and text-speak, each as its plain words; the rules are written once, in those.
SHORT = {
    "u": "you", "ur": "your", "nver": "never", "nevr": "never", "neva": "never", "nvr": "never", "alwys": "always",
    "r": "are", "im": "i am", "ive": "i have", "dont": "do not",
    "cant": "can not", "cannot": "can not", "wont": "will not", "didnt": "did not", "doesnt": "does not",
    "isnt": "is not", "wasnt": "was not", "wouldnt": "would not", "couldnt": "could not",
    "shouldnt": "should not", "havent": "have not", "hasnt": "has not", "arent": "are not",
    "werent": "were not", "youre": "you are", "youve": "you have", "youll": "you will", "youd": "you would",
    "theyre": "they are", "hes": "he is", "shes": "she is", "thats": "that is", "whats": "what is",
    "gonna": "going to", "gotta": "got to", "wanna": "want to", "gunna": "going to", "hubby": "husband",
    "bf": "boyfriend", "gf": "girlfriend", "mom": "mum", "cos": "because", "coz": "because", "cuz": "because",
    "tho": "though", "thru": "through", "abt": "about", "pls": "please", "plz": "please", "anymore": "any more",
    "alot": "a lot", "hubbys": "husband", "aint": "is not", "let's": "let us",
    "its": "it is", "whos": "who is", "wheres": "where is", "theres": "there is", "hows": "how is", "heres": "here is",
    "weve": "we have", "theyve": "they have", "theyll": "they will", "itll": "it will", "thatll": "that will",
    "shouldve": "should have", "couldve": "could have", "wouldve": "would have", "ure": "you are", "ull": "you will",
    "hadnt": "had not", "mustnt": "must not", "neednt": "need not", "whyd": "why did",
    "ya": "you", "yous": "you", "em": "them",
}  # fmt: skip
_ENDINGS = (
    (re.compile(r"\bcan't\b"), "can not"), (re.compile(r"\bwon't\b"), "will not"),
    (re.compile(r"\bshan't\b"), "shall not"), (re.compile(r"\bi ain't\b"), "i am not"),
    (re.compile(r"\b(you|we|they) ain't\b"), r"\1 are not"), (re.compile(r"\bain't\b"), "is not"),
    (re.compile(r"n't\b"), " not"), (re.compile(r"'re\b"), " are"), (re.compile(r"'ve\b"), " have"),
    (re.compile(r"'ll\b"), " will"), (re.compile(r"'m\b"), " am"), (re.compile(r"'d\b"), " would"),
    (re.compile(r"\b(he|she|it|that|what|who|where|there|here|how|everything|nothing|everyone)'s\b"), r"\1 is"),
)  # fmt: skip
# Swearing and fillers that only add heat: not where they are the injury, the order, or the whole question.
_SILENT = re.compile(
    r"\b(?:fuck(?:ing|in|en)?(?! (?:off|you|this|that)\b)|bloody(?! (?:nose|lip|mouth|face|hands?|knife)\b)"
    r"|seriously(?! \?)|sodding|frigging|freaking|flipping|effing|damn|goddamn|literally|basically|actually"
    r"|honestly|really(?! \?)|just|like totally|lol|tbh|omg|ffs)\b ?"
)
# Starred swearing; "id" and "ill" where a verb follows, and "ill" where a sentence or a new thought begins.
_UNSPELT = re.compile(
    r"\bf[u*]*\*+[ck*]*(?:ing|in)?(?!\w)"
    r"|\bid(?= (?:rather|love|like|never|be|have|prefer|appreciate|feel|not|go|do|die|kill|end|find"
    r"|follow|wait|always|only|still|take|hurt|leave|say|want|get|give|make|tell|just|really)\b)"
    r"|(?:^|(?<=[.,!?] )|(?<=\band )|(?<=\bor )|(?<=\bthen )|(?<=\bme )|(?<=\bleave )|(?<=\bso )|(?<=\bscared )"
    r"|(?<=\bthink )|(?<=\bswear )|(?<=\bsay ))ill(?= (?:be|tell|take|make|put|post|send|do|get|go|find|show|kill|hit"
    r"|leave|never|always|just|have|give|burn|smash|ruin|throw|come|wait|cut|slit|end|see|stop|try|talk|not|lose|hurt"
    r"|snap|knock)\b)"
)
# "Your" for "you are", before what nobody owns.
_YOURE = re.compile(r"\byour (?=(?:an?|so(?! called)|such|always|never|not|the one|too)\b)")
QUOTES = str.maketrans("’‘ʼ`´′＇", "'" * 7)

# Words that rules hang on and that thumbs get wrong. Five letters and more: shorter ones are too like others.
_OFTEN_MISTYPED = """
    always never listen listening ignore ignoring forget forgot remember apologise apologize sorry therapy
    therapist counselling selfish lazy phone scrolling dishes washing laundry kitchen bathroom cleaning
    tidying hoover money spending drinking drunk alcohol gambling gaming playing football telly television
    shouting screaming yelling temper argue arguing fight fighting friends mother father parents family
    brother sister husband wife boyfriend girlfriend partner children birthday anniversary promise promised
    affection cuddle cuddles intimate together weekend holiday relationship marriage divorce leaving cheated
    cheating flirting jealous jealousy trust honest lying controlling complain complaining criticise criticize
    criticising appreciate granted feelings emotional sensitive overreacting dramatic ridiculous pathetic
    useless stupid communicate conversation talking interrupt interrupting nothing everything anything
    constantly because should would could really problem scared frightened threatened threaten strangle
    strangled punched kicked suicide suicidal hurting killing password location tracking allowed messages
    anymore understand bothered responsible decision decisions
""".split()  # noqa: SIM905
# Common words: what most of is made of others is no English that we know, and none of them is a slip.
ENGLISH = frozenset(Path(__file__).with_name("english.txt").read_text(encoding="utf-8").split())
_WORD_ENDINGS = ("s", "es", "ed", "d", "ing", "ly", "er", "y")
_BY_LETTER: dict[str, list[str]] = defaultdict(list)
for _word in _OFTEN_MISTYPED:
    if len(_word) >= 5:
        _BY_LETTER[_word[0]].append(_word)
_ALL_OFTEN = frozenset(_OFTEN_MISTYPED)


class Reading(str):
    """A text as the rules read it, and how its words begin."""

    beginnings: frozenset[str]

    def __new__(cls, text: str) -> Reading:
        """Take a text that is read already."""
        reading = super().__new__(cls, text)
        reading.beginnings = frozenset(word[:BEGINNING] for word in text.split())
        return reading


def plain(text: str) -> Reading:
    """Return a text as the rules read it; see the module's own words."""
    text = text.translate(QUOTES)
    if not text.isascii():  # a fiancé is a fiance; and what cannot be seen parts no word
        apart = unicodedata.normalize("NFKD", text)
        text = "".join(letter for letter in apart if unicodedata.category(letter) not in ("Mn", "Cf"))
    text = text.lower()
    if any(sign in text for sign in ("*", "id ", "ill ")):
        text = _UNSPELT.sub(_spelt, text)
    if "'" in text:
        for ending, full in _ENDINGS:
            text = ending.sub(full, text)
    text = re.sub(r"([a-z])\1{2,}", r"\1\1", text)
    found = re.findall(r"[a-z]+(?:'[a-z]+)?|\d+[a-z]*|[.!?,;:]", text)
    text = " ".join(SHORT.get(word) or _put_right(word) for word in found)
    text = _YOURE.sub("you are ", re.sub(r"'s\b", "s", text).replace("'", ""))
    return Reading(re.sub(r"[;:]", ",", _SILENT.sub("", text)).strip())


def _spelt(found: re.Match[str]) -> str:
    """Return what was meant by starred swearing, or before a verb by "id", else a card, and "ill", else unwell."""
    return {"id": "i would", "ill": "i will"}.get(found[0], "fucking")


def is_english(word: str, more: frozenset[str] = frozenset()) -> bool:
    """Tell whether a word is a common one, or one of ``more``, in this form or without its ending."""
    if word in ENGLISH or word in more:
        return True
    stems = [word.removesuffix(ending) for ending in _WORD_ENDINGS if word.endswith(ending)]
    stems += [stem + "e" for stem in stems]
    stems += [stem[:-1] for stem in stems if len(stem) > 3 and stem[-1] == stem[-2]]
    return any(stem in ENGLISH or stem in more for stem in stems)


def _put_right(word: str) -> str:
    """Return the word that was meant by one slip of the thumb (two in a long word), or the word itself."""
    if len(word) < 5 or word in _ALL_OFTEN or word[0] not in _BY_LETTER or is_english(word):
        return word
    slips = 2 if len(word) > 8 else 1
    best, least = word, slips + 1
    for meant in _BY_LETTER[word[0]]:
        if abs(len(meant) - len(word)) <= slips and not word.startswith(meant):
            distance = OSA.distance(word, meant, score_cutoff=slips)
            if distance < least:
                best, least = meant, distance
    return best
