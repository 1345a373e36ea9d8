# SPDX-License-Identifier: Apache-2.0
"""Wrong use: a clear exception each time, and the interpreter lives on."""
import gc

import pytest

import mdbx


def calls_of_transaction(txn, db):
    """Each method of a transaction that uses it."""
    return [
        lambda: txn.get(b"a"),
        lambda: txn.put(b"a", b"b"),
        lambda: txn.delete(b"a"),
        lambda: txn.replace(b"a", b"b"),
        lambda: txn.pop(b"a"),
        lambda: txn.get_many([b"a"]),
        lambda: txn.put_many([(b"a", b"b")]),
        lambda: txn.cursor(),
        lambda: txn.stat(),
        lambda: txn.drop(db),
        lambda: txn.tables(),
        lambda: txn.sequence(),
        lambda: txn.estimate(),
        lambda: txn.commit(),
        lambda: txn.id(),
        lambda: txn.info(),
        lambda: txn.__enter__(),
    ]


def calls_of_cursor(cursor):
    """Each method of a cursor that uses it."""
    moves = ("first", "last", "next", "prev", "next_dup", "prev_dup", "first_dup", "last_dup", "next_nodup", "prev_nodup")
    reads = ("key", "value", "item", "count", "iternext", "iterprev", "iternext_nodup", "iterprev_nodup", "__iter__", "__enter__")
    return [getattr(cursor, name) for name in moves + reads] + [
        cursor.delete,
        lambda: cursor.set_key(b"a"),
        lambda: cursor.set_range(b"a"),
        lambda: cursor.set_key_dup(b"a", b"b"),
        lambda: cursor.set_range_dup(b"a", b"b"),
        lambda: cursor.get(b"a"),
        lambda: cursor.getmulti([b"a"]),
        lambda: cursor.put(b"a", b"b"),
        lambda: cursor.putmulti([(b"a", b"b")]),
        lambda: cursor.replace(b"a", b"b"),
        lambda: cursor.pop(b"a"),
    ]


def calls_of_environment(env, tmp_path):
    """Each method of an environment that uses it."""
    return [
        env.begin,
        env.open_db,
        env.sync,
        env.stat,
        env.info,
        env.flags,
        env.readers,
        env.reader_check,
        env.max_key_size,
        env.set_geometry,
        lambda: env.set_mapsize(1 << 30),
        env.check,
        env.defrag,
        lambda: env.copy(tmp_path / "copy"),
        lambda: env.copyfd(1),
        lambda: env.copy_since(1, tmp_path / "copy"),
        lambda: env.copyfd_since(1, 1),
        env.resurrect_after_fork,
        env.__enter__,
    ]


@pytest.mark.parametrize("write", [False, True])
@pytest.mark.parametrize("how", ["commit", "abort", "close"])
def test_use_after_the_end(path, write, how):
    env = mdbx.open(path, max_dbs=1)
    db = env.open_db(b"table")
    txn = env.begin(write=write)
    cursor = txn.cursor()
    iterator = cursor.iternext_nodup()
    if how == "close":
        env.close()
    else:
        getattr(txn, how)()
    for call in calls_of_transaction(txn, db) + calls_of_cursor(cursor):
        with pytest.raises(mdbx.BadTxnError):
            call()
    with pytest.raises(mdbx.BadTxnError):
        next(iterator)
    txn.abort()
    cursor.close()
    assert "ended" in repr(txn)
    env.close()


def test_use_of_a_closed_environment(path, tmp_path):
    env = mdbx.open(path)
    env.close()
    for call in calls_of_environment(env, tmp_path):
        with pytest.raises(mdbx.ClosedError):
            call()
    env.close()
    assert env.path() == path and "closed" in repr(env)
    assert not (tmp_path / "copy").exists()


def test_use_of_a_closed_cursor(filled):
    with filled.begin(write=True) as txn:
        cursor = txn.cursor()
        iterator = iter(cursor)
        next(iterator)
        cursor.close()
        cursor.close()
        for call in calls_of_cursor(cursor):
            with pytest.raises(mdbx.ClosedError):
                call()
        with pytest.raises(mdbx.ClosedError):
            next(iterator)


