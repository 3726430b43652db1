"""A desk that shows every widget and remembers what it heard: the contract suite's own, on top of the real ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bot import outbox
from bot.desks.notices import Owed
from bot.desks.notices.table import BUILDERS
from bot.desks.tables import TABLE
from bot.desks.turn import Turn
from bot.errors import FieldRefusal, Refusal
from bot.messages import (
    Answer,
    Ask,
    Button,
    Buttons,
    Card,
    Chart,
    ChartBlock,
    ChoiceField,
    Copyable,
    DayField,
    Divider,
    Fact,
    Facts,
    Form,
    Heading,
    Item,
    Items,
    LookupField,
    Note,
    Offer,
    Option,
    Paragraph,
    Picture,
    Plain,
    Replace,
    Series,
    Show,
    TextField,
    TickField,
)

HOSTILE = (
    "<!channel> <@U1> <https://evil.example|login> *b* _i_ ~s~ `c` & <script>alert(1)</script> "
    "[x](https://evil.example) {{DATE(2026-01-01)}} ${secret} <at>all</at> \u202egnp.exe = 1+1"
)


SECRET = "Maija Salainen wants to be forgotten"


def p(text: str) -> Plain:
    return Plain(text)


FULL = Card(
    p("Gallery title"),
    (
        Heading(p("A heading")),
        Paragraph(p("A paragraph")),
        Note(p("A note")),
        Facts((Fact(p("Label one"), p("Value one")), Fact(p("Label two"), p("Value two")))),
        Picture("https://example.com/boat.png", p("A boat at the pier")),
        Picture("https://example.com/code.png", p("The code of a link"), is_code=True),
        Copyable(p("Your link"), "https://example.com/s/abc?x=1&y=2"),
        Divider(),
        Items(
            (
                Item(p("First row"), p("its detail"), (Button(p("Open row"), "gallery.press", "row-1"),)),
                Item(p("Second row"), None, (Button(p("Read on"), url="https://example.com/read"),)),
            )
        ),
        ChartBlock(Chart(p("Shares by team"), (p("Sales"), p("Yard")), (Series(p("Shares"), (12, 7)),))),
        Buttons(
            (
                Button(p("Press me"), "gallery.press", "main", "primary"),
                Button(p("Replace"), "gallery.replace", "x"),
                Button(p("Ask"), "gallery.ask", "17"),
                Button(p("Delete"), "gallery.press", "gone", "danger", confirm=p("Really delete?")),
            )
        ),
    ),
)

FORM = Form(
    "gallery.form",
    p("Gallery form"),
    p("Send it"),
    (
        TextField("name", p("Your name"), initial="Aino", hint=p("As on your badge")),
        TextField("why", p("Why"), rows=4, optional=True, max_length=500),
        ChoiceField("team", p("Team"), (Option("sales", p("Sales")), Option("yard", p("Yard"))), initial="yard"),
        ChoiceField("topics", p("Topics"), (Option("a", p("Boats")), Option("b", p("Sea")), Option("c", p("Ice"))), multiple=True, optional=True),
        LookupField("opening", p("Opening"), "gallery.lookup", optional=True),
        DayField("start", p("Starts"), optional=True),
        TickField("agree", p("I agree")),
    ),
    subject="17",
    intro=(Paragraph(p("Fill this in")),),
)


@dataclass
class Gallery:
    """What the gallery's desk heard, in order."""

    heard: list[tuple[str, ...]] = field(default_factory=list)
    notices: dict[int, Card | None] = field(default_factory=dict)

    def command(self, turn: Turn, text: str) -> Answer:
        self.heard.append(("command", text))
        return Show({"hostile": Card(p(HOSTILE), (Paragraph(p(HOSTILE)), Facts((Fact(p(HOSTILE[:60]), p(HOSTILE)),)))), "": FULL}.get(text, FULL))

    def press(self, turn: Turn, value: str) -> Answer:
        self.heard.append(("press", value))
        return Show(Card(p(f"Heard {value}, time {len(self.heard)}")))

    def replace(self, turn: Turn, value: str) -> Answer:
        self.heard.append(("replace", value))
        return Replace(Card(p("Replaced card"), (Buttons((Button(p("Press me"), "gallery.press", "after"),)),)))

    def aside(self, turn: Turn, value: str) -> Answer:
        card = Card(p("Gallery aside"), (Paragraph(p(SECRET)), Buttons((Button(p("Older"), "gallery.aside_page", "8"),))))
        return Replace(card) if value == "8" else Show(card)

    def ask(self, turn: Turn, value: str) -> Answer:
        return Ask(FORM)

    def form(self, turn: Turn, subject: str, values: dict[str, str]) -> Answer:
        if values["name"] == "wrong":
            raise FieldRefusal("name", "people.unknown_role", role="wrong", roles="hr")
        if values["name"] == "refuse":
            raise Refusal("money.negative")
        self.heard.append(("form", subject, *(f"{k}={v}" for k, v in sorted(values.items()))))
        return Show(Card(p(f"Thank you {values['name']}")))

    def lookup(self, turn: Turn, query: str) -> Answer:
        return Offer(tuple(Option(str(i), p(f"{query} {i}")) for i in range(3)))

    def notice(self, owed: Owed) -> Card | None:
        return self.notices.get(owed.subject_id)

    def owe(self, turn: Turn, value: str) -> Answer:
        outbox.owe(turn.session, turn.now, f"gallery:{value}:person:{turn.person_id}", "gallery", int(value), turn.person)
        return Show(Card(p("Owed")))


@contextmanager
def open_gallery() -> Iterator[Gallery]:
    """Add the gallery to the real desks for one test."""
    gallery = Gallery()
    parts = (
        (TABLE.commands, {"vinkki gallery": gallery.command, "vinkki aside": gallery.aside}),
        (TABLE.buttons, {"gallery.press": gallery.press, "gallery.replace": gallery.replace, "gallery.ask": gallery.ask, "gallery.owe": gallery.owe}),
        (TABLE.buttons, {"gallery.aside": gallery.aside, "gallery.aside_page": gallery.aside}),
        (TABLE.forms, {"gallery.form": gallery.form}),
        (TABLE.lookups, {"gallery.lookup": gallery.lookup}),
        (BUILDERS, {"gallery": gallery.notice}),
    )
    for table, new in parts:
        table.update(new)  # type: ignore[attr-defined]
    asides = {"vinkki aside", "gallery.aside", "gallery.aside_page"}
    TABLE.aside.update(asides)
    try:
        yield gallery
    finally:
        TABLE.aside.difference_update(asides)
        for table, new in parts:
            for name in new:
                del table[name]  # type: ignore[attr-defined]
