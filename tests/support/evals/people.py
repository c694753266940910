"""The people of a task: each has identifiers that no other task uses."""

import uuid

from tests.support.phones import phone_number


def made_up(name: str) -> dict[str, str]:
    """Returns the identifiers of a person, and other spellings of them."""
    word = f"{name}-{uuid.uuid4().hex[:16]}"
    phone = phone_number(word)
    digits = phone.removeprefix("+1")
    return {
        "name": name.title(),
        "word": word,
        "email": f"{word}@example.org",
        "emailInCapitals": f" {word.upper()}@Example.ORG ",
        "phone": phone,
        "phoneDigits": digits,
        "phoneInBrackets": f"({digits[:3]}) {digits[3:6]}-{digits[6:]}",
        "externalId": f"crm-{word}",
        "anonymousId": f"anon-{word}",
    }
