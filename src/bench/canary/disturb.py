"""Predictions from what is right: some equal, others wrong in a fixed way."""

from __future__ import annotations


def disturbed(text: str, index: int) -> str:
    """A text with words left out and changed places, each in another way."""
    words = text.split()
    if index % 4 == 0:
        return text
    kept = [word for place, word in enumerate(words) if (place + index) % 5]
    if index % 2:
        kept[1:3] = reversed(kept[1:3])
    return " ".join([*kept[: -(index % 3) or None], "truly"])


def solved(answer: str, index: int) -> str:
    """A solution: as published, with MetaMath's last sentence, or with another number."""
    final = answer.rpartition("#### ")[2] if "#### " in answer else inner(answer)
    endings = ("", f"\nThe answer is: {final}", "\nThe answer is: 7", f"\nThe answer is: {final}.")
    whole = answer if index % 3 else answer.replace(final, f"{final}1")
    return whole + endings[index % 4]


def inner(answer: str) -> str:
    r"""What stands in the last \boxed of a solution."""
    return answer.rpartition("\\boxed{")[2].rpartition("}")[0]
