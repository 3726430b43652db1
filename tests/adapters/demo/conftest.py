"""A demo company, made once for the tests of this folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.clock import MovableClock
from adapters.demo import config_of, seeded
from adapters.demo.company import fill
from adapters.demo.mailbox import Mailbox
from adapters.demo.pages import Demo
from adapters.house import House, make_house, make_hub, make_platforms

PORT = 8799  # in links only; nothing listens


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Path:
    """A folder with a company as `vinkki demo` leaves it. Look, or copy it to change it."""
    folder = tmp_path_factory.mktemp("company") / "demo"
    config = config_of(folder, PORT)
    shutil.copy(sqlite_template, folder / "vinkki.db")
    hub = make_hub(config, is_demo=True)
    fill(hub, make_platforms(hub, mailer=Mailbox(folder / "mailbox.jsonl")), folder, lambda _text: None)
    hub.db.close()
    return folder


def open_house(folder: Path) -> tuple[House, Demo]:
    """The house of a demo, as the process puts it together; not started."""
    hub = make_hub(config_of(folder, PORT), is_demo=True)
    assert isinstance(hub.clock, MovableClock)
    mailbox = Mailbox(folder / "mailbox.jsonl")
    demo = Demo(hub, hub.clock, mailbox, seeded.read(folder).at)
    house = make_house(hub, owner="demo", extras=demo.extras(), mailer=mailbox)
    demo.ticker = house.ticker
    return house, demo


@pytest.fixture
def folder(company: Path, tmp_path: Path) -> Path:
    """A company of one's own."""
    shutil.copytree(company, tmp_path / "demo")
    return tmp_path / "demo"


@pytest.fixture
def house(folder: Path) -> Iterator[House]:
    """The house of a demo of one's own; not started."""
    made, _demo = open_house(folder)
    yield made
    made.hub.db.close()
