# SPDX-License-Identifier: Apache-2.0
"""What the tests of the package share."""
import pytest

import mdbx


@pytest.fixture
def path(tmp_path):
    """A place for a database."""
    return str(tmp_path / "db")


@pytest.fixture
def env(path):
    """A new database, closed at the end."""
    with mdbx.open(path, 1 << 28, max_dbs=8, sync=False) as opened:
        yield opened


@pytest.fixture
def filled(env):
    """A database with the keys k00 to k99."""
    with env.begin(write=True) as txn:
        txn.put_many((b"k%02d" % i, b"v%d" % i) for i in range(100))
    return env
