"""The neutral vocabulary between desks and platforms: events heard, cards, forms and charts shown.

A widget enters here only with a renderer on every platform and a contract test.
"""

from bot.messages.answers import Answer, Ask, Correct, Offer, ReadPage, Replace, Reply, Show, Unknown, answer_json
from bot.messages.card import (
    Block,
    Button,
    Buttons,
    Card,
    ChartBlock,
    Copyable,
    Divider,
    Fact,
    Facts,
    Heading,
    Item,
    Items,
    Note,
    Paragraph,
    Picture,
    buttons_of,
)
from bot.messages.chart import Chart, Series
from bot.messages.events import Caller, Command, Event, Heard, HomeOpened, Lookup, Press, Submission, storable, tidy
from bot.messages.form import ChoiceField, DayField, Form, FormField, LookupField, Option, TextField, TickField
from bot.messages.text import Day, Moment, Param, Plain, Say, Text, say

__all__ = [
    "Answer", "Ask", "Block", "Button", "Buttons", "Caller", "Card", "Chart", "ChartBlock", "ChoiceField", "Command", "Copyable",
    "Correct", "Day", "DayField", "Divider", "Event", "Fact", "Facts", "Form", "FormField", "Heading", "Heard", "HomeOpened", "Item",
    "Items", "Lookup", "LookupField", "Moment", "Note", "Offer", "Option", "Paragraph", "Param", "Picture", "Plain", "Press",
    "ReadPage", "Replace", "Reply", "Say", "Series", "Show", "Submission", "Text", "TextField", "TickField", "Unknown", "answer_json",
    "buttons_of", "say", "storable", "tidy",
]  # fmt: skip
