from __future__ import annotations

import itertools

from adapters.delivery.pace import Limit, Pace


def test_a_lane_keeps_the_platforms_pace() -> None:
    moment = 100.0
    pace = Pace(Limit(per_second=8, per_address=1.0, in_flight=8), clock=lambda: moment)
    sent: list[tuple[float, str]] = []
    queue = [f"C{i % 20}" for i in range(100)]
    while queue:
        if (wait := pace.wait(queue[0])) > 0:
            moment += wait
        pace.take(queue[0])
        sent.append((moment, queue.pop(0)))
    span = sent[-1][0] - sent[0][0]
    assert 11.0 <= span <= 12.5, "a hundred at eight a second"
    for channel in {c for _, c in sent}:
        times = [t for t, c in sent if c == channel]
        assert all(b - a >= 1.0 for a, b in itertools.pairwise(times)), "at most one a second in one channel"


def test_a_lane_that_was_told_to_wait_goes_on_slower_and_recovers() -> None:
    moment = 0.0
    pace = Pace(Limit(per_second=10, per_address=0, in_flight=8), clock=lambda: moment)
    pace.hold(3)
    assert pace.held() == 3 and pace.wait("x") == 3
    moment = 3.0
    pace.take("x"), pace.take("x"), pace.take("x"), pace.take("x")
    assert pace.wait("x") > 0.5, "half the speed"
    for _ in range(200):
        pace.went_well()
    moment = 10.0
    pace.take("x"), pace.take("x")
    assert pace.wait("x") <= 0.01
