"""Forms on their way through a browser: sealed going out, read and checked coming back. Nothing is kept on the server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from adapters.guard import Refused
from bot.errors import VinkkiError
from bot.messages import ChoiceField, Form, LookupField, Submission, TextField

_form_json: TypeAdapter[Form] = TypeAdapter(Form)
Posted = Mapping[str, list[str]]


def seal_form(form: Form, person_id: int, seal: Callable[[str], str]) -> str:
    """A form's definition, locked for one person: with it the answers can be read without remembering who was asked what."""
    return seal(f"form:{person_id}:{_form_json.dump_json(form).decode()}")


def open_form(sealed: str, person_id: int, unseal: Callable[[str], str]) -> Form:
    """The definition back. Raises Refused 400 for anything that we did not lock for this person."""
    try:
        kind, owner, text = unseal(sealed).split(":", 2)
        if (kind, owner) != ("form", str(person_id)):
            raise Refused(400)
        return _form_json.validate_json(text)
    except (VinkkiError, ValueError, ValidationError):
        raise Refused(400) from None


@dataclass(frozen=True)
class Filling:
    """What came back with a form: values by field, what was typed into lookups, and the lookup whose search was pressed.

    `settled` names the lookups in which one of the offers for that very query was picked.
    """

    values: dict[str, str]
    queries: dict[str, str]
    settled: frozenset[str] = frozenset()
    search: str = ""

    def submission(self, form: Form) -> Submission:
        """As the desks hear it."""
        return Submission(form.name, form.subject, dict(self.values))

    def unsettled(self, form: Form) -> list[LookupField]:
        """Lookups whose search was pressed, or in which something was typed since the last offer was made."""
        fields = [f for f in form.fields if isinstance(f, LookupField)]
        return [f for f in fields if f.name == self.search or (self.queries[f.name] and f.name not in self.settled)]


def read_filling(form: Form, posted: Posted) -> Filling:
    """The posted answers; fields that are not of this form are left out, every field of it is there."""
    values = {field.name: _value(field, posted.get(f"f.{field.name}", [])) for field in form.fields}
    queries = {f.name: _first(posted.get(f"q.{f.name}", [])).strip()[:100] for f in form.fields if isinstance(f, LookupField)}
    settled = frozenset(n for n, q in queries.items() if f"f.{n}" in posted and q == _first(posted.get(f"was.{n}", [])))
    return Filling(values, queries, settled, _first(posted.get("search", [])))


def _value(field: object, given: list[str]) -> str:
    if isinstance(field, ChoiceField) and field.multiple:
        return ",".join(v for v in given if v)
    text = _first(given).replace("\r\n", "\n")  # browsers send CRLF (HTML standard, form submission)
    return text if isinstance(field, TextField) and field.rows > 1 else text.strip()


def _first(given: list[str]) -> str:
    return given[0] if given else ""
