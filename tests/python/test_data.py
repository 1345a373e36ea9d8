# SPDX-License-Identifier: Apache-2.0
"""Reading and changing by key."""
import pytest

import mdbx


def test_get_and_put(env):
    with env.begin(write=True) as txn:
        assert txn.put(b"key", b"value") is True
        assert txn.get(b"key") == b"value"
        assert txn.put(key=b"key", value=b"other") is True
        assert txn.put(b"key", b"third", overwrite=False) is False
        assert txn.get(b"key") == b"other"
        assert txn.get(b"absent") is None
        assert txn.get(b"absent", 17) == 17
        assert txn.get(b"absent", default="nothing") == "nothing"
    with env.begin() as txn:
        assert txn.get(b"key") == b"other"


def test_kinds_of_bytes(env):
    with env.begin(write=True) as txn:
        assert txn.put(bytearray(b"array"), memoryview(b"view"))
        assert txn.get(memoryview(b"-array")[1:]) == b"view"
        assert txn.put(b"", b"")
        assert txn.get(b"") == b""
        assert txn.put(b"empty", bytearray())
        assert txn.get(b"empty", 1) == b""
        assert txn.put(b"large", b"x" * 1000000)
        assert txn.get(b"large") == b"x" * 1000000


def test_delete(filled):
    with filled.begin(write=True) as txn:
        assert txn.delete(b"k05") is True
        assert txn.delete(b"k05") is False
        assert txn.delete(b"k06", b"another value") is False
        assert txn.delete(b"k06", b"v6") is True
        assert txn.stat()["entries"] == 98


def test_replace_and_pop(filled):
    with filled.begin(write=True) as txn:
        assert txn.replace(b"k01", b"new") == b"v1"
        assert txn.get(b"k01") == b"new"
        assert txn.replace(b"fresh", b"first") is None
        assert txn.pop(b"fresh") == b"first"
        assert txn.pop(b"fresh") is None
        assert txn.get(b"fresh") is None


def test_many_values_per_key(env):
    db = env.open_db(b"multi", dupsort=True)
    assert db.flags()["dupsort"] and not db.flags()["dupfixed"]
    with env.begin(db=db, write=True) as txn:
        for value in (b"3", b"1", b"2"):
            assert txn.put(b"key", value)
        assert txn.put(b"key", b"2", dupdata=False) is False
        assert txn.put(b"key", b"2") is True
        assert txn.get(b"key") == b"1"
        assert txn.put(b"key", b"4", append=True)
        with pytest.raises(mdbx.KeyMismatchError):
            txn.put(b"key", b"0", append=True)
        assert txn.delete(b"key", b"3") is True
        assert txn.pop(b"key") == b"1"
        assert txn.stat(db)["entries"] == 2
        assert txn.replace(b"key", b"only") == b"2"
        assert txn.stat(db)["entries"] == 1


def test_append(env):
    with env.begin(write=True) as txn:
        assert txn.put(b"b", b"", append=True)
        with pytest.raises(mdbx.KeyMismatchError):
            txn.put(b"a", b"", append=True)
        txn.put(b"c", b"", append=True)
        assert txn.get(b"c") == b""


def test_get_many(filled):
    with filled.begin() as txn:
        keys = [b"k%02d" % (i % 120) for i in range(1000)]
        expected = [txn.get(key) for key in keys]
        assert txn.get_many(keys) == expected
        assert expected.count(None) == sum(1 for key in keys if len(key) > 3)
        assert txn.get_many(iter(keys)) == expected
        assert txn.get_many(tuple(keys[:256])) == expected[:256]
        assert txn.get_many([bytearray(key) for key in keys]) == expected
        assert txn.get_many([]) == []
        assert txn.get_many([b"absent", b"k01"], default=0) == [0, b"v1"]


def test_put_many(env):
    with env.begin(write=True) as txn:
        assert txn.put_many({b"a": b"1", b"b": b"2"}) == 2
        assert txn.put_many([(b"c", b"3"), [b"d", bytearray(b"4")]]) == 2
        assert txn.put_many(((b"%04d" % i, b"x") for i in range(1000))) == 1000
        assert txn.put_many([(b"a", b"other"), (b"e", b"5"), (b"b", b"other")], overwrite=False) == 1
        assert txn.get_many([b"a", b"b", b"c", b"d", b"e"]) == [b"1", b"2", b"3", b"4", b"5"]
        assert txn.put_many([]) == 0
        with pytest.raises(mdbx.KeyMismatchError):
            txn.put_many([(b"y", b""), (b"x", b"")], append=True)
        assert txn.get(b"y") == b""


