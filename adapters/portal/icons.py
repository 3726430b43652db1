"""The portal's icons: our own line drawings on a 24 × 24 grid, drawn inline so that no request and no font is needed."""

from __future__ import annotations

from markupsafe import Markup

_PATHS = {
    "home": '<path d="M4 11.5 12 5l8 6.5"/><path d="M6.5 10v8.5h11V10"/><path d="M10.5 18.5v-4.5h3v4.5"/>',
    "story": '<path d="M5 10.5v4l9 4V6.5z"/><path d="M5 10.5H4v4h1"/><path d="M8 15.8V19h2.6"/><path d="M17.5 9.5a4.5 4.5 0 0 1 0 6"/>',
    "refer": '<circle cx="10" cy="8.5" r="3.2"/><path d="M4 18.5c.6-3.4 3-5 6-5 1.6 0 3 .4 4 1.3"/><path d="M17.5 13v6M14.5 16h6"/>',
    "referrals": '<path d="M4 8c2-1.6 4-1.6 6 0s4 1.6 6 0 3-1.4 4-.8"/><path d="M4 12.5c2-1.6 4-1.6 6 0s4 1.6 6 0 3-1.4 4-.8"/>'
    '<path d="M4 17c2-1.6 4-1.6 6 0s4 1.6 6 0 3-1.4 4-.8"/>',
    "leaderboard": '<path d="M5 19v-6h4v6M10 19V8h4v11M15 19v-8h4v8"/><path d="M12 3.2l.8 1.6 1.7.2-1.2 1.2.3 1.7-1.6-.8-1.6.8.3-1.7L9.5 5l1.7-.2z"/>',
    "settings": '<path d="M4 7h9M17 7h3M4 12h3M11 12h9M4 17h9M17 17h3"/>'
    '<circle cx="15" cy="7" r="2"/><circle cx="9" cy="12" r="2"/><circle cx="15" cy="17" r="2"/>',
    "help": '<circle cx="12" cy="12" r="8"/><path d="M9.8 9.6a2.3 2.3 0 1 1 3.2 2.1c-.7.3-1 .8-1 1.6"/><path d="M12 16.3v.1"/>',
    "recruiting": '<rect x="4" y="8.5" width="16" height="10.5" rx="1.6"/><path d="M9 8.500V6.400h6v2.100M4 13h16M12 12v2"/>',
    "admin": '<path d="M12 4l7 2.600v5c0 4.3-2.9 7.3-7 8.6-4.1-1.3-7-4.3-7-8.600v-5z"/><path d="M9 12l2.2 2.200L15 10.3"/>',
    "more": '<circle cx="6" cy="12" r="1.3"/><circle cx="12" cy="12" r="1.3"/><circle cx="18" cy="12" r="1.3"/>',
    "send": '<path d="M5 12h13M13 6.500l5.5 5.5-5.5 5.5"/>',
    "back": '<path d="M19 12H6M11 6.500L5.5 12l5.5 5.5"/>',
    "out": '<path d="M14 5.500H6v13h8"/><path d="M11 12h9M16.5 8.500L20 12l-3.5 3.5"/>',
    "copy": '<rect x="8.5" y="8.5" width="10.5" height="10.5" rx="2"/><path d="M15.5 5H6.500A1.5 1.5 0 0 0 5 6.500v9"/>',
    "open": '<path d="M9 6H6v12h12v-3"/><path d="M13 5h6v6M19 5l-8 8"/>',
    "good": '<circle cx="12" cy="12" r="8"/><path d="M8.3 12.300l2.6 2.6 4.8-5.3"/>',
    "warning": '<path d="M12 5l8 14H4z"/><path d="M12 10.500v4M12 16.600v.1"/>',
    "refusal": '<circle cx="12" cy="12" r="8"/><path d="M8.5 12h7"/>',
    "search": '<circle cx="11" cy="11" r="5.5"/><path d="M15.2 15.200L19.5 19.5"/>',
    "people": '<circle cx="9" cy="9" r="3"/><path d="M3.5 18.500c.5-3.2 2.6-4.8 5.5-4.800s5 1.6 5.5 4.8"/>'
    '<path d="M15 6.500a3 3 0 0 1 0 5.200M17 14.200c2 .6 3.2 2 3.5 4.3"/>',
    "audiences": '<circle cx="8" cy="9" r="2.600"/><circle cx="16" cy="9" r="2.600"/><path d="M3.500 18.500c.3-3 2-4.600 4.500-4.600s4.200 1.600 4.500 4.600"/>'
    '<path d="M13.500 14.600c.7-.5 1.500-.7 2.500-.7 2.500 0 4.200 1.600 4.500 4.600"/>',
    "feeds": '<circle cx="6.500" cy="17.500" r="1.500"/><path d="M5 11.500a7.500 7.500 0 0 1 7.500 7.500M5 5.500a13.500 13.500 0 0 1 13.500 13.500"/>',
    "calendar": '<path d="M4.500 6.500h15v13h-15zM4.500 10.500h15M8.500 4.500v3.500M15.500 4.500v3.500"/><path d="M8.500 14h2M13.500 14h2M8.500 16.800h2"/>',
    "move": '<path d="M5 12h14M8.500 8.500L5 12l3.500 3.500M15.500 8.500L19 12l-3.500 3.500"/>',
    "strategy": '<circle cx="12" cy="12" r="8"/><circle cx="12" cy="12" r="4"/><path d="M12 12l6.5-6.5"/>',
    "bonuses": '<circle cx="12" cy="12" r="8"/><path d="M14.8 9.300a3.5 3.5 0 1 0 0 5.400M8 11.200h4.500M8 13h4.5"/>',
    "payrun": '<path d="M6 4.500h12v15l-2-1.5-2 1.5-2-1.5-2 1.5-2-1.5-2 1.500z"/><path d="M9 9h6M9 12.500h6"/>',
    "forecast": '<path d="M4.500 19.500h15"/><path d="M7 16.500v-4M12 16.500v-8M17 16.500v-11"/>',
    "deliveries": '<path d="M4 7.500h16v10H4z"/><path d="M4 8l8 6 8-6"/>',
    "tour": '<path d="M4 6.5l5-2 6 2 5-2v13l-5 2-6-2-5 2zM9 4.5v13M15 6.5v13"/>',
    "mail": '<path d="M4 7.5h16v10H4z"/><path d="M4 8l8 6 8-6"/>',
    "file": '<path d="M7 4.500h7l4 4v11H7z"/><path d="M13.500 4.500v4.500H18M12.500 17v-5.500M10 13.800l2.500-2.500 2.500 2.500"/>',
    "ledger": '<path d="M6 4.500h11.500v15H6z"/><path d="M9 4.500v15M11.5 9h3.500M11.5 12h3.5"/>',
}  # fmt: skip


def icon(name: str) -> Markup:
    """A decorative icon; the words beside it carry the meaning. An unknown name gives nothing."""
    paths = _PATHS.get(name, "")
    if not paths:
        return Markup("")
    return Markup(f'<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">{paths}</svg>')  # noqa: S704 our own drawings
