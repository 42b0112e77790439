"""Work that is recorded once as a CUDA graph and replayed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol, TypeVar

import torch

from bench.errors import is_out_of_memory

Found = TypeVar("Found")

UNCAPTURABLE = (RuntimeError, TypeError, ValueError, AttributeError, NotImplementedError)
"""What torch, its compiler and models raise for what cannot be captured."""

WARM_UPS = 3
"""Runs before the first capture: libraries allocate memory and choose their kernels. Before
others there is one, to compare with."""


class NotCapturedError(RuntimeError):
    """Something cannot be captured; the message says what."""


class Recorder(Protocol):
    """Records work that reads and writes tensors which stay where they are."""

    def warm_up(self, work: Callable[[], Found]) -> Found:
        """Carry work out some times, each from where chance stands, which it leaves there.

        What the last time gave.
        """

    def record(self, work: Callable[[], None]) -> Callable[[], None]:
        """What carries the work out again whenever it is called; it is not carried out yet."""


@dataclass(kw_only=True)
class CudaRecorder:
    """CUDA graphs that share their memory; they must be replayed one after the other."""

    device: torch.device
    _pool: Any = field(default_factory=torch.cuda.graph_pool_handle)
    _warm: bool = False
    """Whether libraries are as they stay."""

    def warm_up(self, work: Callable[[], Found]) -> Found:
        """Carry work out on a stream of its own, as torch asks for before a capture."""
        stream = torch.cuda.Stream(self.device)
        stream.wait_stream(torch.cuda.current_stream(self.device))
        chance = torch.cuda.get_rng_state(self.device)
        try:
            with torch.cuda.stream(stream):
                for _ in range(1 if self._warm else WARM_UPS):
                    torch.cuda.set_rng_state(chance, self.device)
                    found = work()
        except UNCAPTURABLE as error:
            raise_as_reason(error)
        finally:
            torch.cuda.set_rng_state(chance, self.device)
        torch.cuda.current_stream(self.device).wait_stream(stream)
        self._warm = True
        return found

    def record(self, work: Callable[[], None]) -> Callable[[], None]:
        """Capture work; what it uses must be kept by whoever keeps what is returned."""
        graph = torch.cuda.CUDAGraph()
        with self._capturing(graph):
            work()

        def replayed() -> None:
            graph.replay()

        return replayed

    @contextmanager
    def _capturing(self, graph: torch.cuda.CUDAGraph) -> Iterator[None]:
        """Record what is launched meanwhile.

        A capture that breaks off leaves the source of chance waiting for its end, so it is put
        back as it was.
        """
        generator = torch.cuda.default_generators[torch.cuda.current_device()]
        kept = generator.clone_state()
        try:
            with torch.cuda.graph(graph, pool=self._pool):
                yield
        except UNCAPTURABLE as error:
            generator.graphsafe_set_state(kept)
            torch.cuda.synchronize()
            raise_as_reason(error)


def recorder_for(device: torch.device) -> Recorder | None:
    """What records on a device, if anything does."""
    return CudaRecorder(device=device) if device.type == "cuda" else None


def raise_as_reason(error: Exception) -> NoReturn:
    """Turn an error into the reason for which nothing is captured; full memory stays itself."""
    if is_out_of_memory(error) or isinstance(error, NotCapturedError):
        raise error
    # A capture that broke off says so; what broke it off is the error before.
    cause: BaseException = error
    while cause.__context__ is not None:
        cause = cause.__context__
    first = str(cause).strip().splitlines()[:1]
    raise NotCapturedError(f"{type(cause).__name__}: {''.join(first)[:200]}") from error
