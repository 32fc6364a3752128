from datetime import timedelta

from shared.log.memory import Clock


def test_what_falls_due_happens_in_order_and_at_its_own_instant() -> None:
    clock, rung = Clock(), list[tuple[str, float]]()
    dawn = clock.now

    def ring(name: str) -> None:
        rung.append((name, (clock.now - dawn).total_seconds()))

    clock.after(3, lambda: ring("third"))
    clock.after(1, lambda: ring("first"))
    clock.after(1, lambda: ring("second"))
    clock.after(9, lambda: ring("later"))
    assert rung == []
    clock.advance(5)
    assert rung == [("first", 1), ("second", 1), ("third", 3)]
    assert clock.now == dawn + timedelta(seconds=5)
    assert clock.next_at == dawn + timedelta(seconds=9)


def test_an_alarm_may_set_another_one_within_the_same_advance() -> None:
    clock, beats = Clock(), list[float]()
    dawn = clock.now

    def beat() -> None:
        beats.append((clock.now - dawn).total_seconds())
        clock.after(1, beat)

    clock.after(1, beat)
    clock.advance(3.5)
    assert beats == [1, 2, 3]


def test_a_cancelled_alarm_is_silent_and_is_not_waited_for() -> None:
    clock, rung = Clock(), list[str]()
    clock.after(1, lambda: rung.append("cancelled")).cancel()
    assert clock.next_at is None
    clock.advance(2)
    assert rung == []


def test_time_never_goes_back() -> None:
    clock, rung = Clock(), list[str]()
    before = clock.now
    clock.advance_to(before - timedelta(days=1))
    assert clock.now == before
    clock.at(before - timedelta(days=1), lambda: rung.append("overdue"))
    clock.advance(0)
    assert rung == ["overdue"]
    assert clock.now == before