def test_integer_keys(env):
    db = env.open_db(b"numbers", integerkey=True)
    with env.begin(db=db, write=True) as txn:
        for number in (300, 2, 70000):
            txn.put(number.to_bytes(8, "little"), b"")
        assert [int.from_bytes(key, "little") for key in txn.cursor().iternext(values=False)] == [2, 300, 70000]
        with pytest.raises(mdbx.BadValsizeError):
            txn.get(b"123")
        with pytest.raises(mdbx.BadValsizeError):
            txn.get_many([b"123"])


def test_tables(env):
    first = env.open_db(b"first")
    second = env.open_db("second".encode(), reverse_key=True)
    assert first.name == b"first" and env.open_db().name is None
    with env.begin(write=True) as txn:
        txn.put(b"key", b"1", db=first)
        txn.put(b"key", b"2", db=second)
        txn.put(b"key", b"main")
        assert txn.tables() == [b"first", b"second"]
        assert [txn.get(b"key", db=db) for db in (first, second, None)] == [b"1", b"2", b"main"]
    with env.begin(write=True) as txn:
        txn.drop(first, delete=False)
        assert txn.get(b"key", db=first) is None
        txn.drop(second)
        with pytest.raises(mdbx.BadDbiError):
            txn.get(b"key", db=second)
        assert txn.tables() == [b"first"]
    with pytest.raises(mdbx.NotFoundError):
        env.open_db(b"second", create=False)
    with pytest.raises(mdbx.IncompatibleError):
        env.open_db(b"first", dupsort=True, create=False)
    assert env.open_db(b"first", dupsort=True, create=False, accede=True).flags()["dupsort"] is False


def test_a_table_whose_creation_was_aborted(env):
    txn = env.begin(write=True)
    db = env.open_db(b"short", txn)
    txn.put(b"a", b"b", db=db)
    txn.abort()
    other = env.open_db(b"other")
    with env.begin(write=True) as txn:
        txn.put(b"a", b"c", db=other)
        with pytest.raises(mdbx.BadDbiError):
            txn.get(b"a", db=db)
    assert "dead" in repr(db)


def test_a_table_created_in_a_nested_transaction(env):
    with env.begin(write=True) as outer:
        with env.begin(write=True, parent=outer) as inner:
            db = env.open_db(b"deep", inner)
            inner.put(b"a", b"b", db=db)
        assert outer.get(b"a", db=db) == b"b"
        outer.abort()
    with env.begin() as txn, pytest.raises(mdbx.BadDbiError):
        txn.get(b"a", db=db)


def test_commit_and_abort(env):
    txn = env.begin(write=True)
    txn.put(b"kept", b"")
    txn.commit()
    with pytest.raises(ZeroDivisionError):
        with env.begin(write=True) as txn:
            txn.put(b"lost", b"")
            raise ZeroDivisionError
    with env.begin(write=True) as txn:
        txn.put(b"lost", b"")
        txn.abort()
    with env.begin() as txn:
        assert txn.get(b"kept") == b"" and txn.get(b"lost") is None


def test_nested(env):
    with env.begin(write=True) as outer:
        outer.put(b"a", b"1")
        with env.begin(parent=outer, write=True) as inner:
            inner.put(b"b", b"2")
            with pytest.raises(mdbx.BadTxnError):
                outer.get(b"a")
        inner = env.begin(parent=outer, write=True)
        inner.put(b"c", b"3")
        inner.abort()
        assert outer.get_many([b"a", b"b", b"c"]) == [b"1", b"2", None]
        innermost = env.begin(parent=env.begin(parent=outer, write=True), write=True)
        innermost.put(b"d", b"4")
        outer.commit()
        with pytest.raises(mdbx.BadTxnError):
            innermost.get(b"d")
    with env.begin() as txn:
        assert txn.get(b"d") == b"4"


def test_snapshots(filled):
    reader = filled.begin()
    before = reader.id()
    with filled.begin(write=True) as txn:
        txn.put(b"k00", b"changed")
        assert txn.id() == before + 1
        assert reader.get(b"k00") == b"v0"
    assert reader.get(b"k00") == b"v0"
    assert reader.info()["reader_lag"] == 1
    reader.abort()
    with filled.begin() as txn:
        assert txn.get(b"k00") == b"changed"


def test_sequence_and_estimate(filled):
    with filled.begin(write=True) as txn:
        assert txn.sequence(5) == 0
        assert txn.sequence() == 5
        with pytest.raises(OverflowError):
            txn.sequence(2**64 - 1)
        assert txn.estimate() == 100
        assert txn.estimate(b"k10", b"k20") == 10
        assert txn.estimate(end=b"k20") == 20
