"""Which Dask cluster runs the blocks?

One that is there already, by its address, or one made here of processes of this machine. Dask itself runs a
block again where its worker died, and gives it up after a few deaths. Whoever can reach a scheduler can run
code on it, so that an address that anyone may listen to is refused unless it is asked for.
"""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, ThreadPoolExecutor
from typing import Any, Final
from urllib.parse import urlsplit

from hebbcap import _checks
from hebbcap.campaign.workers import leave_interrupts_to_others

LOCAL: Final = "local"
"""The address that stands for a cluster made here: `local`, or `local:N` for N workers."""

_PATIENCE = 10.0

_DESERTED = 60.0
"""Seconds without any worker after which nobody is waited for any more."""

_LOGGERS = re.compile(r"(distributed|tornado|asyncio)\b")

_ADDRESS = 'as "local", "local:4", "tcp://127.0.0.1:8786" or "tls://head:8786"'


def check_address(address: str, *, plain_tcp: bool = False) -> int | None:
    """Check the address of a cluster; return the number of workers to start where it is made here.

    Raises
    ------
    InvalidArgument
        If it is none, or plain TCP to another machine, whose traffic anyone on the way may read and change,
        and `plain_tcp` does not say that this is wanted.

    >>> check_address("local:4"), check_address("tcp://127.0.0.1:8786")
    (4, None)
    >>> check_address("tcp://10.0.0.5:8786")
    Traceback (most recent call last):
    ...
    hebbcap._checks.InvalidArgument: dask='tcp://10.0.0.5:8786' goes beyond this machine in plain text, ...
    """
    if not isinstance(address, str):
        raise _checks.fail("dask", address, "must be an address", _ADDRESS)
    made = re.fullmatch(r"local(?::(\d{1,4}))?", address)
    if made:
        return _checks.integer("dask workers", int(made[1] or 2), low=1, high=1024)
    full = address if "://" in address else f"tcp://{address}"
    try:
        parts = urlsplit(full)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or port is None or parts.scheme not in ("tcp", "tls", "ucx", "ws", "wss"):
        raise _checks.fail("dask", address, "must be an address", _ADDRESS)
    safe = parts.scheme in ("tls", "wss") or _loopback(host)
    if not safe and not plain_tcp:
        raise _checks.fail(
            "dask",
            address,
            "goes beyond this machine in plain text, where anyone on the way can run code on the workers",
            "use tls://, a tunnel to 127.0.0.1, or ask for it: --plain-tcp, plain_tcp=True",
        )
    return None


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@contextlib.contextmanager
def client(address: str, *, plain_tcp: bool = False) -> Iterator[Any]:
    """Connect to a cluster, or make one here that ends with this block.

    Yields
    ------
    distributed.Client

    Raises
    ------
    InvalidArgument
        See `check_address`; or if nobody answers there.
    MissingExtra
        If Dask is not installed.
    """
    count = check_address(address, plain_tcp=plain_tcp)
    try:
        import distributed
    except ImportError:
        raise _checks.MissingExtra(
            'Dask is not installed; python -m pip install "hebbcap[dist]" adds it'
        ) from None
    with _quiet():
        if count is not None:
            options = {"n_workers": count, "threads_per_worker": 1, "processes": True}
            unseen = {"dashboard_address": "127.0.0.1:0", "silence_logs": logging.CRITICAL}
            # In a thread that Ctrl-C passes by, as then do its workers, which would print it.
            with ThreadPoolExecutor(1, initializer=leave_interrupts_to_others) as apart:
                made = apart.submit(distributed.LocalCluster, host="127.0.0.1", **options, **unseen)
                cluster = made.result()
            with cluster, distributed.Client(cluster, set_as_default=False) as found:
                yield found
            return
        try:
            found = distributed.Client(address, timeout=_PATIENCE, set_as_default=False)
            try:
                found.wait_for_workers(1, timeout=_PATIENCE)
            except BaseException:
                found.close()
                raise
        except (OSError, ValueError, TypeError) as error:
            reason = (str(error).splitlines() or [""])[0][:200]
            fault = f"can't be reached: {reason}"
            raise _checks.fail("dask", address, fault, "is the scheduler up?") from error
        with found:
            _check_installed(found, address)
            yield found


def cores(found: Any) -> Callable[[], int]:
    """Return a function that tells how many cores the workers of a cluster have now.

    It raises `BrokenExecutor` where there has been none for a minute: nobody may come any more. A cluster
    that was made here is given new workers where all have gone.
    """
    last, made = time.monotonic(), found.cluster
    size = 0 if made is None else len(made.worker_spec)

    def ask() -> int:
        nonlocal last
        try:
            count = int(sum(found.ncores().values()))
        except (OSError, RuntimeError) as error:
            raise BrokenExecutor("the scheduler does not answer") from error
        alone = time.monotonic() - last
        if count:
            last = time.monotonic()
        elif alone > _DESERTED:
            raise BrokenExecutor(f"no worker was there for {_DESERTED:g} s")
        elif made is not None:
            made.scale(size)
        return count

    return ask


def _check_installed(found: Any, address: str) -> None:
    """Refuse workers without hebbcap: they would end one after another as they are handed a block."""
    for worker, error in found.run(exec, "import hebbcap", on_error="return").items():
        if error is not None:
            fault = f"has a worker, {worker}, that can't import hebbcap ({error})"
            raise _checks.fail("dask", address, fault, "install the same hebbcap everywhere")


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Let Dask log nothing: what concerns a campaign is told by how it ends."""
    found = [logging.getLogger(name) for name in logging.root.manager.loggerDict if _LOGGERS.match(name)]
    before = [(logger, logger.level) for logger in found]
    for logger in found:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in before:
            logger.setLevel(level)
