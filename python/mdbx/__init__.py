# SPDX-License-Identifier: Apache-2.0
"""libmdbx for Python: an embedded, transactional, ordered key-value engine.

The interface is close to that of the package lmdb::

    import mdbx

    with mdbx.open("example", max_dbs=4) as env:
        users = env.open_db(b"users")
        with env.begin(write=True) as txn:
            txn.put(b"ada", b"1815", db=users)
        with env.begin(db=users) as txn:
            print(txn.get(b"ada"))
            for key, value in txn.cursor():
                print(key, value)

Environments may be used by all threads. A transaction and its cursors may move between threads, but two threads must not use
them at the same time; a call that finds another thread inside raises BusyError.
"""
from . import errors, types
from ._mdbx import (
    Cursor,
    Database,
    Environment,
    Transaction,
    apply_increment,
    delete,
    increment_info,
    snapshot_info,
    strerror,
    version,
)
from .errors import *  # noqa: F401,F403 pylint: disable=wildcard-import,redefined-builtin

#: A database is opened by making its Environment.
open = Environment  # pylint: disable=redefined-builtin

__version__ = "%d.%d.%d" % version()
__all__ = [
    "Cursor",
    "Database",
    "Environment",
    "Transaction",
    "apply_increment",
    "delete",
    "errors",
    "increment_info",
    "open",
    "snapshot_info",
    "strerror",
    "types",
    "version",
]
__all__ += errors.__all__
