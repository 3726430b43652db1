"""Figures for /metrics: counts and durations by kind, never by person, token or address."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

REGISTRY = CollectorRegistry()

requests = Counter("vinkki_http_requests", "HTTP requests by route and status", ["route", "status"], registry=REGISTRY)
seconds = Histogram("vinkki_http_seconds", "Seconds to answer an HTTP request", ["route"], buckets=(0.005, 0.02, 0.1, 0.5, 1, 3), registry=REGISTRY)
deliveries = Counter("vinkki_deliveries", "Deliveries by platform and how they ended", ["platform", "state"], registry=REGISTRY)
waited = Histogram("vinkki_delivery_wait_seconds", "Seconds from due to sent", ["platform"], buckets=(1, 5, 30, 120, 600, 3600, 21600), registry=REGISTRY)
owed = Gauge("vinkki_deliveries_owed", "Deliveries owed, by lane's platform", ["platform"], registry=REGISTRY)
stuck = Gauge("vinkki_deliveries_stuck", "Deliveries parked or of unknown fate, by lane's platform", ["platform"], registry=REGISTRY)
clicks = Counter("vinkki_clicks", "Visits through share links by sort", ["sort"], registry=REGISTRY)
steps = Histogram("vinkki_step_seconds", "Seconds of one round of a clock step", ["step"], buckets=(0.01, 0.1, 0.5, 2, 10), registry=REGISTRY)
step_failures = Counter("vinkki_step_failures", "Clock steps that failed", ["step"], registry=REGISTRY)


def text() -> bytes:
    """The exposition format of Prometheus."""
    return generate_latest(REGISTRY)