def test_changes_in_a_read_transaction(filled):
    db = filled.open_db(b"table")
    with filled.begin() as txn:
        cursor = txn.cursor()
        cursor.first()
        for call in (
            lambda: txn.put(b"a", b"b"),
            lambda: txn.delete(b"k00"),
            lambda: txn.replace(b"k00", b"b"),
            lambda: txn.pop(b"k00"),
            lambda: txn.put_many([(b"a", b"b")]),
            lambda: txn.drop(db),
            lambda: txn.sequence(1),
            lambda: cursor.put(b"a", b"b"),
            lambda: cursor.delete(),
            lambda: cursor.pop(b"k00"),
        ):
            with pytest.raises(mdbx.ReadonlyError):
                call()
        assert txn.get(b"k00") == b"v0"


WRONG = ["text", 5, 1.5, None, [b"list"], object()]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda value: type(value).__name__)
def test_wrong_types(filled, wrong):
    with filled.begin(write=True) as txn:
        cursor = txn.cursor()
        for call in (
            lambda: txn.get(wrong),
            lambda: txn.put(wrong, b""),
            lambda: txn.put(b"", wrong),
            lambda: txn.delete(wrong),
            lambda: txn.replace(wrong, b""),
            lambda: txn.replace(b"", wrong),
            lambda: txn.pop(wrong),
            lambda: txn.get_many([b"a", wrong]),
            lambda: txn.put_many([(b"a", wrong)]),
            lambda: txn.put_many([(wrong, b"a")]),
            lambda: txn.put_many([wrong]),
            lambda: cursor.set_key(wrong),
            lambda: cursor.set_range(wrong),
            lambda: cursor.set_key_dup(b"a", wrong),
            lambda: cursor.put(wrong, b""),
            lambda: cursor.put(b"", wrong),
            lambda: cursor.putmulti([(b"a", wrong)]),
            lambda: cursor.putmulti([wrong]),
            lambda: cursor.replace(b"a", wrong),
            lambda: cursor.pop(wrong),
            lambda: cursor.getmulti([wrong]),
            lambda: filled.open_db(wrong or 5, txn),
            lambda: filled.open_db(b"a", wrong or 5),
            lambda: filled.begin(wrong or 5),
            lambda: filled.begin(parent=wrong or 5, write=True),
            lambda: txn.get(b"a", db=wrong or 5),
            lambda: txn.drop(wrong),
            lambda: filled.copy(wrong if wrong != "text" else 7),
            lambda: mdbx.open(wrong if wrong != "text" else 7),
        ):
            with pytest.raises(TypeError):
                call()
        assert txn.get(b"k00") == b"v0"


def test_wrong_arguments(filled):
    with filled.begin(write=True) as txn:
        for call in (
            txn.get,
            lambda: txn.get(b"a", b"b", None, 4),
            lambda: txn.get(b"a", key=b"a"),
            lambda: txn.get(b"a", other=1),
            lambda: txn.put(b"a"),
            lambda: txn.get_many(5),
            lambda: txn.put_many(5),
            lambda: filled.begin(None, None, True, False, True),
            lambda: filled.set_geometry(1 << 20),
            lambda: filled.set_geometry(size_upper="big"),
            mdbx.open,
            lambda: mdbx.open("x", subdirectory=True),
            lambda: txn.put_many([(b"a", b"b", b"c")]),
            lambda: txn.put_many([b"abc"]),
            mdbx.Transaction,
            mdbx.Cursor,
            mdbx.Database,
            lambda: mdbx.Environment.__new__(mdbx.Environment),
            lambda: mdbx.strerror("x"),
        ):
            with pytest.raises(TypeError):
                call()
        with pytest.raises(ValueError):
            filled.begin(parent=txn)
        with pytest.raises(ValueError):
            filled.check(timeout=-1)
        with pytest.raises(OverflowError):
            filled.set_mapsize(1 << 70)
        with pytest.raises(OverflowError):
            txn.sequence(1 << 64)
        with pytest.raises(OverflowError):
            txn.sequence(-1)


def test_wrong_lengths(env):
    longest = env.max_key_size()
    multi = env.open_db(b"multi", dupsort=True)
    with env.begin(write=True) as txn:
        assert txn.put(b"x" * longest, b"")
        for call in (
            lambda: txn.put(b"x" * (longest + 1), b""),
            lambda: txn.put_many([(b"x" * (longest + 1), b"")]),
            lambda: txn.cursor().put(b"x" * (longest + 1), b""),
            lambda: txn.put(b"key", b"x" * 5000, db=multi),
        ):
            with pytest.raises(mdbx.BadValsizeError):
                call()
        assert txn.get(b"x" * (longest + 1)) is None
        assert txn.get_many([b"x" * 100000]) == [None]
        with pytest.raises(mdbx.BadValsizeError):
            env.open_db(b"x" * 100000, txn)


