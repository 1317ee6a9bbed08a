"""A full disk or a read-only folder leaves the old file whole, nothing beside it, and one typed error."""

import errno
import os

import pytest

from .disks import CASES, NUMBERS, Found


@pytest.mark.parametrize("trouble", CASES)
def test_the_old_file_is_whole(trouble, tmp_path):
    found = CASES[trouble](tmp_path)
    if found is None:
        pytest.skip("this machine can't make that trouble")
    assert found.holds, found
    assert found.number == NUMBERS[trouble]
    assert os.strerror(found.number) in found.error
    assert "nothing was changed" in found.error
    assert found.error.count("; ") == 2  # what, what of it, and the way out


def test_a_loss_would_be_seen():
    error = "UnwritableFile: x"
    assert Found(error, errno.ENOSPC, True, ()).holds
    assert not Found(error, errno.ENOSPC, False, ()).holds
    assert not Found(error, errno.ENOSPC, True, (".file.hebbcap-0.tmp",)).holds
    assert not Found("OSError: x", errno.ENOSPC, True, ()).holds
