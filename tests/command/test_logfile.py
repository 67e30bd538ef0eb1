"""Logs never grow past their cap."""

from pathlib import Path

from command.logfile import LogFile


def test_a_log_is_cut_into_a_few_files(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "logs" / "rasa.log", cap=100, kept=2)
    for number in range(50):
        log.write(f"line {number:03} ........\n".encode())
    log.close()
    files = sorted(path.name for path in (tmp_path / "logs").iterdir())
    assert files == ["rasa.log", "rasa.log.1", "rasa.log.2"]
    assert all(path.stat().st_size <= 100 for path in (tmp_path / "logs").iterdir())
    assert "line 049" in (tmp_path / "logs" / "rasa.log").read_text()


def test_the_last_line_that_says_something(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "rasa.log")
    log.write(b"first\nthe reason\n\n--- rasa started 2026-11-21\n")
    assert log.last_line() == "the reason"


def test_a_log_goes_on_where_an_earlier_run_ended(tmp_path: Path) -> None:
    LogFile(tmp_path / "rasa.log").write(b"one\n")
    LogFile(tmp_path / "rasa.log").write(b"two\n")
    assert (tmp_path / "rasa.log").read_text() == "one\ntwo\n"
