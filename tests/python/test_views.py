# SPDX-License-Identifier: Apache-2.0
"""buffers=True: memoryviews, and how long their memory lives."""
import gc

import pytest

import mdbx


def test_reading(filled):
    with filled.begin(buffers=True) as txn:
        view = txn.get(b"k07")
        assert isinstance(view, memoryview) and view.readonly and view == b"v7"
        with pytest.raises(TypeError):
            view[0] = 1
        assert txn.get_many([b"k01", b"no"]) == [b"v1", None]
        cursor = txn.cursor()
        assert cursor.first() and cursor.key() == b"k00" and isinstance(cursor.value(), memoryview)
        assert [(bytes(key), bytes(value)) for key, value in cursor][99] == (b"k99", b"v99")
        assert txn.get(b"no") is None


def test_a_view_outlives_its_transaction(filled):
    txn = filled.begin(buffers=True)
    views = [txn.get(b"k%02d" % i) for i in range(100)]
    txn.abort()
    with pytest.raises(mdbx.BadTxnError):
        txn.get(b"k00")
    for _ in range(20):
        with filled.begin(write=True) as writer:
            writer.put_many((b"k%02d" % i, b"other") for i in range(100))
    assert [bytes(view) for view in views] == [b"v%d" % i for i in range(100)]
    assert [reader["state"] for reader in filled.readers()] == ["active"]
    with pytest.raises(BufferError):
        filled.close()
    del txn
    gc.collect()
    part = views[50][1:]
    del views
    assert bytes(part) == b"50"
    with pytest.raises(BufferError):
        filled.close()
    part.release()
    filled.close()


def test_a_view_keeps_everything(path):
    env = mdbx.open(path)
    with env.begin(write=True) as txn:
        txn.put(b"a", b"x" * 100000)
    view = env.begin(buffers=True).get(b"a")
    del env, txn
    gc.collect()
    assert view == b"x" * 100000
    view.release()
    with mdbx.open(path) as env:
        assert env.stat()["entries"] == 1


def test_views_in_a_write_transaction_are_copies(filled):
    with filled.begin(write=True, buffers=True) as txn:
        view = txn.get(b"k01")
        old = txn.replace(b"k02", b"other")
        popped = txn.pop(b"k03")
        cursor = txn.cursor()
        cursor.set_key(b"k04")
        key = cursor.key()
        txn.put_many((b"k%02d" % i, b"changed") for i in range(100))
    filled.close()
    assert (view, old, popped, key) == (b"v1", b"v2", b"v3", b"k04")
    assert all(isinstance(item, memoryview) for item in (view, old, popped, key))


def test_an_exception_with_views(filled):
    with pytest.raises(KeyError):
        with filled.begin(buffers=True) as txn:
            view = txn.get(b"k01")
            raise KeyError
    assert view == b"v1"
    view.release()


def test_spare_transactions_are_used_again(filled):
    first = filled.begin()
    first.abort()
    slots = {reader["slot"] for reader in filled.readers()}
    for i in range(10):
        with filled.begin(write=True) as writer:
            writer.put(b"new", b"%d" % i)
        with filled.begin(buffers=True) as txn:
            assert txn.get(b"new") == b"%d" % i
        gc.collect()
    assert {reader["slot"] for reader in filled.readers()} == slots
