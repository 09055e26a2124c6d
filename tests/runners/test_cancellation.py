from __future__ import annotations

from kit.runners.process import Cancellation


def test_callbacks_are_called_once():
    """Each callback hears of the cancel once, however often it is asked for."""
    heard: list[str] = []
    switch = Cancellation()
    switch.on_cancel(lambda: heard.append("a"))
    assert not switch.is_cancelled
    switch.cancel()
    switch.cancel()
    assert heard == ["a"]
    assert switch.is_cancelled


def test_late_callbacks_are_called_at_once():
    """A run that starts after the cancel learns of it immediately."""
    heard: list[str] = []
    switch = Cancellation()
    switch.cancel()
    switch.on_cancel(lambda: heard.append("late"))
    assert heard == ["late"]
    assert repr(switch) == "Cancellation(cancelled)"