def test_a_named_table_as_a_record(env):
    env.open_db(b"table")
    with env.begin(write=True) as txn:
        for call in (lambda: txn.put(b"table", b""), lambda: txn.delete(b"table")):
            with pytest.raises(mdbx.IncompatibleError):
                call()


def test_handles_of_another_environment(env, tmp_path):
    with mdbx.open(tmp_path / "other", max_dbs=1) as other:
        db = other.open_db(b"a")
        with env.begin(write=True) as txn:
            with pytest.raises(mdbx.BadDbiError):
                txn.get(b"a", db=db)
            with pytest.raises(mdbx.BadDbiError):
                env.begin(db)
            with pytest.raises(TypeError):
                other.begin(parent=txn, write=True)
            with pytest.raises(TypeError):
                other.open_db(b"b", txn)
            with pytest.raises(TypeError):
                other.copy(tmp_path / "copy", txn=txn)


def test_a_second_write_transaction(env):
    with env.begin(write=True) as txn:
        with pytest.raises(mdbx.BusyError):
            env.begin(write=True)
        with pytest.raises(mdbx.BusyError):
            env.begin(write=True, wait=False)
        with pytest.raises(mdbx.BusyError):
            env.open_db(b"new")
        with pytest.raises(mdbx.BadTxnError):
            first = env.begin(write=True, parent=txn)
            env.begin(write=True, parent=txn)
        first.abort()


def test_a_broken_transaction(path):
    with mdbx.open(path, 1 << 20) as env:
        txn = env.begin(write=True)
        with pytest.raises(mdbx.MapFullError):
            for i in range(100000):
                txn.put(b"%d" % i, b"x" * 1000)
        with pytest.raises(mdbx.BadTxnError):
            txn.commit()
        with env.begin() as txn:
            assert txn.stat()["entries"] == 0


def test_owners_that_go_first(path):
    """What depends on something keeps it, whatever the order in which references go."""
    env = mdbx.open(path, max_dbs=1)
    db = env.open_db(b"table")
    with env.begin(write=True, db=db) as txn:
        txn.put(b"a", b"1")
    cursor = env.begin(db=db).cursor()
    main = env.open_db()
    del env, db, txn
    gc.collect()
    assert cursor.first() and cursor.item() == (b"a", b"1")
    iterator = iter(cursor)
    del cursor
    assert next(iterator) == (b"a", b"1")
    del iterator
    gc.collect()
    assert main.flags()["dupsort"] is False
    with pytest.raises(mdbx.BusyError):
        mdbx.open(path)
    del main
    with mdbx.open(path) as again:
        nested = again.begin(write=True, parent=again.begin(write=True))
    with pytest.raises(mdbx.BadTxnError):
        nested.put(b"a", b"b")


class Spoiler:
    """An argument whose evaluation ends what the call is about to use."""

    def __init__(self, action):
        self.action = action

    def __bool__(self):
        self.action()
        return True

    def __fspath__(self):
        self.action()
        return "spoiled"

    def __iter__(self):
        yield b"k01"
        self.action()
        yield b"k02"


def test_arguments_that_end_the_transaction(filled):
    for use in (
        lambda txn, spoiler: txn.put(b"a", b"b", spoiler),
        lambda txn, spoiler: txn.get_many(spoiler),
        lambda txn, spoiler: txn.cursor().getmulti(spoiler),
        lambda txn, spoiler: txn.cursor().delete(spoiler),
        lambda txn, spoiler: txn.cursor().put(b"a", b"b", spoiler),
        lambda txn, spoiler: txn.cursor().iternext(spoiler),
        lambda txn, spoiler: filled.begin(parent=txn, write=spoiler),
        lambda txn, spoiler: filled.open_db(b"a", txn, dupsort=spoiler),
    ):
        txn = filled.begin(write=True)
        with pytest.raises(mdbx.Error):
            use(txn, Spoiler(txn.abort))


def test_arguments_that_close_the_environment(path):
    for use in (
        lambda env, spoiler: env.begin(write=spoiler),
        lambda env, spoiler: env.copy(spoiler),
        lambda env, spoiler: env.copy_since(1, spoiler),
        lambda env, spoiler: env.sync(spoiler),
        lambda env, spoiler: env.check(records=spoiler),
        lambda env, spoiler: env.open_db(dupsort=spoiler),
        lambda env, spoiler: env.max_key_size(spoiler),
        lambda env, spoiler: env.begin().get_many(spoiler),
    ):
        env = mdbx.open(path)
        with pytest.raises(mdbx.Error):
            use(env, Spoiler(env.close))
