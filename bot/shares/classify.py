"""What a visit was: a person, a link preview or a robot. One pass over the user agent, no regular expression."""

from __future__ import annotations

from collections.abc import Mapping

# Who fetches a page to draw a preview of it. Sources: the crawler pages of Slack, Meta, LinkedIn, X, Telegram and Discord;
# bluesky-social's cardyb; Mastodon's Request class. Teams and Skype fetch as SkypeUriPreview.
PREVIEWERS = (
    "slackbot", "slack-imgproxy", "skypeuripreview", "microsoftpreview", "linkedinbot", "facebookexternalhit", "facebot", "twitterbot", "whatsapp",
    "mastodon", "bluesky", "cardyb", "telegrambot", "discordbot", "pinterestbot", "redditbot", "embedly", "iframely", "viber", "snapchat", "vkshare",
    "bingpreview", "meta-externalfetcher",
)  # fmt: skip

# A browser begins so. Robots that do too give themselves away by one of the marks or by a word of their own: both lists are the
# shortest that flag every example in the crawler-user-agents package (tests hold them to it) and no browser.
_BROWSERS = ("mozilla/5.0 (", "opera/9")
_MARKS = ("bot", "crawl", "spider", "http", "compatible", "preview", "monitor", "headless", "@")
_WORDS = frozenset(
    b"acunetix adbeat agent brokenlinkcheck collapsify contentscan cookiehubscan cookiehubverify criticalcss dareboost datadogsynthetics datanyze dlc "
    b"facebookexternalhit favicon feeder fluid foregenix geedoshopproductfinder google googleimageproxy gtmetrix hardenize headonlyscraper "
    b"headonlyscraperv hotjar inspector lighthouse linktiger manus marketgoo miniature newrelicsynthetics newsai nikto outbrain pingdomtms playstore "
    b"playwright printfriendly ptst puppeteer readable rigor scope securityheaders selenium silktide sindup splash sqwatcher testlocally thousandeyes "
    b"turingos uptimedoctor watchtowr xmco ylt".split()
)
_MADE_BY_CUBOT = "cubot"  # a maker of phones
_LETTERS_ONLY = bytes(i if chr(i).isalpha() and i < 128 else 32 for i in range(256))  # bytes.translate takes a third of str.translate
_AHEAD = ("Sec-Purpose", "Purpose", "X-Moz", "X-Purpose")


def classify(method: str, user_agent: str, headers: Mapping[str, str]) -> str:
    """`human`, `preview` or `bot`. `headers` are the request's, found by any case (as aiohttp's are)."""
    agent = user_agent.lower()
    if _is_browser(agent):
        if method != "GET":
            return "bot"
        return "preview" if _is_prefetch(headers) else "human"
    return "preview" if any(name in agent for name in PREVIEWERS) else "bot"


def _is_browser(agent: str) -> bool:
    if not agent.startswith(_BROWSERS):
        return False
    for mark in _MARKS:  # a loop costs half of any() with a generator
        if mark in agent:
            return _MADE_BY_CUBOT in agent and _is_browser(agent.replace(_MADE_BY_CUBOT, ""))
    return _WORDS.isdisjoint(agent.encode("ascii", "replace").translate(_LETTERS_ONLY).split())


def _is_prefetch(headers: Mapping[str, str]) -> bool:
    """The browser fetches ahead, nobody looked yet (Sec-Purpose today, Purpose and X-Moz before it, X-Purpose in Safari)."""
    for name in _AHEAD:  # noqa: SIM110 (any() costs twice as much here)
        if name in headers and ("prefetch" in headers[name] or "preview" in headers[name]):
            return True
    return False
