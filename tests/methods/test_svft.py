"""SVFT against its definition, written out, and the counts that papers print."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from bench.attach.linear import AdaptedLinear
from bench.errors import ConfigError
from bench.methods.svft import Svft
from bench.models.dense import dense_weight
from bench.tensors.positions import banded, scattered
from bench.tensors.svd import thin_svd

GEMMA_2B = [(2048, 2048), (256, 2048), (256, 2048), (2048, 2048), *[(16384, 2048)] * 3]
"""Query, key, value, output, gate, up and down (the last transposed, which counts the same)."""
LLAMA3_8B = [(4096, 4096), *[(14336, 4096)] * 3]
"""Output, gate, up and down."""
ROBERTA_LARGE = [(1024, 1024)] * 2
"""Query and value."""


def adapted(update: Svft, o: int = 12, i: int = 20) -> AdaptedLinear:
    """An adapted random map, moved away from its start."""
    generator = torch.Generator().manual_seed(0)
    base = nn.Linear(i, o)
    with torch.no_grad():
        base.weight.normal_(generator=generator)
    layer = AdaptedLinear(base, update, generator).requires_grad_(False)
    layer.adapter["M"].normal_(generator=generator)
    return layer


def dense(layer: AdaptedLinear, k: int) -> Tensor:
    """M, entry by entry; entries at one position add up."""
    t = layer.tensors()
    M = torch.zeros(k, k)
    for n, value in enumerate(t["M"]):
        row, column = (int(t["rows"][n]), int(t["columns"][n])) if "rows" in t else (n, n)
        M[row, column] += value
    return M


@pytest.mark.parametrize(
    ("maps", "blocks", "update", "printed"),
    [
        (GEMMA_2B, 18, Svft(pattern="plain"), 193_536),
        (GEMMA_2B, 18, Svft(pattern="random", d=16), 6_352_416),
        (LLAMA3_8B, 32, Svft(pattern="plain"), 524_288),
        (LLAMA3_8B, 32, Svft(pattern="random", d=12), 13_087_232),
        (ROBERTA_LARGE, 24, Svft(pattern="plain"), 49_152),
    ],
)
def test_counts_of_the_lorma_paper(
    maps: list[tuple[int, int]], blocks: int, update: Svft, printed: int
) -> None:
    """Tables 2 and 4 of arXiv 2506.07621: 0.19M, 6.35M, (0.52M), 13.1M, 1.1M less the head."""
    assert blocks * sum(update.count(o, i) for o, i in maps) == printed


@pytest.mark.parametrize(
    "update",
    [
        Svft(pattern="plain"),
        Svft(pattern="banded", d=2),
        Svft(pattern="random", d=2),
        Svft(pattern="random", d=3, replacement=True),
        Svft(pattern="top_k", d=1),
    ],
    ids=lambda update: f"{update.pattern} {update.replacement}",
)
def test_equation(update: Svft) -> None:
    """W' = U (Σ + M) Vᵀ with numpy's Σ and M filled entry by entry, forward and merged."""
    o, i = (20, 20) if update.pattern == "top_k" else (12, 20)
    layer = adapted(update, o, i)
    k = min(o, i)
    t, W = layer.tensors(), dense_weight(layer.base)
    sigma = torch.from_numpy(np.linalg.svd(W.numpy(), compute_uv=False))
    expected = t["U"] @ (torch.diag(sigma) + dense(layer, k)) @ t["V"]
    torch.testing.assert_close(layer.merged(), expected, atol=1e-4, rtol=0)
    x = torch.randn(5, i)
    torch.testing.assert_close(layer(x), linear(x, expected, layer.base.bias), atol=1e-4, rtol=0)
    assert update.count(o, i) == t["M"].numel()


def test_equal_positions_add_up() -> None:
    """The official code's draws do repeat positions, ours by default never do."""
    generator = torch.Generator().manual_seed(0)
    pairs = {r: scattered(12, 70, generator, replacement=r) for r in (True, False)}
    distinct = {r: len(set(zip(*(p.tolist() for p in pairs[r]), strict=True))) for r in pairs}
    assert distinct[False] == 70 > distinct[True]


def test_banded_positions() -> None:
    """Every position within d of the diagonal, once: k (2d + 1) − d (d + 1) of them."""
    rows, columns = banded(7, 2)
    expected = [(r, c) for r in range(7) for c in range(7) if abs(r - c) <= 2]
    assert list(zip(rows.tolist(), columns.tolist(), strict=True)) == expected
    assert len(expected) == 7 * 5 - 2 * 3


def test_top_k_takes_the_strongest_alignments() -> None:
    """No position that is left out has a larger |uᵢ·vⱼ| than one that is taken."""
    layer = adapted(Svft(pattern="top_k", d=1), 9, 9)
    U, _, Vt = np.linalg.svd(dense_weight(layer.base).numpy())
    scores = np.abs([[U[:, a] @ Vt[b] for b in range(9)] for a in range(9)])
    t = layer.tensors()
    taken = np.zeros((9, 9), dtype=bool)
    taken[t["rows"], t["columns"]] = True
    assert taken.sum() == 9 * 3 - 2
    assert scores[taken].min() >= scores[~taken].max()


def test_official_start() -> None:
    """Kaiming-normal values as torch draws them, behind a gate of sigmoid(0) = ½."""
    update = Svft(pattern="plain", official_init=True)
    W = torch.randn(12, 20, generator=torch.Generator().manual_seed(1))
    t = update.tensors(W, torch.Generator().manual_seed(2))
    drawn = nn.init.kaiming_normal_(torch.empty(1, 12), generator=torch.Generator().manual_seed(2))
    torch.testing.assert_close(t["M"], drawn[0])
    expected = W + 0.5 * t["U"] @ torch.diag(drawn[0]) @ t["V"]
    torch.testing.assert_close(update.merged(W, t), expected, atol=1e-5, rtol=0)
    t["gate"] = torch.tensor([1.5])
    opened = W + t["U"] @ torch.diag(drawn[0] / (1 + np.exp(-1.5))) @ t["V"]
    torch.testing.assert_close(update.merged(W, t), opened, atol=1e-5, rtol=0)
    assert update.count(12, 20) == sum(t[name].numel() for name in t if update.trains(name)) == 13
    assert "identity" in update.lacks


def test_signs_do_not_depend_on_the_library() -> None:
    """Singular pairs of numpy, all turned around, come out with the same signs."""
    W = torch.randn(8, 5, generator=torch.Generator().manual_seed(0))
    U, S, Vt = thin_svd(W)
    torch.testing.assert_close(U @ torch.diag(S) @ Vt, W)
    turned, _, _ = np.linalg.svd(-W.double().numpy(), full_matrices=False)
    turned *= np.sign(turned[np.abs(turned).argmax(axis=0), range(5)])
    torch.testing.assert_close(U.double(), torch.from_numpy(turned), atol=1e-5, rtol=0)


def test_what_a_weight_or_pattern_does_not_have() -> None:
    """Each is refused with the key, the value and a way out."""
    generator = torch.Generator()
    with pytest.raises(ValueError, match="pattern=plain has the diagonal alone"):
        Svft(pattern="plain", d=1)
    with pytest.raises(ValueError, match="pattern=banded draws nothing"):
        Svft(pattern="banded", d=1, replacement=True)
    with pytest.raises(ConfigError, match="at most 4 diagonals"):
        Svft(pattern="banded", d=5).tensors(torch.ones(5, 9), generator)
    with pytest.raises(ConfigError, match="5 x 9 is not square"):
        Svft(pattern="top_k", d=1).tensors(torch.randn(5, 9), generator)
