# SPDX-License-Identifier: Apache-2.0
"""Cursors and iteration."""
import pytest

import mdbx


@pytest.fixture
def multi(env):
    """A write transaction on a table with three values for each of three keys."""
    db = env.open_db(b"multi", dupsort=True)
    with env.begin(db=db, write=True) as txn:
        txn.put_many((key, value) for key in (b"a", b"b", b"c") for value in (b"1", b"2", b"3"))
        yield txn


def test_moves(filled):
    with filled.begin() as txn, txn.cursor() as cursor:
        assert cursor.key() == b"" and cursor.value() == b"" and cursor.item() == (b"", b"")
        assert cursor.first() and cursor.item() == (b"k00", b"v0")
        assert cursor.prev() is False
        assert cursor.last() and cursor.key() == b"k99"
        assert cursor.next() is False and cursor.key() == b""
        assert cursor.set_key(b"k50") and cursor.value() == b"v50"
        assert cursor.next() and cursor.prev() and cursor.prev() and cursor.key() == b"k49"
        assert cursor.set_key(b"k5") is False and cursor.key() == b""
        assert cursor.set_range(b"k5") and cursor.key() == b"k50"
        assert cursor.set_range(b"") and cursor.key() == b"k00"
        assert cursor.set_range(b"z") is False
        assert cursor.get(b"k07") == b"v7" and cursor.key() == b"k07"
        assert cursor.get(b"no", 5) == 5
        assert cursor.set_key(b"k07") and cursor.count() == 1


def test_moves_in_an_empty_table(env):
    with env.begin() as txn:
        cursor = txn.cursor()
        assert not any((cursor.first(), cursor.last(), cursor.next(), cursor.prev(), cursor.set_range(b"")))
        assert list(cursor) == [] and list(cursor.iterprev()) == []


def test_moves_among_values(multi):
    cursor = multi.cursor()
    assert cursor.set_key(b"b") and cursor.count() == 3
    assert cursor.next_dup() and cursor.item() == (b"b", b"2")
    assert cursor.last_dup() and cursor.value() == b"3"
    assert cursor.next_dup() is False
    assert cursor.set_key(b"b") and cursor.last_dup() and cursor.first_dup() and cursor.value() == b"1"
    assert cursor.prev_dup() is False
    assert cursor.set_key(b"b") and cursor.next_nodup() and cursor.item() == (b"c", b"1")
    assert cursor.prev_nodup() and cursor.item() == (b"b", b"3")
    assert cursor.set_key_dup(b"a", b"2") and cursor.item() == (b"a", b"2")
    assert cursor.set_key_dup(b"a", b"4") is False
    assert cursor.set_range_dup(b"a", b"25") and cursor.item() == (b"a", b"3")
    assert cursor.set_range_dup(b"a", b"9") is False


def test_moves_among_values_where_there_is_one(filled):
    with filled.begin() as txn:
        cursor = txn.cursor()
        assert cursor.set_key(b"k10")
        assert cursor.first_dup() and cursor.last_dup() and cursor.key() == b"k10"
        assert cursor.next_dup() is False and cursor.prev_dup() is False
        with pytest.raises(mdbx.IncompatibleError):
            cursor.iternext_dup()


def test_iteration(filled):
    everything = [(b"k%02d" % i, b"v%d" % i) for i in range(100)]
    with filled.begin() as txn:
        assert list(txn.cursor()) == everything
        assert list(txn.cursor().iternext(values=False)) == [key for key, _ in everything]
        assert list(txn.cursor().iternext(keys=False)) == [value for _, value in everything]
        assert list(txn.cursor().iterprev()) == everything[::-1]
        cursor = txn.cursor()
        assert cursor.set_range(b"k42")
        assert list(cursor) == everything[42:]
        cursor.set_range(b"k42")
        assert list(cursor.iterprev()) == everything[42::-1]
        iterator = iter(txn.cursor())
        assert next(iterator) == everything[0] and next(iterator) == everything[1]
        with pytest.raises(ValueError):
            cursor.iternext(keys=False, values=False)


