import socket
import time

import pytest
from tests.campaign import badly
from tests.campaign.test_runner import PLAN, rows
from tests.faults import processes

from hebbcap._checks import InvalidArgument
from hebbcap.campaign import CampaignStopped, Store, cluster, sweep
from hebbcap.campaign.cluster import check_address, client
from hebbcap.campaign.runner import Runner
from hebbcap.campaign.workers import InProcess

SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    ("address", "count"),
    [
        ("local", 2), ("local:4", 4), ("tcp://127.0.0.1:8786", None), ("localhost:8786", None),
        ("tcp://[::1]:8786", None), ("tls://head:8786", None), ("tls://10.0.0.5:8786", None),
        ("wss://head:443", None), ("127.4.5.6:1", None),
    ],
)  # fmt: skip
def test_addresses_that_stay_on_this_machine_or_are_encrypted_are_taken(address, count):
    assert check_address(address) == count


@pytest.mark.parametrize(
    "address",
    [
        "tcp://10.0.0.5:8786", "10.0.0.5:8786", "head:8786", "ucx://10.0.0.5:8786", "ws://head:80",
        "tcp://127.0.0.1.example.org:8786", "tcp://localhost.example.org:1", "tcp://user@10.0.0.5:8786",
        "tcp://127.0.0.1@10.0.0.5:8786", "tcp://0.0.0.0:8786", "tcp://[::]:8786", "tcp://2130706433:8786",
    ],
)  # fmt: skip
def test_plain_tcp_beyond_this_machine_is_refused_unless_it_is_asked_for(address):
    with pytest.raises(InvalidArgument, match="--plain-tcp"):
        check_address(address)
    assert check_address(address, plain_tcp=True) is None


@pytest.mark.parametrize(
    "address",
    ["", "local:0", "local:", "local:9999", "tcp://", "tcp://a", "http://a:1", "a:b", "a:99999", 3, None],
)
def test_what_is_no_address_is_refused(address):
    with pytest.raises(InvalidArgument, match="dask"):
        check_address(address, plain_tcp=True)


def test_an_address_is_refused_before_anything_is_sent_or_stored(monkeypatch, tmp_path):
    def refuse(*_):
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    with pytest.raises(InvalidArgument, match="in plain text"):
        sweep(PLAN, dask="tcp://10.0.0.5:8786", store=tmp_path / "runs.db")
    assert list(tmp_path.iterdir()) == []


@SLOW
def test_a_scheduler_that_is_not_there_is_told_in_one_line_within_its_time():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        began = time.perf_counter()
        with pytest.raises(InvalidArgument, match="is the scheduler up") as error:
            sweep(PLAN, dask=f"tcp://127.0.0.1:{port}")
    assert time.perf_counter() - began < 20
    assert len(str(error.value).splitlines()) == 1


@pytest.fixture(scope="module")
def expected():
    with Store.open(None) as store:
        Runner(PLAN, store).run(InProcess(), lambda: 1)
        return rows(store)


@SLOW
def test_a_cluster_gives_the_same_rows_and_leaves_no_process_behind(expected, capfd):
    import os

    before = set(processes.below(os.getpid()))
    with Store.open(None) as store:
        with client("local:2") as found:
            Runner(PLAN, store).run(found.get_executor(), lambda: 4)
        assert rows(store) == expected
    assert capfd.readouterr() == ("", "")
    left = [p for p in set(processes.below(os.getpid())) - before if "tracker" not in processes.command(p)]
    assert not any(map(processes.alive, left))


@SLOW
def test_a_cell_that_kills_its_worker_each_time_is_set_aside_and_no_innocent_one_with_it(capfd):
    found = sweep(badly.campaign(badly.exits), dask="local:2")
    assert [cell.state for cell in found.cells] == ["measured", "measured", "set aside", "measured"]
    assert "KilledWorker" in found.cells[2].reason
    assert capfd.readouterr() == ("", "")


_SCHEDULER = "import sys; from distributed.cli.dask_scheduler import main; main(sys.argv[1:])"
_WORKER = "import sys; from distributed.cli.dask_worker import main; main(sys.argv[1:])"
_LACKING = """
import sys
class Lacks:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "hebbcap":
            raise ModuleNotFoundError("No module named 'hebbcap'", name="hebbcap")
sys.meta_path.insert(0, Lacks())
"""


@pytest.fixture
def scheduler():
    import subprocess

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    at = ("--host", "127.0.0.1", "--port", str(port), "--dashboard-address", "127.0.0.1:0")
    with processes.start("-c", _SCHEDULER, *at, **quiet) as running:
        address = f"tcp://127.0.0.1:{port}"
        workers = []

        def add_worker(before=""):
            options = (address, "--nthreads", "1", "--no-dashboard", "--no-nanny")
            workers.append(processes.start("-c", before + _WORKER, *options, **quiet))

        yield address, running, add_worker, workers
        for one in [*workers, running]:
            one.kill()
            one.wait()


@SLOW
def test_a_scheduler_that_is_lost_stops_the_campaign_in_words_and_all_is_kept(scheduler, expected, capfd):
    address, running, add_worker, _ = scheduler
    add_worker()

    def watch(progress):
        if progress.blocks_new:
            running.kill()

    asked = badly.campaign(badly.hangs)
    with Store.open(None) as store, client(address) as found:
        with pytest.raises(CampaignStopped, match="the same call goes on"):
            Runner(asked, store, watch).run(found.get_executor(), lambda: 2)
        assert rows(store)
    assert "Traceback" not in capfd.readouterr().err


@SLOW
def test_a_cluster_without_workers_or_with_one_that_lacks_hebbcap_is_refused(scheduler):
    address, _, add_worker, _ = scheduler
    with pytest.raises(InvalidArgument, match="workers"):
        sweep(PLAN, dask=address)
    add_worker(_LACKING)
    with pytest.raises(InvalidArgument, match="can't import hebbcap"):
        sweep(PLAN, dask=address)


@SLOW
def test_a_cluster_whose_workers_are_all_gone_is_not_waited_for_without_end(scheduler, monkeypatch):
    address, _, add_worker, workers = scheduler
    add_worker()
    monkeypatch.setattr(cluster, "_DESERTED", 2.0)

    def watch(progress):
        if progress.blocks_new:
            workers[0].kill()

    with pytest.raises(CampaignStopped, match="no worker was there for 2 s"):
        sweep(badly.campaign(badly.hangs), dask=address, watch=watch)
