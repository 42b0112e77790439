"""Word edits between one reference and many texts at once.

    D(i, j) = min(D(i-1, j) + 1, D(i, j-1) + 1, D(i-1, j-1) + [word i is not word j])

V. Levenshtein, 1966. Row i of D is held as its steps D(i, j) - D(i, j-1), each -1, 0 or 1:
the bits of two integers, from which those of the next row follow by integer arithmetic.
G. Myers, "A fast bit-vector algorithm for approximate string matching based on dynamic
programming", J. ACM 1999; for whole texts H. Hyyrö, "Explaining and extending the
bit-parallel approximate string matching algorithm of Myers", 2001. The rows of many texts
lie side by side in the same two integers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

BATCH = 256
"""Texts side by side; longer integers save no more time."""


class EditDistance:
    """Edits from any text to one reference of one or more words."""

    def __init__(self, reference: Sequence[str]) -> None:
        # Whole bytes for each text, with a spare bit above the words that catches the carry.
        self.width = len(reference) // 8 + 1
        """Bytes of the code of one word."""
        self._all = self._bytes((1 << len(reference)) - 1)
        self._first = self._bytes(1)
        self._absent = self._bytes(0)
        places: dict[str, int] = {}
        for place, word in enumerate(reference):
            places[word] = places.get(word, 0) | 1 << place
        self._codes = {word: self._bytes(bits) for word, bits in places.items()}

    def code(self, words: Sequence[str]) -> bytes:
        """For each word `width` bytes, whose bits are its places in the reference."""
        return b"".join([self._codes.get(word, self._absent) for word in words])

    def edits(self, codes: Sequence[bytes]) -> list[int]:
        """Edits of each of some texts of the same length, given as their codes."""
        batches = (codes[start : start + BATCH] for start in range(0, len(codes), BATCH))
        return [edits for batch in batches for edits in self._of_batch(batch)]

    def _of_batch(self, codes: Sequence[bytes]) -> list[int]:
        count = len(codes)
        table = np.frombuffer(b"".join(codes), np.uint8).reshape(count, -1, self.width)
        full = int.from_bytes(self._all * count, "little")
        first = int.from_bytes(self._first * count, "little")
        up, down = full, 0
        for column in table.swapaxes(0, 1):
            equal = int.from_bytes(column.tobytes(), "little") | down
            # Where D(i, j) = D(i-1, j-1); then the steps from row i-1 to row i.
            level = (((equal & up) + up) ^ up) | equal
            risen = (down | (full & ~(level | up))) << 1 | first
            fallen = (level & up) << 1
            up = full & (fallen | ~(level | risen))
            down = full & risen & level
        edits: list[int] = (
            table.shape[1] + self._ones(up, count) - self._ones(down, count)
        ).tolist()
        return edits

    def _ones(self, bits: int, count: int) -> NDArray[np.int64]:
        """Bits that are set in each of the `count` texts."""
        rows = np.frombuffer(bits.to_bytes(self.width * count, "little"), np.uint8)
        found: NDArray[np.int64] = (
            np.bitwise_count(rows).reshape(count, -1).sum(axis=1, dtype=np.int64)
        )
        return found

    def _bytes(self, bits: int) -> bytes:
        return bits.to_bytes(self.width, "little")
