"""People: the identifiers of known and of new ones, and the popularity of the known ones."""

import random
from array import array
from collections.abc import Sequence
from itertools import accumulate

EMAIL, PHONE, EXTERNAL_ID = "email", "phone", "externalId"

# The identifiers of a person, by the last digit of the number: two on average.
KINDS = (
    (EMAIL, EXTERNAL_ID),
    (EMAIL, PHONE, EXTERNAL_ID),
    (EMAIL,),
    (EMAIL, PHONE),
    (EMAIL, PHONE, EXTERNAL_ID),
    (EMAIL,),
    (EMAIL, PHONE),
    (EMAIL, PHONE, EXTERNAL_ID),
    (EXTERNAL_ID,),
    (EMAIL, EXTERNAL_ID),
)


def _words(text: str) -> list[str]:
    return text.split()


_FIRST_NAMES = _words("anna ben carla david emma felix grace hugo irene jack karen liam maria noah")
_LAST_NAMES = _words("adams baker chen diaz evans fischer garcia hughes ito jones khan lopez meyer")
_DOMAINS = _words("gmail.com outlook.com yahoo.com acme.com example.co.uk mail.example.org web.de")
# The area codes of known people, and of new ones: the two have no phone number in common.
_AREAS = _words("212 213 312 404 415 503 512 602 617 702 713 718")
_NEW_AREAS = _words(
    "201 202 203 205 206 207 208 209 210 214 215 216 217 218 219 224 225 228 229 231 234 239 240 "
    "248 251 252 253 254 256 260 262 267 269 270 276 281 301 302 303 304 305 307 308 309 310 313 "
    "314 315 316 317"
)
_SERIALS_AN_AREA = 800


def known(number: int) -> dict[str, str]:
    """The identifiers of a known person, in their normalised form."""
    return {kind: _KNOWN[kind](number) for kind in KINDS[number % 10]}


def new(serial: int, tag: str) -> dict[str, str]:
    """The identifiers of a new person: unique for a serial number and a tag of four digits.

    The serial numbers are below 40,000.
    """
    area = _NEW_AREAS[serial // _SERIALS_AN_AREA]
    values = {
        EMAIL: _address(serial, f".{serial}x{tag}"),
        # An exchange starts with 2 to 9.
        PHONE: f"+1{area}{200 + serial % _SERIALS_AN_AREA}{tag}",
        EXTERNAL_ID: f"N-{serial}-{tag}",
    }
    return {kind: values[kind] for kind in KINDS[serial % 10]}


class Popularity:
    """Draws known people by Zipf's law: person n with a weight of 1 / (n + 1)."""

    def __init__(self, people: int) -> None:
        self.people = people
        self._cumulative = array("d", accumulate(1 / rank for rank in range(1, people + 1)))

    def draw(self, source: random.Random, count: int) -> list[int]:
        """The numbers of `count` people."""
        return source.choices(range(self.people), cum_weights=self._cumulative, k=count)

    def share(self, numbers: Sequence[int]) -> float:
        """The share of events that these people have."""
        weights = sum(1 / (number + 1) for number in numbers)
        return weights / self._cumulative[-1]


def _address(number: int, distinction: str) -> str:
    first = _FIRST_NAMES[number % len(_FIRST_NAMES)]
    last = _LAST_NAMES[number // len(_FIRST_NAMES) % len(_LAST_NAMES)]
    return f"{first}.{last}{distinction}@{_DOMAINS[number % len(_DOMAINS)]}"


def _known_phone(number: int) -> str:
    # One in seven is in Germany or in France.
    if number % 14 == 1:
        return f"+49151{10_000_000 + number}"
    if number % 14 == 6:
        return f"+3361{1_000_000 + number}"
    return f"+1{_AREAS[number // 10 % len(_AREAS)]}{2_000_000 + number}"


_KNOWN = {
    EMAIL: lambda number: _address(number, str(number)),
    PHONE: _known_phone,
    EXTERNAL_ID: lambda number: f"C-{number:08d}",
}
