"""The root manifest.json creates the app: valid, complete, and asking for no more than is used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator

from adapters.slack.door import PATH
from adapters.slack.inbound import COMMANDS, SHORTCUTS

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
MANIFEST: dict[str, Any] = json.loads((ROOT / "manifest.json").read_text())
# What each scope is for; a new one needs a line here and in docs/connect-slack.
SCOPES = {
    "chat:write": "messages to people and to the rooms",
    "commands": "slash commands and shortcuts",
    "im:history": "after a crash, whether a message already stands in the conversation with a person",
    "im:write": "opening the conversation with a person",
    "users:read": "who somebody is (guests and bots are refused), and our own app's id",
    "users:read.email": "tying an account to the person in the directory",
}


def test_the_manifest_is_valid_by_slacks_schema() -> None:
    schema = json.loads((HERE / "data" / "manifest.schema.2.0.0.json").read_text())
    assert [e.message for e in Draft7Validator(schema).iter_errors(MANIFEST)] == []


def test_it_has_exactly_the_commands_and_shortcuts_that_are_heard() -> None:
    features = MANIFEST["features"]
    assert {c["command"] for c in features["slash_commands"]} == set(COMMANDS)
    assert {s["callback_id"] for s in features["shortcuts"]} == set(SHORTCUTS)


def test_every_address_is_the_one_route() -> None:
    settings = MANIFEST["settings"]
    urls = [c["url"] for c in MANIFEST["features"]["slash_commands"]]
    urls += [settings["event_subscriptions"]["request_url"], settings["interactivity"]["request_url"], settings["interactivity"]["message_menu_options_url"]]
    assert {u.removeprefix("https://vinkki.example.com") for u in urls} == {PATH}


def test_it_asks_for_no_more_than_is_used() -> None:
    assert set(MANIFEST["oauth_config"]["scopes"]["bot"]) == set(SCOPES)
    assert "user" not in MANIFEST["oauth_config"]["scopes"]
    assert set(MANIFEST["settings"]["event_subscriptions"]["bot_events"]) == {"app_home_opened", "app_uninstalled", "tokens_revoked", "user_change"}
