"""Which features look like they say who somebody is, and the section `predictions` that keeps them out of the log."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from ...core.roles import words_of
from ...core.sections import Predictions
from ...core.values import is_text, missing, texts
from .lines import line, word
from .looking import Findings, Look

# Words of a column's name, put together in any way: customerEmail, customer_email, "customer email".
NUMBERS = {"phone", "telephone", "cellphone", "fax", "ssn"}
TEXTS = NUMBERS | {
    *("email", "mail", "tel", "mobile", "firstname", "lastname", "surname", "forename", "fullname", "username"),
    *("nickname", "login", "address", "street", "postcode", "zip", "zipcode", "passport", "iban", "ip"),
}
# A name of something else, such as of a product, says nothing of a person.
WHOSE = {"first", "last", "full", "middle", "given", "family", "maiden", "user", "customer", "client", "patient"}
WHOSE |= {"person", "contact", "employee", "passenger", "guest", "member", "driver", "owner", "student"}
EMAIL = r"[^@\s]+@[^@\s]+\.[^@\s]+"
# Digits with the signs that people put between them, and no day.
PHONE = r"(?=.*[+() -])(?!\d{4}-\d{2}-\d{2}|\d{1,2}-\d{1,2}-\d{2,4}$)\+?[\d() -]{8,20}"
LOOK_AT = 1000


def is_personal(name: str, column: pd.Series) -> bool:
    """Return whether a column is called like something that identifies people, or most of its values look like that."""
    words = set(words_of(name))
    if not is_text(column):
        return bool(NUMBERS & words)
    if TEXTS & words or words == {"name"} or ("name" in words and WHOSE & words):
        return True
    values = texts(column[~missing(column)].head(LOOK_AT))
    return any(values.str.fullmatch(pattern).mean() > 0.5 for pattern in (EMAIL, PHONE))


def personal(found: Findings, look: Look) -> list[str]:
    """Return the features that look personal."""
    features = [name for name, guess in found.features.items() if guess.feature]
    return [name for name in features if is_personal(name, look.raw[name])]


def predictions_section(found: Findings, look: Look, before: dict[str, Any]) -> str:
    """Return the section `predictions`; of the one before, what is about this table's features stays, and its sizes."""
    features = {name for name, guess in found.features.items() if guess.feature}
    hashed = [name for name in before.get("pseudonymise") or () if name in features]
    kept = [name for name in before.get("drop") or () if name in features]
    looks = [name for name in personal(found, look) if name not in kept and name not in hashed]
    why = "these look like they say who somebody is" if looks else "features that are never noted"
    defaults = Predictions()
    lines = [
        line(key, f"{before.get(key, getattr(defaults, key))}", remark)
        for key, remark in {
            "sample": "the share of requests that is noted",
            "most_rows": "of one request; of a larger one, so many are drawn",
            "retain_days": "",
        }.items()
    ]
    lines += [line("drop", listed([*kept, *looks]), why)]
    lines += [line("pseudonymise", listed(hashed), "a hash under LIVE_PSEUDONYM_KEY is noted")]
    return "\n".join(["predictions:", *lines])


def listed(names: Iterable[str]) -> str:
    """Return names as a list of YAML on one line."""
    return f"[{', '.join(word(name) for name in names)}]"
