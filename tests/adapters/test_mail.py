from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from email import message_from_bytes, policy
from html.parser import HTMLParser

import pytest

from adapters.mail import MailAdapter, SmtpMailer, card_to_letter, server_of
from adapters.mail.smtp import Server
from bot.config import load
from bot.desks import Deployment
from bot.errors import ConfigError, DeliveryError
from bot.messages import Button, Buttons, Card, Chart, ChartBlock, Copyable, Divider, Fact, Facts, Heading, Item, Items, Note, Paragraph, Picture, Plain, Series
from bot.ports import Letter, Recipient

AINO = Recipient("mail", "", "aino.salo@meri.example", "fi", "Europe/Helsinki")
LETTER = Letter(AINO.address, "Kaksi uutta tarinaa", "Hei\n", "<p>Hei</p>")
HOSTILE = "<script>alert(1)</script> <img src=x onerror=y> & \u202e"


class Server25:
    """A mail server of a few lines: remembers letters, answers RCPT as it is told."""

    def __init__(self) -> None:
        self.letters: list[bytes] = []
        self.rcpt = "250 ok"
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        try:
            while line := (await reader.readline()).decode("latin-1").strip():
                word = line.split(" ")[0].upper()
                if word == "DATA":
                    writer.write(b"354 go on\r\n")
                    self.letters.append(await reader.readuntil(b"\r\n.\r\n"))
                    writer.write(b"250 taken\r\n")
                elif word == "QUIT":
                    writer.write(b"221 bye\r\n")
                    break
                else:
                    writer.write({"EHLO": b"250 here\r\n", "RCPT": f"{self.rcpt}\r\n".encode()}.get(word, b"250 ok\r\n"))
                await writer.drain()
        finally:
            writer.close()


@pytest.fixture
async def smtp() -> AsyncIterator[Server25]:
    server = Server25()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    yield server
    listening.close()
    await listening.wait_closed()


def mailer(port: int, *, is_starttls: bool = False) -> SmtpMailer:
    return SmtpMailer(Server("127.0.0.1", port, None, None, False, is_starttls), "vinkki@meri.example", "Meri Oy")


async def test_a_letter_arrives_in_both_forms_with_honest_headers(smtp: Server25) -> None:
    await mailer(smtp.port).post(LETTER, "story:9:person:42")
    (raw,) = smtp.letters
    message = message_from_bytes(raw, policy=policy.default)
    assert str(message["From"]) == "Meri Oy <vinkki@meri.example>" and str(message["To"]) == AINO.address
    assert message["Subject"] == "Kaksi uutta tarinaa" and message["Message-ID"] == "<story.9.person.42@meri.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_body(("plain",)).get_content().strip() == "Hei" and "<p>Hei</p>" in message.get_body(("html",)).get_content()


async def test_nothing_typed_becomes_a_header(smtp: Server25) -> None:
    await mailer(smtp.port).post(Letter(AINO.address, "One\r\nBcc: all@meri.example\u2028x", "t", "h"), "k")
    message = message_from_bytes(smtp.letters[0], policy=policy.default)
    assert message["Bcc"] is None and message["Subject"] == "One Bcc: all@meri.example x"


@pytest.mark.parametrize(("rcpt", "permanent", "lane"), [("550 no such mailbox", True, False), ("450 busy", False, False), ("421 later", False, True)])
async def test_what_the_server_says_decides_whether_to_try_again(smtp: Server25, rcpt: str, permanent: bool, lane: bool) -> None:
    smtp.rcpt = rcpt
    with pytest.raises(DeliveryError) as error:
        await mailer(smtp.port).post(LETTER, "k")
    assert error.value.permanent is permanent and (lane or not error.value.lane)
    assert AINO.address not in str(error.value)


async def test_a_server_without_tls_gets_no_letter(smtp: Server25) -> None:
    with pytest.raises(DeliveryError) as error:
        await mailer(smtp.port, is_starttls=True).post(LETTER, "k")
    assert error.value.lane and not smtp.letters


async def test_a_server_that_is_away_holds_the_lane() -> None:
    with pytest.raises(DeliveryError) as error:
        await mailer(1).post(LETTER, "k")
    assert error.value.lane and not error.value.permanent