def test_iteration_among_values(multi):
    cursor = multi.cursor()
    assert list(cursor.iternext_dup()) == []
    assert cursor.set_key(b"b")
    assert list(cursor.iternext_dup()) == [b"1", b"2", b"3"]
    assert cursor.set_key(b"b") and cursor.last_dup()
    assert list(cursor.iterprev_dup(keys=True)) == [(b"b", b"3"), (b"b", b"2"), (b"b", b"1")]
    assert list(multi.cursor().iternext_nodup()) == [b"a", b"b", b"c"]
    assert list(multi.cursor().iterprev_nodup(values=True)) == [(b"c", b"3"), (b"b", b"3"), (b"a", b"3")]


def test_delete_while_iterating(filled):
    with filled.begin(write=True) as txn:
        cursor = txn.cursor()
        seen = []
        for key, _ in cursor:
            seen.append(key)
            if int(key[1:]) % 2:
                assert cursor.delete()
        assert seen == [b"k%02d" % i for i in range(100)]
        assert list(txn.cursor().iternext(values=False)) == [b"k%02d" % i for i in range(0, 100, 2)]


def test_delete_moves_to_the_next(filled):
    with filled.begin(write=True) as txn:
        cursor = txn.cursor()
        assert cursor.delete() is False
        assert cursor.set_key(b"k10") and cursor.delete()
        assert cursor.key() == b"k11"
        assert cursor.delete() and cursor.item() == (b"k12", b"v12")
        assert cursor.last() and cursor.delete() and cursor.key() == b""
        assert cursor.delete() is False
        assert txn.stat()["entries"] == 97


def test_delete_all_values(multi):
    cursor = multi.cursor()
    assert cursor.set_key(b"b") and cursor.delete(dupdata=True)
    assert cursor.item() == (b"c", b"1")
    assert cursor.delete() and cursor.item() == (b"c", b"2")
    assert multi.stat()["entries"] == 5


def test_put(env):
    with env.begin(write=True) as txn:
        cursor = txn.cursor()
        assert cursor.put(b"b", b"2") and cursor.item() == (b"b", b"2")
        assert cursor.put(b"b", b"3", overwrite=False) is False and cursor.item() == (b"b", b"2")
        assert cursor.put(b"a", b"1") and cursor.next() and cursor.key() == b"b"
        assert cursor.putmulti([(b"c", b"3"), (b"a", b"")], overwrite=False) == (2, 1)
        assert cursor.putmulti({b"d": b"4"}) == (1, 1)
        assert cursor.replace(b"d", b"5") == b"4" and cursor.item() == (b"d", b"5")
        assert cursor.replace(b"e", b"6") is None and cursor.key() == b"e"
        assert cursor.pop(b"c") == b"3" and cursor.key() == b"d"
        assert cursor.pop(b"c") is None
        assert [key for key, _ in txn.cursor()] == [b"a", b"b", b"d", b"e"]


def test_getmulti(multi):
    cursor = multi.cursor()
    assert cursor.getmulti([b"a", b"x", b"c"]) == [(b"a", b"1"), (b"c", b"1")]
    assert cursor.getmulti([b"b"], dupdata=True) == [(b"b", b"1"), (b"b", b"2"), (b"b", b"3")]


def test_position_follows_changes(filled):
    with filled.begin(write=True) as txn:
        cursor = txn.cursor()
        assert cursor.set_key(b"k20")
        txn.put(b"k20", b"other")
        assert cursor.value() == b"other"
        txn.put_many((b"k20-%04d" % i, b"x" * 100) for i in range(2000))
        assert cursor.item() == (b"k20", b"other")
        assert cursor.next() and cursor.key() == b"k20-0000"
        txn.delete(b"k20-0000")
        assert cursor.key() == b"k20-0001"


def test_cursor_of_a_parent(env):
    with env.begin(write=True) as outer:
        outer.put(b"a", b"1")
        cursor = outer.cursor()
        assert cursor.first()
        with env.begin(write=True, parent=outer) as inner:
            inner.put(b"a", b"2")
            with pytest.raises(mdbx.BadTxnError):
                cursor.next()
            with pytest.raises(mdbx.BadTxnError):
                cursor.key()
        assert cursor.set_key(b"a") and cursor.value() == b"2"
