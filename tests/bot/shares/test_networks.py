from __future__ import annotations

import pytest

from bot.errors import FieldRefusal
from bot.shares import NETWORKS, checked_instance, dialog_url, require_fits
from bot.shares.networks import graphemes, mastodon_length, x_weight

LINK = "https://hub.meri.example/s/abcDEF_-0123456789xyz1"
ENCODED = "https%3A%2F%2Fhub.meri.example%2Fs%2FabcDEF_-0123456789xyz1"
CAPTION = "I work at Meri Oy. 100 % jää & lumi #1?"
WORDS = "I%20work%20at%20Meri%20Oy.%20100%20%25%20j%C3%A4%C3%A4%20%26%20lumi%20%231%3F"


@pytest.mark.parametrize(
    ("network", "url"),
    [
        ("linkedin", f"https://www.linkedin.com/sharing/share-offsite/?url={ENCODED}"),
        ("facebook", f"https://www.facebook.com/sharer/sharer.php?u={ENCODED}"),
        ("x", f"https://x.com/intent/tweet?text={WORDS}&url={ENCODED}"),
        ("whatsapp", f"https://wa.me/?text={WORDS}%0A{ENCODED}"),
        ("bluesky", f"https://bsky.app/intent/compose?text={WORDS}%0A{ENCODED}"),
        ("mastodon", f"https://mastodon.social/share?text={WORDS}%0A{ENCODED}"),
        ("threads", f"https://www.threads.com/intent/post?text={WORDS}&url={ENCODED}"),
        ("email", f"mailto:?subject=Sea%20ice%20%26%20you&body={WORDS}%0A{ENCODED}"),
        ("copy", ""),
    ],
)
def test_each_dialog_opens_at_its_documented_address(network: str, url: str) -> None:
    assert dialog_url(network, LINK, CAPTION, "mastodon.social", "Sea ice & you") == url


def test_every_network_has_a_dialog_and_no_other_has() -> None:
    assert all(isinstance(dialog_url(n, LINK, CAPTION, "m.example"), str) for n in NETWORKS)
    with pytest.raises(KeyError):
        dialog_url("myspace", LINK, CAPTION)


@pytest.mark.parametrize(("network", "fits"), [("x", 256), ("bluesky", 300 - 1 - len(LINK)), ("mastodon", 476), ("threads", 500 - 1 - len(LINK))])
def test_a_caption_fits_to_the_last_character(network: str, fits: int) -> None:
    require_fits(network, "ä" * fits, LINK)
    with pytest.raises(FieldRefusal) as refusal:
        require_fits(network, "ä" * (fits + 2), LINK)
    assert refusal.value.field == "text" and refusal.value.params["count"] == 2


def test_lengths_are_counted_as_the_networks_count_them() -> None:
    assert x_weight("ä") == 1 and x_weight("漢") == 2 and x_weight("😀") == 2 and x_weight("https://a.example/very/long/address/indeed") == 23
    assert x_weight("e\u0301") == 1  # NFC first
    assert graphemes("👩🏽\u200d🚀") == 1 and graphemes("🇫🇮🇸🇪") == 2 and graphemes("e\u0301a") == 2 and graphemes("") == 0
    assert mastodon_length("hei https://meri.example/pitka/osoite/joka/jatkuu") == 4 + 23


@pytest.mark.parametrize("typed", ["mastodon.social", " https://Mastodon.Social/@aino ", "@aino@mastodon.social", "aino@mastodon.social", "mastodon.social."])
def test_a_mastodon_server_is_read_from_what_people_type(typed: str) -> None:
    assert checked_instance(typed) == "mastodon.social"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "mastodon",
        "127.0.0.1",
        "localhost",
        "a.localhost",
        "evil.example:8080",
        "mastodon.social?x=",
        "mastodon.social#",
        "-a.example",
        "a..example",
        "server.local",
        "mastodon.social\\@evil.example",
        "javascript:alert(1)",
        "[::1]",
        "x" * 300 + ".example",
        "a b.example",
        "２.example/..",
        "1.2.3.4.5",
    ],
)
def test_what_is_no_public_server_never_gets_into_a_link(typed: str) -> None:
    try:
        host = checked_instance(typed)
    except FieldRefusal as e:
        assert e.field == "instance"
    else:
        assert host in ("2.example", "evil.example")  # folded to a plain host name, which is harmless