@pytest.mark.parametrize("address", ["no address", "a@b@c", "x\r\nRCPT TO:<y@z>"])
async def test_an_address_that_is_none_is_refused_for_good(smtp: Server25, address: str) -> None:
    with pytest.raises(DeliveryError) as error:
        await mailer(smtp.port).post(Letter(address, "s", "t", "h"), "k")
    assert error.value.permanent and not smtp.letters


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://user:p%40ss@mail.example.com:2587", ("mail.example.com", 2587, "user", "p@ss", False, True)),
        ("smtps://mail.example.com", ("mail.example.com", 465, None, None, True, False)),
        ("smtp://127.0.0.1:2525", ("127.0.0.1", 2525, None, None, False, False)),
    ],
)
def test_the_servers_address_is_read(url: str, expected: tuple[object, ...]) -> None:
    s = server_of(load(_env_file=None, smtp_url=url, mail_from="vinkki@meri.example"))
    assert s and (s.host, s.port, s.user, s.password, s.is_tls, s.is_starttls) == expected
    assert "p@ss" not in repr(s)


@pytest.mark.parametrize(("url", "sender"), [("http://x", "a@b.fi"), ("smtp://", "a@b.fi"), ("smtp://h:99999999", "a@b.fi"), ("smtp://mail.example.com", "")])
def test_a_wrong_address_names_the_variable_and_not_the_value(url: str, sender: str) -> None:
    with pytest.raises(ConfigError, match=r"VINKKI_(SMTP_URL|MAIL_FROM)") as error:
        server_of(load(_env_file=None, smtp_url=url, mail_from=sender))
    assert "99999999" not in str(error.value) and "http://x" not in str(error.value)


class Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [v or "" for k, v in attrs if k == "href"]


FULL = Card(
    Plain("Title"),
    (
        Heading(Plain("Head")), Paragraph(Plain(HOSTILE)), Note(Plain("Small")), Facts((Fact(Plain("A"), Plain("B")),)), Divider(),
        Picture("https://example.com/x.png", Plain("A boat")), Copyable(Plain("Link"), "https://example.com/?a=1&b=2"),
        Items((Item(Plain("Row"), Plain("detail"), (Button(Plain("Read"), url="https://example.com/read"),)),)),
        Buttons((Button(Plain("Take it"), "referral.take", "17"), Button(Plain("Site"), url="https://example.com/site"))),
        ChartBlock(Chart(Plain("Chart"), (Plain("Mon"), Plain("Tue")), (Series(Plain("Clicks"), (3, 4)),))),
    ),
)  # fmt: skip


def test_every_widget_stands_in_the_letter_in_both_forms(deployment: Deployment) -> None:
    letter = card_to_letter(FULL, AINO, deployment)
    assert letter.subject == "Title" and letter.to == AINO.address
    for words in ("HEAD", "<script>alert(1)</script>", "Small", "A: B", "[Kuva: A boat]", "Link:\nhttps://example.com/?a=1&b=2", "* Row\n  detail",
                  "Read:\nhttps://example.com/read", "Site:\nhttps://example.com/site", "Mon: 3", "Avaa Vinkki:\nhttp://127.0.0.1:8765/"):  # fmt: skip
        assert words in letter.text, words
    seen = Text()
    seen.feed(letter.html)
    assert {"script", "img"}.isdisjoint(seen.tags) and 'lang="fi"' in letter.html
    assert seen.links == ["https://example.com/read", "https://example.com/site", "http://127.0.0.1:8765/"]
    assert "Take it" not in letter.html, "a button that only works in Vinkki is not drawn in a letter"


def test_the_title_is_the_subject_and_not_said_again(deployment: Deployment) -> None:
    letter = card_to_letter(Card(Plain("Two new stories"), (Paragraph(Plain("Here they are.")), Note(Plain("Why you get this.")))), AINO, deployment)
    assert letter.subject == "Two new stories" and letter.text.startswith("Here they are.\n\n-- \nWhy you get this.\n\n")
    assert letter.html.count("Two new stories") == 1, "as the page's title"


def test_a_letter_with_links_only_does_not_send_its_reader_to_the_portal(deployment: Deployment) -> None:
    card = Card(Plain("T"), (Buttons((Button(Plain("Site"), url="https://example.com/site"),)),))
    assert "8765" not in card_to_letter(card, AINO, deployment).text


async def test_the_mail_platform_posts_and_never_changes(deployment: Deployment) -> None:
    posted: list[Letter] = []

    class Box:
        async def post(self, letter: Letter, key: str) -> None:
            posted.append(letter)

    class FakeHub:
        def __init__(self) -> None:
            self.deployment = deployment

    adapter = MailAdapter(FakeHub(), Box())
    assert await adapter.chat.send(AINO, FULL, "k") == ""
    await adapter.chat.update(AINO, "", FULL)
    await adapter.chat.withdraw(AINO, "")
    assert len(posted) == 1 and adapter.room_address("admin") is None
