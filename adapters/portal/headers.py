"""Security headers of every kind of page. No inline script or style anywhere, nothing from another host but story pictures."""

from __future__ import annotations

from aiohttp import web

_COMMON = "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
PAGE = f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https:; connect-src 'self'; frame-src 'self'; {_COMMON}"
PUBLIC = f"default-src 'none'; style-src 'self'; img-src 'self'; {_COMMON}"  # candidates and visitors: no script, no third party
# A preview is somebody else's look in a frame of ours: its own styles, no scripts, no forms, no origin.
PREVIEW = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' https: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox"


def dress(response: web.StreamResponse, policy: str = PAGE, *, referrer: str = "same-origin", is_https: bool = False) -> web.StreamResponse:
    """Put the headers on; a page is never kept by a cache and never found by a search engine."""
    response.headers.update(
        {
            "Content-Security-Policy": policy,
            "Referrer-Policy": referrer,
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "SAMEORIGIN" if policy == PREVIEW else "DENY",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
            "X-Robots-Tag": "noindex, nofollow",
        }
    )
    response.headers.setdefault("Cache-Control", "no-store")
    if is_https:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return response
