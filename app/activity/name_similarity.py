"""The similarity of event names: other separators, another case, or few other letters."""

import re
from collections.abc import Mapping
from difflib import SequenceMatcher
from functools import lru_cache

from msgspec import Struct

from app.activity import masking

FREQUENT = 100  # events; a name with as many needs no suggestion
MIN_RATIO = 20  # of the events of a suggestion to those of the name
MAX_NAMES = 500  # that can be suggested, the most frequent ones
MAX_REMEMBERED = 2000  # other names
MAX_LENGTH = 64  # of names whose letters are compared
MAX_COMPARED = 20  # names with the same initials

_MIN_LENGTHS = (4, 8)  # of names that may differ in one letter, in two

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")  # in camel case
_WORD = re.compile(r"[^\W_]+")
_DIGITS = re.compile(r"\d+")

_Initials = tuple[str, ...]


class _Name(Struct, frozen=True):
    text: str
    words: list[str]
    initials: _Initials


class SimilarNames:
    """Finds the most frequent name that another one is similar to, among names with their counts.

    Suggests no name that may contain personal data or text for a reader, by its form.
    """

    def __init__(self, counts: Mapping[str, int]) -> None:
        self.frequent = frozenset(name for name, count in counts.items() if count >= FREQUENT)
        self._counts = counts
        self._by_letters: dict[str, str] = {}
        self._by_initials: dict[_Initials, list[_Name]] = {}
        for name in sorted(self.frequent, key=lambda name: (-counts[name], name))[:MAX_NAMES]:
            if masking.is_name(name):
                self._add(_name(name))
        self.find = lru_cache(MAX_REMEMBERED)(self._find)

    def _add(self, name: _Name) -> None:
        self._by_letters.setdefault("".join(name.words), name.text)
        same = self._by_initials.setdefault(name.initials, [])
        if len(same) < MAX_COMPARED and len(name.text) <= MAX_LENGTH:
            same.append(name)

    def _find(self, text: str) -> str | None:
        if text in self.frequent:
            return None
        name = _name(text)
        found = self._by_letters.get("".join(name.words)) if name.words else None
        if found is None and len(text) <= MAX_LENGTH:
            same = self._by_initials.get(name.initials, ())
            found = next((each.text for each in same if _is_close(each.words, name.words)), None)
        needed = MIN_RATIO * (self._counts.get(text, 0) + 1)
        return found if found and self._counts[found] >= needed else None


def _name(text: str) -> _Name:
    words = _WORD.findall(_HUMP.sub("_", text).casefold())
    # The first letter of a word, and every digit, have a meaning: `unsubscribed`, `step_2_done`.
    return _Name(text, words, (*(word[0] for word in words), "", *_DIGITS.findall(text)))


def _is_close(words: list[str], others: list[str]) -> bool:
    length = max(sum(map(len, words)), sum(map(len, others)))
    allowed = sum(length >= minimum for minimum in _MIN_LENGTHS)
    for word, other in zip(words, others, strict=True):
        if word != other:
            allowed -= _distance(word, other, allowed)
            if allowed < 0:
                return False
    return True


def _distance(word: str, other: str, limit: int) -> int:
    """How many letters differ, if at most `limit` do. Two that changed their places count once."""
    # Fast, for most of the words: a letter that differs adds at most two to these.
    if abs(len(word) - len(other)) > limit or len({*word} ^ {*other}) > 2 * limit:
        return limit + 1
    if sorted(word) == sorted(other) and sum(map(str.__ne__, word, other)) == 2:
        return 1
    codes = SequenceMatcher(None, word, other, autojunk=False).get_opcodes()
    return sum(max(b - a, d - c) for kind, a, b, c, d in codes if kind != "equal")
