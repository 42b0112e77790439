"""The fits of many cells in one process, each noted in its run's folder as if made by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial

from bench.config import Cell
from bench.errors import BenchError, HangError, is_out_of_memory
from bench.identity import identify
from bench.interruption import Interruption
from bench.material import Material, RoleRows, hashes, load_rows, prepare
from bench.measure import forget_earlier_runs
from bench.models.fingerprint import fingerprint
from bench.packed.base import NotTogetherError, SharedBase
from bench.packed.seat import Seat
from bench.packed.training import Member, train_together
from bench.recording import cell_names, new_record, record_hang
from bench.stages import Job
from bench.start import with_start
from bench.store.place import Place, place_of
from bench.store.record import Record
from bench.summary import data_facts, title
from bench.training.fitted import Fit
from bench.watchdog import Watchdog


class TooManyError(NotTogetherError):
    """The memory does not hold so many runs."""


def fit_together(cells: Sequence[Cell], *, since: float, threads: int, other_masks: bool) -> None:
    """Train the cells that nobody trains or has trained, two of them at least.

    A run that fails leaves its record. A BenchError where cells cannot train together: they
    leave nothing but checkpoints.
    """
    seats: list[Seat] = []
    interruption = Interruption(cells[0].time_limit)
    watchdog = Watchdog(cells[0].hang_minutes, partial(record_hangs, seats))
    with watchdog.watching(), interruption.watched(), ExitStack() as stack:
        rows = load_rows(cells[0])
        for place, record, cell in places(cells, rows):
            seat = Seat.take(
                cell, place, record, since=since, interruption=interruption, sign=watchdog.sign
            )
            if seat is not None:
                stack.callback(seat.free)
                seats.append(seat)
        if len(seats) < 2:
            return
        for seat in seats:
            named = f"{title(seat.cell)} · run {seat.place.run_id}"
            seat.sitting.tracker.say(f"{named} · one of {len(seats)} that train together")
        material = prepare(cells[0], rows)
        forget_earlier_runs()
        with interruption.deferred():
            full = not trained(seats, material, threads, other_masks=other_masks)
    # Here nothing holds the tensors of the step any more, as the error did.
    if full:
        raise TooManyError(f"the memory does not hold {len(seats)} runs at once")


def places(cells: Sequence[Cell], rows: RoleRows) -> Iterator[tuple[Place, Record, Cell]]:
    """Where each run leaves its files, and its record while nothing is done."""
    revision, weights = fingerprint(cells[0].model)
    for one in cells:
        cell = with_start(one)
        identity = identify(cell, hashes(rows), weights)
        record = new_record(cell, identity)
        record.data = data_facts(cell, rows)
        record.model = {"name": cell.model.name, "revision": revision, "sha256": weights}
        names = cell_names(cell)
        yield place_of(cell.paths.results, cell.paths.runs, names, identity.run_id), record, cell


def trained(seats: Sequence[Seat], material: Material, threads: int, *, other_masks: bool) -> bool:
    """Train the runs to their ends; False where the memory is too small.

    An interruption is raised when all runs have left their checkpoint and their record. What
    is wrong with the joint steps is raised too: each run can then be made by itself.
    """
    members: list[Member] = []
    try:
        base, jobs = shared_base(seats, material, threads, other_masks=other_masks)
        for seat, job in zip(seats, jobs, strict=True):
            members += member_of(base, seat, job)
        train_together(members, base.stepper_for)
    except Exception as error:
        if is_out_of_memory(error):
            return False
        raise
    except KeyboardInterrupt as error:
        for member in members:
            if member.running:
                member.fail(error)
        raise
    for member in members:
        if isinstance(member.error, KeyboardInterrupt):
            raise member.error
    return True


def shared_base(
    seats: Sequence[Seat], material: Material, threads: int, *, other_masks: bool
) -> tuple[SharedBase, list[Job]]:
    """The frozen model, and a job for each run; tokens are made once."""
    jobs = [Job(seat.cell, material, seat.place.folder, seat.sitting, threads) for seat in seats]
    first = jobs[0]
    base = SharedBase(
        cell=first.cell,
        loaded=first.loaded,
        autocast=first.autocast,
        other_masks=other_masks,
    )
    for job in jobs[1:]:
        job.seconds |= first.seconds
    return base, jobs


def member_of(base: SharedBase, seat: Seat, job: Job) -> list[Member]:
    """One run, ready to train; none where it cannot, which it tells when it is made by itself."""

    def completed(fit: Fit) -> None:
        fit.stepping = base.facts(seat.cell)
        seat.keep(job.noted(fit))

    try:
        return [Member(course=base.course(job), completed=completed, failed=seat.fail)]
    except BenchError as error:
        seat.sitting.tracker.say(f"trains by itself: {error}")
        seat.free()
        return []


def record_hangs(seats: Sequence[Seat], error: HangError) -> None:
    """Leave records of all runs that hang."""
    for seat in seats:
        record_hang(seat.place.store, seat.record, error)
