from __future__ import annotations

from kit.runners.log import Log, LogLine


def lines(log):
    """Return the texts of a log."""
    return [line.text for line in log]


def test_lines_keep_their_order_and_stream():
    """Iterating gives the lines as they came, each with its stream."""
    log = Log()
    log.append(LogLine("stdout", "a"))
    log.append(LogLine("stderr", "b"))
    assert list(log) == [LogLine("stdout", "a"), LogLine("stderr", "b")]
    assert len(log) == 2


def test_the_oldest_lines_are_dropped_and_counted():
    """A log longer than its bound forgets from the front and says how much."""
    log = Log(max_lines=3)
    for number in range(10):
        log.append(LogLine("stdout", str(number)))
    assert lines(log) == ["7", "8", "9"]
    assert log.dropped == 7
    assert repr(log) == "Log(3 lines, 7 dropped)"


def test_long_lines_count_by_their_length():
    """A few huge lines are bounded as well as many small ones."""
    log = Log(max_characters=100)
    for letter in "abcd":
        log.append(LogLine("stdout", letter * 60))
    assert lines(log) == ["d" * 60]


def test_one_line_over_the_bound_is_still_kept():
    """The last line is never dropped: it usually says what went wrong."""
    log = Log(max_characters=10)
    log.append(LogLine("stderr", "x" * 50))
    assert lines(log) == ["x" * 50]


def test_text_can_be_of_one_stream():
    """``text`` joins all lines or those of one stream."""
    log = Log()
    log.append(LogLine("stdout", "out"))
    log.append(LogLine("stderr", "err"))
    assert log.text() == "out\nerr\n"
    assert log.text("stderr") == "err\n"


def test_tail_is_the_end():
    """``tail`` gives the last lines, and none when none are asked for."""
    log = Log()
    for number in range(5):
        log.append(LogLine("stdout", str(number)))
    assert [str(line) for line in log.tail(2)] == ["3", "4"]
    assert log.tail(0) == ()


def bar(percent: int, stream="stderr") -> LogLine:
    """Return an update of a progress bar."""
    return LogLine(stream, f"{percent}%", is_overwritten=percent < 100)


def test_a_progress_bar_is_one_line():
    """Each update replaces the one before, with the other stream's lines between."""
    log = Log()
    log.append(LogLine("stdout", "begin"))
    for percent in range(101):
        log.append(bar(percent))
        if percent == 50:
            log.append(LogLine("stdout", "half"))
    log.append(bar(0))
    assert lines(log) == ["begin", "100%", "half", "0%"]
    assert (log.dropped, log.changes) == (0, 104)


def test_a_bar_that_was_dropped_begins_a_new_line():
    """And its characters are counted once."""
    log = Log(max_lines=2, max_characters=20)
    log.append(bar(1))
    log.append(LogLine("stdout", "a"))
    log.append(LogLine("stdout", "b"))
    log.append(bar(2))
    log.append(bar(3))
    assert (lines(log), log.dropped) == (["b", "3%"], 2)
    for _ in range(50):
        log.append(bar(4))
    assert lines(log) == ["b", "4%"]
