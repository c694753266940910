"""Phone numbers of people whom the tests make up."""

import hashlib


def phone_number(word: str, last: object = "") -> str:
    """A word's number in E.164, one of 8,000,000,000; its last digits may be given."""
    number = int.from_bytes(hashlib.sha256(word.encode()).digest())
    digits = f"{2 + number % 8}{number // 8 % 10**9:09}"
    return f"+1{digits[: len(digits) - len(str(last))]}{last}"
