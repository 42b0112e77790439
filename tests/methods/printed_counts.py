"""Counts of trained values that the LoRMA and LoDA papers print, on their models.

LoRMA: arXiv 2506.07621. LoDA: MERL TR2025-130. Rows that those papers quote from the LoRA
paper (arXiv 2106.09685) or the SVFT paper (2405.19597) are marked so in the tables there.
Ranks that are not printed are those whose counts fit.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

Rule = Literal["nearest", "cut", "whole", "tens", "binary"]
"""How a count became the printed figure: to its last digit; the digits behind cut off; to
a whole million behind which .0 stands; to tens of its unit; or to its last digit in 2^20."""


class Row(NamedTuple):
    """One printed count."""

    table: str
    model: str
    method: str
    options: dict[str, Any]
    count: int
    printed: str
    rule: Rule
    head: bool = False
    """Whether the printed figure holds a head of two classes, as most rows do not."""


def glue(model: str, method: str, count: int, printed: str) -> Row:
    """LoRMA, Table 2: rank 8 on query and value."""
    return Row("LoRMA 2", model, method, {"rank": 8}, count, printed, "nearest")


SEVEN = ["query", "key", "value", "output", "gate", "up", "down"]
FOUR = ["output", "gate", "up", "down"]


def gemma(method: str, count: int, printed: str, rule: Rule = "cut", **options: Any) -> Row:
    """LoRMA, Table 4: all seven maps of Gemma 2B."""
    return Row("LoRMA 4", "gemma_2b", method, {"parts": SEVEN, **options}, count, printed, rule)


def llama(method: str, count: int, printed: str, rule: Rule = "cut", **options: Any) -> Row:
    """LoRMA, Table 4: output and feed-forward layer of LLaMA-3-8B."""
    return Row("LoRMA 4", "llama3_8b", method, {"parts": FOUR, **options}, count, printed, rule)


def medium(table: str, method: str, count: int, printed: str, rule: Rule, **options: Any) -> Row:
    """GPT-2 medium."""
    return Row(table, "gpt2_medium", method, options, count, printed, rule)


def loda(table: str, method: str, **options: Any) -> Row:
    """LoDA, bottleneck 4: r(o + i) + 2 r² on 48 maps of 1024 x 1024, in units of 2^20."""
    return medium(table, method, 394_752, "0.38M", "binary", rank=4, **options)


def budget(rank: int, *parts: str) -> Row:
    """LoRMA, Table 10: the same budget on one, two or four maps of each block."""
    options = {"rank": rank, "alpha": rank, "parts": list(parts)}
    return Row("LoRMA 10", "roberta_base", "lorma_plus", options, 147_456, "150K", "tens")


ROWS = [
    Row("LoRMA 2", "roberta_base", "ft", {}, 124_647_170, "125.0M", "whole", head=True),
    Row("LoRMA 2", "roberta_large", "ft", {}, 355_361_794, "355.0M", "whole", head=True),
    Row("LoRMA 2", "roberta_base", "bitfit", {}, 102_144, "0.1M", "nearest"),
    Row("LoRMA 2", "roberta_large", "adapter_h", {"bottleneck": 8}, 835_968, "0.8M", "nearest"),
    *(glue("roberta_base", name, 294_912, "0.3M") for name in ("lora", "lorma_pi", "lorma_plus")),
    *(glue("roberta_large", name, 786_432, "0.8M") for name in ("lora", "lorma_pi", "lorma_plus")),
    Row("LoRMA 2", "roberta_large", "svft_p", {"parts": ["query", "value"]}, 49_152 + 1_051_650,
        "1.1M", "nearest", head=True),
    *(medium("LoRMA 3", name, 393_216, "0.3M", "cut", rank=4)
      for name in ("lora", "lorma_pi", "lorma_plus")),
    Row("LoRMA 4", "gemma_2b", "ft", {}, 2_506_172_416, "2.5B", "nearest"),
    gemma("lora", 4_902_912, "4.9M", rank=4),
    gemma("dora", 5_612_544, "5.6M", rank=4),
    gemma("svft_p", 193_536, "0.19M", "nearest"),
    gemma("svft_r", 6_352_416, "6.35M", "nearest", d=16),
    gemma("lorma_plus", 5_677_056, "5.67M", rank=4, order="pre"),
    Row("LoRMA 4", "llama3_8b", "ft", {}, 8_030_261_248, "8.0B", "nearest"),
    llama("lora", 16_252_928, "16.2M", rank=8),
    llama("dora", 17_432_576, "17.4M", rank=8),
    llama("svft_r", 13_087_232, "13.1M", "nearest", d=12),
    llama("lorma_plus", 18_874_368, "18.8M", rank=8, order="pre"),
    *(budget(8, part) for part in ("query", "key", "value")),
    budget(4, "query", "value"),
    budget(4, "query", "key"),
    budget(2, "query", "key", "value", "output"),
    medium("LoDA 1", "adapter_l", 368_784, "0.37M", "nearest", bottleneck=6),
    medium("LoDA 1", "adapter_l", 11_089_152, "11.09M", "nearest", bottleneck=224),
    medium("LoDA 1", "ft_top2", 25_192_448, "25.19M", "nearest"),
    medium("LoDA 1, 2", "ft_qv", 50_331_648, "48.00M", "binary"),
    medium("LoDA 1, 2", "lora", 393_216, "0.38M", "binary", rank=4),
    *(loda("LoDA 1, 2", name) for name in ("loda", "loda_plus")),
    *(loda("LoDA 1, 2", f"s_loda{plus}", base={"sparse": {"keep": keep}})
      for plus in ("", "_plus") for keep in (0.4, 0.5, 0.6)),
    *(loda("LoDA 1, 2", f"r_loda{plus}", base={"low_rank": {"rank": rank}})
      for plus in ("", "_plus") for rank in (300, 400, 500)),
]  # fmt: skip

UNEXPLAINED = [
    medium("LoRMA 3, LoDA 1", "ft", 354_823_168, "354.92M", "nearest"),
    medium("LoRMA 3, LoDA 1", "adapter_h", 11_064_576, "11.09M", "nearest", bottleneck=112),
    medium("LoRMA 3, LoDA 1", "adapter_h", 11_162_928, "11.09M", "nearest", bottleneck=113),
    medium("LoDA 1", "prelayer", 344_064, "0.35M", "nearest", before=7, behind=7),
    llama("svft_p", 524_288, "0.48M", "nearest"),
]
"""Printed counts that nothing the papers say gives, with the nearest that can be had."""

POST = [
    gemma("lorma_plus", 4_128_768, "", rank=4, order="post"),
    llama("lorma_plus", 13_631_488, "", rank=8, order="post"),
]
"""What the other order of multiplication trains instead: the papers print `pre` only."""
