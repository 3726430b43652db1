"""HR's settings: what is in force, changed by a form with a type check, undone by a button."""

from __future__ import annotations

from bot import settings
from bot.bonuses.payfile import COLUMNS, DELIMITERS, ENCODINGS, read_columns
from bot.desks.candidate_forms import LONGEST_QUESTION, MOST_QUESTIONS
from bot.desks.turn import Desk, Turn
from bot.errors import FieldRefusal, Refusal
from bot.messages import (
    Answer,
    Ask,
    Button,
    Buttons,
    Card,
    ChoiceField,
    Form,
    Item,
    Items,
    Note,
    Option,
    Paragraph,
    Plain,
    Replace,
    Say,
    Show,
    Text,
    TextField,
    say,
)

PAGE = 8
_LONGEST = 2000
_HIGHEST = {"_hour": 23, "_percent": 100, "_days": 3660}  # by how the name ends
_ANY = 1_000_000
_CHOICES = {"payroll.delimiter": tuple(d for d in DELIMITERS if d.strip()), "payroll.encoding": ENCODINGS}
_CODE = 30  # characters of a wage-type code


def _names(part: str = "") -> list[str]:
    return sorted(name for name in settings.DEFAULTS if not name.startswith("demo.") and part in name)


def show(turn: Turn, text: str) -> Answer:
    """`admin settings`, or only those with `text` in their name: `admin settings referral`."""
    turn.require("hr")
    return Show(_list(turn, 0, text.strip().lower()))


def page(turn: Turn, value: str) -> Answer:
    """Another page of the list."""
    turn.require("hr")
    number, _, part = value.partition(" ")
    return Replace(_list(turn, int(number) if number.isascii() and number.isdigit() and len(number) < 4 else 0, part))


def _list(turn: Turn, number: int, part: str = "") -> Card:
    found = _names(part)
    names, part = (found, part) if found else (_names(), "")
    pages = -(-len(names) // PAGE)
    number = min(number, pages - 1)
    rows = tuple(_row(turn, name) for name in names[number * PAGE : (number + 1) * PAGE])
    steps = [Button(say("settings.earlier"), "settings.page", f"{number - 1} {part}".strip())] if number else []
    steps += [Button(say("settings.more"), "settings.page", f"{number + 1} {part}".strip())] if number + 1 < pages else []
    steps += [Button(say("settings.all"), "settings.page", "0")] if part else []
    missed = () if found else (Paragraph(say("settings.none_named")),)
    note = Note(say("settings.page", page=number + 1, pages=pages))
    return Card(say("settings.title"), (*missed, Items(rows), *((Buttons(tuple(steps)),) if steps else ()), note))


def _row(turn: Turn, name: str) -> Item:
    value = settings.get(turn.session, name)
    buttons = [Button(say("settings.change"), "settings.edit", name)]
    if value != settings.DEFAULTS[name]:
        buttons.append(Button(say("settings.undo"), "settings.undo", name, confirm=say("settings.undo_confirm")))
    return Item(say(f"settings.of.{name}"), say("settings.row", name=name, value=_value(value)), tuple(buttons))


def _value(value: object) -> Say | str:
    if isinstance(value, bool):
        return say("settings.on" if value else "settings.off")
    return say("settings.number", number=value) if isinstance(value, int) else _short(str(value)) or say("settings.empty")


def _short(text: str) -> str:
    return text if len(text) <= 140 else f"{text[:139]}…"


def edit(turn: Turn, value: str) -> Answer:
    """The form for one setting."""
    turn.require("hr")
    now, name = settings.get(turn.session, _known(value)), value
    label = say("settings.new_value")
    if isinstance(now, bool):
        options = (Option("on", say("settings.on")), Option("off", say("settings.off")))
        field: ChoiceField | TextField = ChoiceField("value", label, options, "on" if now else "off")
    elif name in _CHOICES:
        field = ChoiceField("value", label, tuple(Option(choice, _choice_words(choice)) for choice in _CHOICES[name]), str(now))
    elif isinstance(now, int):
        field = TextField("value", label, str(now), max_length=7, shape="number", hint=say("settings.number_hint"))
    else:
        field = TextField("value", label, str(now), optional=True, max_length=_LONGEST, rows=4)
    return Ask(Form("settings.save", say("settings.form_title"), say("settings.submit"), (field,), name, (Paragraph(say(f"settings.of.{name}")),)))


def save(turn: Turn, subject: str, values: dict[str, str]) -> Answer:
    """The form came back. Raises FieldRefusal where the value is not of the setting's type."""
    turn.require("hr")
    name = _known(subject)
    value = _read(name, values.get("value", ""))
    if value != settings.get(turn.session, name):
        settings.put(turn.session, turn.now, turn.person_id, name, value)
    return Show(_changed(turn, name, "settings.saved"))


def undo(turn: Turn, value: str) -> Answer:
    """Back to the value before the one in force."""
    turn.require("hr")
    settings.undo(turn.session, turn.now, turn.person_id, _known(value))
    return Replace(_changed(turn, value, "settings.undone"))


def _changed(turn: Turn, name: str, key: str) -> Card:
    back = Button(say("settings.all"), "settings.page", str(_names().index(name) // PAGE))
    return Card(say(key), (Items((_row(turn, name),)), Buttons((back,))), tone="good")


def _known(name: str) -> str:
    if name not in _names():
        raise Refusal("settings.unknown")
    return name


def _read(name: str, text: str) -> object:
    default, text = settings.DEFAULTS[name], text.strip()
    if isinstance(default, bool):
        if text not in ("on", "off"):
            raise FieldRefusal("value", "settings.not_on_off")
        return text == "on"
    if isinstance(default, int):
        highest = next((high for end, high in _HIGHEST.items() if name.endswith(end)), _ANY)
        if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) <= highest):
            raise FieldRefusal("value", "settings.not_number", highest=highest)
        return int(text)
    return _read_text(name, text)


def _read_text(name: str, text: str) -> str:
    if name in _CHOICES and text not in _CHOICES[name]:
        raise FieldRefusal("value", "settings.not_a_choice")
    if name == "payroll.columns":
        _check_columns(text)
    if name.startswith("candidate.questions."):
        _check_questions(text)
    is_code = name.startswith("payroll.wage_code_")
    if is_code and not (text and text.isprintable()):
        raise FieldRefusal("value", "settings.code_missing")
    longest = _CODE if is_code else _LONGEST
    if len(text) > longest:
        raise FieldRefusal("value", "settings.too_long", count=longest)
    return text


def _check_columns(text: str) -> None:
    """Columns that the pay-run file does not know are said now, and not to payroll when it closes a run."""
    try:
        read_columns(text)
    except ValueError as e:
        raise FieldRefusal("value", "settings.columns", name=str(e)[:40], names=", ".join(COLUMNS)) from None


def _check_questions(text: str) -> None:
    """More questions than a candidate is asked, or a longer one, would be cut off in silence."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > MOST_QUESTIONS or any(len(line) > LONGEST_QUESTION for line in lines):
        raise FieldRefusal("value", "settings.questions", most=MOST_QUESTIONS, count=LONGEST_QUESTION)


def _choice_words(choice: str) -> Text:
    return say("settings.tab") if choice == "tab" else Plain(choice)


DESK = Desk(
    commands={"admin settings": show},
    buttons={"settings.page": page, "settings.edit": edit, "settings.undo": undo},
    forms={"settings.save": save},
)
