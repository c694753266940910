"""How easy a page is to read: the length of its sentences, and Flesch's reading ease.

Reading ease is 206.835 - 1.015 x words per sentence - 84.6 x syllables per word: 60 is plain
English, and below 50 a text is difficult. A code span counts as a word of its sentence, without
syllables. Headings and tables are no sentences, so only long sentences are searched in tables.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from pyphen import Pyphen

from checks.texts import CODE, Text

MIN_EASE = 50.0
MAX_MEAN_WORDS = 16.0
MAX_WORDS = 25

# With one letter allowed on either side, the points at which a word may be hyphenated are those
# between its syllables: over these docs, the mean is within 4 % of the CMU dictionary's.
_HYPHENATION = Pyphen(lang="en_US", left=1, right=1)
_WORD = re.compile(rf"{CODE}+|[^\W\d_]+(?:['’\-.][^\W\d_]+)*|\d[\d.,:]*")
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"”)\]*]*\s+(?=[\"“(\[*]*[A-Z0-9`])")
_ABBREVIATION = re.compile(r"\b(?:e\.g|i\.e|etc|vs|cf|approx|no|art|fig)\.$", re.IGNORECASE)


@dataclass(frozen=True)
class Reading:
    """The measure of a page."""

    ease: float
    mean_words: float

    @property
    def is_easy(self) -> bool:
        """Whether both numbers keep their limits."""
        return self.ease >= MIN_EASE and self.mean_words <= MAX_MEAN_WORDS


@dataclass(frozen=True)
class Sentence:
    """A sentence: its text, its words, and the line that it begins on."""

    text: str
    line: int
    words: tuple[str, ...]

    @property
    def is_long(self) -> bool:
        """Whether it has more words than a sentence may have."""
        return len(self.words) > MAX_WORDS


def sentences(texts: Iterable[Text]) -> Iterator[Sentence]:
    """The sentences of texts. A list's item and a table's cell are at least one each."""
    for text in texts:
        if text.kind == "heading":
            continue
        for start, part in _split(text.text):
            if words := tuple(_WORD.findall(part)):
                yield Sentence(part.strip(), text.line_of(start, part), words)


def reading(texts: Iterable[Text]) -> Reading:
    """The measure of a page's prose. Raises ZeroDivisionError if it has none."""
    found = list(sentences(text for text in texts if text.kind == "prose"))
    words = [word for sentence in found for word in sentence.words]
    spelt = [word for word in words if word[0].isalpha()]
    mean_words = len(words) / len(found)
    mean_syllables = sum(map(_syllables, spelt)) / len(spelt)
    return Reading(206.835 - 1.015 * mean_words - 84.6 * mean_syllables, mean_words)


def _split(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for match in _SENTENCE_END.finditer(text):
        part = text[start : match.start()]
        if not _ABBREVIATION.search(part):
            yield start, part
            start = match.end()
    yield start, text[start:]


@cache
def _syllables(word: str) -> int:
    return sum(len(_HYPHENATION.positions(part)) + 1 for part in re.split(r"[-.]", word.lower()))
