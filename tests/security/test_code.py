"""What the package never does, found by reading all of its code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import bench

PACKAGE = Path(bench.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))

RUNS_CODE = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}
"""Modules that run code when they read what strangers wrote."""


def calls(tree: ast.AST) -> Iterator[str]:
    """The dotted name of everything that is called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


def imports(tree: ast.AST) -> Iterator[str]:
    """The first part of every imported module's name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def settings(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Names and values, as they are written, of keyword arguments and of entries of mappings."""
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg:
            yield node.arg, ast.unparse(node.value)
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant):
                    yield str(key.value), ast.unparse(value)


FORBIDDEN = {"eval", "exec", "compile", "__import__", "os.system", "os.popen"}
"""Calls that run text."""

SAFE = {
    "shell": "False",
    "allow_pickle": "False",
    "use_safetensors": "True",
    "trust_remote_code": "False",
}
"""Keywords that may have this value only."""


def faults(source: str) -> list[str]:
    """What is forbidden in a module."""
    tree = ast.parse(source)
    found = [name for name in imports(tree) if name in RUNS_CODE]
    found += [name for name in calls(tree) if name in FORBIDDEN or reads_unsafely(name)]
    return found + [name for name, value in settings(tree) if SAFE.get(name, value) != value]


def reads_unsafely(name: str) -> bool:
    """Whether a function reads pickles, or YAML that names objects of Python."""
    if re.fullmatch(r"yaml\.\w+", name):
        return name not in {"yaml.safe_load", "yaml.safe_dump"}
    if name.endswith("torch.load"):
        return not name.endswith("safetensors.torch.load")
    return name.endswith(("read_pickle", "from_pickle"))


def test_no_module_can_run_what_it_reads() -> None:
    """No pickle, no eval, no unsafe YAML, no shell, no code of a model's repository."""
    found = {str(path): faults(path.read_text(encoding="utf-8")) for path in MODULES}
    assert len(found) > 100
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize(
    "source",
    [
        "import pickle", "from joblib import load", "import dill.source", "eval(text)",
        "exec(text)", "compile(text, '', 'eval')", "torch.load(path)", "import os; os.system(x)",
        "torch.load(path, weights_only=True)", "yaml.load(text, Loader=yaml.Loader)",
        "yaml.unsafe_load(text)", "yaml.full_load(text)", "np.load(path, allow_pickle=True)",
        "pd.read_pickle(path)", "subprocess.run(text, shell=True)",
        "AutoModel.from_pretrained(x, trust_remote_code=True)",
        "OPTIONS = {'trust_remote_code': config.trust}",
        "AutoModel.from_pretrained(x, use_safetensors=False)",
    ],
)  # fmt: skip
def test_the_reading_finds_what_it_looks_for(source: str) -> None:
    """Each of these is found."""
    assert faults(source)


@pytest.mark.parametrize(
    "source",
    [
        "re.compile(text)", "model.eval()", "safetensors.torch.load(data)", "yaml.safe_load(text)",
        "subprocess.run(['git', 'status'])", "OPTIONS = {'trust_remote_code': False}",
    ],
)  # fmt: skip
def test_the_reading_finds_nothing_else(source: str) -> None:
    """These are allowed."""
    assert faults(source) == []


def test_few_modules_start_programs() -> None:
    """Java, the worker that compares formulas, nvidia-smi and git: nowhere else."""
    started = {
        path.relative_to(PACKAGE).as_posix()
        for path in MODULES
        if "subprocess" in imports(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert started == {
        "metrics/java/dialogue.py", "metrics/java/program.py", "metrics/maths/process.py",
        "store/machine_facts.py", "store/provenance.py",
    }  # fmt: skip
