"""What a candidate says about themselves: read from a form, sealed with a key of their own, recognised again by keyed hashes."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from urllib.parse import urlsplit

from sqlmodel import Session

from bot.referrals.records import Candidate
from bot.vault import Vault

MAX_MESSAGE = 1000
_EMAIL = re.compile(r"[^@\s\"<>(),;:\\]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]{0,62}\.)+[A-Za-z]{2,24}", re.ASCII)
_PHONE = re.compile(r"\+?[0-9][0-9 ()./-]{4,23}")
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


@dataclass(frozen=True)
class Details:
    """A candidate's own words. `token` is of their private address; it is sealed with the rest."""

    name: str
    email: str = ""
    phone: str = ""
    linkedin: str = ""
    message: str = ""
    token: str = ""
    answers: str = ""  # JSON: [question, answer] of each of the organisation's own questions that was answered

    @property
    def answered(self) -> list[tuple[str, str]]:
        """The organisation's own questions with the answers to them."""
        return [(str(question), str(answer)) for question, answer in json.loads(self.answers or "[]")]


def read_details(values: dict[str, str], questions: Sequence[str] = ()) -> tuple[Details, dict[str, str]]:
    """The details in a posted form, and what is wrong with them: words' key by field name (none: they can be kept).

    `questions` are the organisation's own; their answers stand in `question_1` and on.
    """
    answers = [_clean(values, f"question_{n}", 20_000).strip() for n in range(1, len(questions) + 1)]
    given = [(question, answer) for question, answer in zip(questions, answers, strict=True) if answer]
    found = Details(
        name=" ".join(_clean(values, "name", 2000).split()), email=_clean(values, "email", 2000).strip().lower(),
        phone=" ".join(_clean(values, "phone", 2000).split()), linkedin=_linkedin(_clean(values, "linkedin", 2000)),
        message=_clean(values, "message", 20_000).strip(), answers=json.dumps(given) if given else "",
    )  # fmt: skip
    wrong = {f"question_{n}": "candidate.error.message_long" for n, answer in enumerate(answers, 1) if len(answer) > MAX_MESSAGE}
    if not found.name:
        wrong["name"] = "candidate.error.name_missing"
    elif len(found.name) > 120:
        wrong["name"] = "candidate.error.name_long"
    if not found.email and not found.phone:
        wrong["email"] = "candidate.error.reach_missing"
    if found.email and not is_email(found.email):
        wrong["email"] = "candidate.error.email_unreadable"
    if found.phone and not (_PHONE.fullmatch(found.phone) and 6 <= len(_digits(found.phone)) <= 15):
        wrong["phone"] = "candidate.error.phone_unreadable"
    if found.linkedin and not _is_linkedin(found.linkedin):
        wrong["linkedin"] = "candidate.error.linkedin_unreadable"
    if len(found.message) > MAX_MESSAGE:
        wrong["message"] = "candidate.error.message_long"
    return found, wrong


def is_email(text: str) -> bool:
    """Whether this looks like an e-mail address that can be written to."""
    return len(text) <= 254 and bool(_EMAIL.fullmatch(text))


def owner(candidate_id: int) -> str:
    """The name of a candidate's key in the vault."""
    return f"candidate:{candidate_id}"


def seal(session: Session, vault: Vault, candidate_id: int, fields: dict[str, str]) -> str:
    """Seal text that belongs to a candidate with their own key."""
    return vault.seal_for(session, owner(candidate_id), json.dumps(fields))


def unseal(session: Session, vault: Vault, candidate_id: int, sealed: str) -> dict[str, str]:
    """Open what was sealed for a candidate; nothing once they are erased."""
    plain = vault.open_for(session, owner(candidate_id), sealed)
    return {str(k): str(v) for k, v in json.loads(plain).items()} if plain else {}


def put_details(session: Session, vault: Vault, row: Candidate, details: Details) -> None:
    """Seal the details into the candidate's row, with the hashes by which they are recognised."""
    assert row.id is not None
    row.sealed = seal(session, vault, row.id, asdict(details))
    row.email_hash, row.phone_hash = next(iter(email_hashes(vault, details.email)), ""), next(iter(phone_hashes(vault, details.phone)), "")
    session.add(row)
    session.flush()


def open_details(session: Session, vault: Vault, candidate: Candidate) -> Details | None:
    """The candidate's details, or None once they are erased."""
    found = unseal(session, vault, candidate.id or 0, candidate.sealed)
    return Details(**found) if found else None


def email_hashes(vault: Vault, email: str) -> tuple[str, ...]:
    """Keyed hashes of an address, whatever its case: the present key's first, then the old ones'; nothing for none."""
    return vault.keyed_hashes(f"candidate e-mail {email.strip().lower()}") if email.strip() else ()


def phone_hashes(vault: Vault, phone: str) -> tuple[str, ...]:
    """As `email_hashes`. Only the last nine digits count, so that +358 40 123 4567 is 040 123 4567."""
    digits = _digits(phone)
    return vault.keyed_hashes(f"candidate phone {digits[-9:]}") if digits else ()


def _clean(values: dict[str, str], name: str, limit: int) -> str:
    """A posted text without control characters and without what reorders or hides other text."""
    return _UNSEEN.sub("", values.get(name, "")[:limit].replace("\r\n", "\n"))


def _digits(phone: str) -> str:
    return "".join(c for c in phone if c in "0123456789")


def _linkedin(text: str) -> str:
    text = text.strip()
    return f"https://{text}" if re.match(r"(?i)(www\.)?([a-z]{2}\.)?linkedin\.com/", text) else text


def _is_linkedin(text: str) -> bool:
    try:
        parts = urlsplit(text)
        host = (parts.hostname or "").lower()
    except ValueError:
        return False
    is_theirs = host == "linkedin.com" or host.endswith(".linkedin.com")
    return is_theirs and parts.scheme == "https" and not parts.username and len(parts.path) > 1 and len(text) <= 300 and " " not in text
