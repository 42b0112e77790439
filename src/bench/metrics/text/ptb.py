"""The Penn Treebank tokenizer that MS-COCO caption metrics use.

Stanford CoreNLP 3.4.1 `PTBTokenizer -preserveLines -lowerCase`, then punctuation is
dropped (X. Chen et al., "Microsoft COCO Captions", 2015, section 4.1). The program is
part of the package pycocoevalcap.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from bench.errors import MetricError
from bench.metrics.java.program import package_folder, run_java

if TYPE_CHECKING:
    from collections.abc import Sequence

# The official list also has brackets, as -LRB-, which lower-cased tokens never equal.
PUNCTUATION = frozenset(("''", "'", "``", "`", ".", "?", "!", ",", ":", "-", "--", "...", ";"))
SECONDS = 600.0

# All that the program itself takes for the end of a line.
_LINE_END = re.compile("[\n\r\v\f\u2028\u2029]")


def tokenize_ptb(java: str, corpora: Sequence[Sequence[str]]) -> list[list[str]]:
    """Tokenise each corpus; of each text its words, lower-cased, joined by single spaces.

    The program looks past the end of a line (an abbreviation's full stop depends on how
    the next line begins), so each corpus is one stream, as in the official evaluation;
    one start of Java serves all. Raises MetricError.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        for index, texts in enumerate(corpora):
            lines = "\n".join(_LINE_END.sub(" ", text) for text in texts)
            (folder / f"{index}.in").write_bytes(lines.encode("utf-8", "replace"))
        pairs = "".join(f"{index}.in {index}.out\n" for index in range(len(corpora)))
        (folder / "pairs").write_text(pairs, encoding="utf-8")
        jar = package_folder() / "tokenizer" / "stanford-corenlp-3.4.1.jar"
        program = ("-cp", str(jar), "edu.stanford.nlp.process.PTBTokenizer")
        options = ("-preserveLines", "-lowerCase", "-ioFileList", "pairs")
        run_java(java, (*program, *options), folder, SECONDS)
        return [_read(folder / f"{index}.out", len(texts)) for index, texts in enumerate(corpora)]


def _read(path: Path, expected: int) -> list[str]:
    """The tokenised lines without punctuation."""
    if not path.is_file():
        raise MetricError("the PTB tokenizer wrote nothing")
    lines = path.read_bytes().decode("utf-8").split("\n")
    if len(lines) != expected:
        raise MetricError(f"the PTB tokenizer returned {len(lines)} lines for {expected} texts")
    return [_drop_punctuation(line) for line in lines]


def _drop_punctuation(line: str) -> str:
    return " ".join(word for word in line.rstrip().split(" ") if word not in PUNCTUATION)
