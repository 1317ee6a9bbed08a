"""How is a campaign asked for?"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from typing import Any

from hebbcap import _checks
from hebbcap.campaign.plan import Plan, plan, read_plan
from hebbcap.campaign.result import Campaign
from hebbcap.campaign.runner import Runner, Watch
from hebbcap.campaign.store import Store
from hebbcap.campaign.workers import InProcess, LocalWorkers, check_workers
from hebbcap.kernels import threads
from hebbcap.measurement.block import block_cost

Hands = contextlib.AbstractContextManager[tuple[Executor, Callable[[], int]]]
"""Who runs the blocks, and how many are handed out at a time."""

_WORKER_BYTES = 2.0**28
"""Memory of a process with hebbcap and what it needs, about."""

_AHEAD = 2
"""Blocks handed out for each worker, so that none waits for the next."""


def sweep(
    what: str | os.PathLike[str] | Plan | Mapping[str, Any] | Sequence[Mapping[str, Any]],
    *,
    store: str | os.PathLike[str] | None = None,
    workers: int | None = None,
    dask: str | None = None,
    plain_tcp: bool = False,
    executor: Executor | None = None,
    watch: Watch | None = None,
) -> Campaign:
    """Run a campaign: every cell of a plan that its store does not know well enough yet.

    Parameters
    ----------
    what : str, PathLike, Plan, mapping or sequence of mappings
        A plan, the file of one, or the grids of one; see `hebbcap.plan`.
    store : str or PathLike, optional
        The file where counts are kept, and from which they are read again; in memory if left out.
    workers : int, optional
        Processes of this machine that share the work; none if left out.
    dask : str, optional
        The address of a Dask scheduler; "local" or "local:4" makes a cluster here.
    plain_tcp : bool
        Whether `dask` may be reached in plain text on another machine.
    executor : concurrent.futures.Executor, optional
        Anything else that runs functions; it is not shut down.
    watch : callable, optional
        Called now and then with a `Progress`.

    Returns
    -------
    Campaign
        Every cell of the plan. The counts are the same for the same seed whoever ran them, in whatever order,
        stopped and gone on with or not.

    Raises
    ------
    InvalidArgument, UnreadableFile, TooLarge
        If the plan or an argument can't be used.
    UnusableStore
        If the store can't be.
    CampaignStopped
        If the executor gave up. Here, and on Ctrl-C, every finished block is kept.

    Examples
    --------
    >>> found = sweep({"memory": "hopfield", "dim": 100, "load": [0.1, 0.2, 0.3, 0.4]})
    >>> found
    Campaign(4 cells in 1 line: 4 measured)
    >>> [cell.point.rate <= 0.01 for cell in found.cells]
    [True, False, False, False]
    """
    asked = _plan(what)
    if watch is not None and not callable(watch):
        raise _checks.fail("watch", watch, "must be a function of a Progress")
    threads.count()  # a wrong HEBBCAP_NUM_THREADS is told now, rather than of every cell
    hands = _hands(workers, dask, plain_tcp, executor)
    if workers is not None:
        _check_all_fit(asked, workers)
    with Store.open(store) as kept:
        runner = Runner(asked, kept, watch)
        if not runner.finished:
            with hands as (who, at_once):
                runner.run(who, at_once)
        experiments = {cell.key: cell.experiment for cell in asked.cells}
        return Campaign.read(kept, list(experiments), experiments)


def read_campaign(store: str | os.PathLike[str]) -> Campaign:
    """Return all that a store holds.

    Raises
    ------
    UnusableStore
        If the file is no store, or is damaged.
    """
    with Store.open(store, readonly=True) as kept:
        return Campaign.read(kept)


def _plan(what: Any) -> Plan:
    if isinstance(what, Plan):
        return what
    if isinstance(what, str | os.PathLike):
        return read_plan(what)
    if isinstance(what, Mapping) or (
        isinstance(what, Sequence) and all(isinstance(grid, Mapping) for grid in what)
    ):
        return plan(what)
    raise _checks.fail(
        "plan", what, "must be a Plan, the path of a file, or grids", "as {'dim': 100, 'load': [0.1, 0.2]}"
    )


def _hands(workers: int | None, dask: str | None, plain_tcp: bool, executor: Executor | None) -> Hands:
    """Check who was asked to run the blocks, and return the context in which they do."""
    given = {"workers": workers, "dask": dask, "executor": executor}
    named = [name for name, value in given.items() if value is not None]
    if len(named) > 1:
        raise _checks.fail(named[0], given[named[0]], f"does not go with {named[1]}", "choose one of them")
    if dask is not None:
        from hebbcap.campaign.cluster import check_address

        check_address(dask, plain_tcp=plain_tcp)
        return _cluster(dask, plain_tcp)
    if executor is not None:
        if not isinstance(executor, Executor):
            raise _checks.fail("executor", executor, "must be a concurrent.futures.Executor")
        count = _AHEAD * (getattr(executor, "_max_workers", None) or os.cpu_count() or 1)
        return contextlib.nullcontext((executor, lambda: count))
    if workers is not None:
        check_workers(workers)
        return _processes(workers)
    return contextlib.nullcontext((InProcess(), lambda: 1))


def _check_all_fit(asked: Plan, workers: int) -> None:
    """Refuse processes whose largest blocks at the same time are more than the memory holds."""
    costs = (block_cost(cell.experiment, cell.n_patterns).n_bytes for cell in asked.cells)
    largest = max(costs, default=0.0)
    what = f"{workers} workers at blocks of up to {largest / 2**20:,.0f} MiB each"
    _checks.check_fits(workers * (_WORKER_BYTES + largest), what, "take fewer workers, or smaller cells")


@contextlib.contextmanager
def _cluster(address: str, plain_tcp: bool) -> Iterator[tuple[Executor, Callable[[], int]]]:
    from hebbcap.campaign.cluster import client, cores

    with client(address, plain_tcp=plain_tcp) as found:
        count = cores(found)
        yield found.get_executor(), lambda: _AHEAD * max(count(), 1)


@contextlib.contextmanager
def _processes(count: int) -> Iterator[tuple[Executor, Callable[[], int]]]:
    local = LocalWorkers(count)
    try:
        yield local, lambda: _AHEAD * count
    finally:
        local.shutdown(wait=True, cancel_futures=True)
