# SPDX-License-Identifier: Apache-2.0
"""Environments: modes, sizes, copies, increments, the checker."""
import os
import subprocess
import sys

import pytest

import mdbx


def fill(env, start, stop):
    with env.begin(write=True) as txn:
        txn.put_many((b"%08d" % i, b"x" * 200) for i in range(start, stop))


def count(path, **options):
    with mdbx.open(path, readonly=True, subdir=False, **options) as env:
        assert env.check()["problems"] == 0
        return env.stat()["entries"]


def test_versions():
    assert mdbx.version() >= (0, 14, 0)
    assert mdbx.__version__ == "%d.%d.%d" % mdbx.version()
    assert "MDBX_NOTFOUND" in mdbx.strerror(-30798)


def test_modes(path, tmp_path):
    with mdbx.open(path, 1 << 24, sync=False, metasync=False, readahead=False, meminit=False, lifo=True) as env:
        assert env.path() == path
        flags = env.flags()
        assert not flags["sync"] and not flags["readahead"] and not flags["meminit"] and flags["subdir"]
        env.sync()
        env.sync(force=False)
    with mdbx.open(path, readonly=True) as env:
        assert env.flags()["readonly"]
        with env.begin() as txn:
            assert txn.get(b"a") is None
        with pytest.raises(mdbx.ReadonlyError):
            env.begin(write=True)
    with mdbx.open(tmp_path / "file.mdbx", subdir=False, lock=False) as env:
        env.begin(write=True).commit()
    assert (tmp_path / "file.mdbx").is_file() and not (tmp_path / "file.mdbx-lck").exists()
    with mdbx.open(os.fsencode(tmp_path / "map"), writemap=True, exclusive=True, utterly_nosync=True) as env:
        assert env.flags()["writemap"] and env.flags()["utterly_nosync"] and env.flags()["exclusive"]
        fill(env, 0, 100)
        assert env.stat()["entries"] == 100


def test_commits_less_durable_than_the_mode(path):
    with mdbx.open(path) as env:
        fill(env, 0, 10)
        with env.begin(write=True, sync=False) as txn:
            txn.put(b"weak", b"")
        assert env.info()["unsynced_bytes"] > 0
        env.sync()
        assert env.info()["unsynced_bytes"] == 0


def test_sizes(path):
    with mdbx.open(path, size_lower=1 << 20, size_upper=1 << 22, growth_step=1 << 20, shrink_threshold=1 << 21, pagesize=1024) as env:
        info = env.info()
        assert info["psize"] == 1024 and info["map_size"] == 1 << 22
        assert info["geometry"] == {
            "size_lower": 1 << 20,
            "size_now": 1 << 20,
            "size_upper": 1 << 22,
            "growth_step": 1 << 20,
            "shrink_threshold": 1 << 21,
        }
        with pytest.raises(mdbx.MapFullError):
            fill(env, 0, 30000)
        env.set_mapsize(1 << 24)
        fill(env, 0, 30000)
        env.set_geometry(size_upper=1 << 25, growth_step=1 << 21)
        assert env.info()["geometry"]["size_upper"] == 1 << 25
        assert env.info()["file_size"] > 1 << 22
        with pytest.raises(mdbx.Error):
            env.set_geometry(size_upper=1 << 16)
        assert env.max_key_size() == 1024 // 2 - 26 and env.max_key_size(dupsort=True) < env.max_key_size()


def test_defrag(path):
    with mdbx.open(path, 1 << 26, sync=False) as env:
        fill(env, 0, 50000)
        with env.begin(write=True) as txn:
            for i in range(49000):
                txn.delete(b"%08d" % i)
        before = env.info()["last_pgno"]
        result = env.defrag()
        assert result["complete"] and result["pages_moved"] >= 0
        assert env.info()["last_pgno"] < before / 4
        assert env.check()["problems"] == 0


def test_readers(filled):
    reader = filled.begin()
    (entry,) = [entry for entry in filled.readers() if entry["state"] == "active"]
    assert entry["pid"] == os.getpid() and entry["txnid"] == reader.id()
    fill(filled, 0, 1000)
    fill(filled, 1000, 2000)
    (entry,) = [entry for entry in filled.readers() if entry["state"] == "active"]
    assert entry["lag"] == 2 and entry["bytes_retained"] > 0
    reader.abort()
    assert [entry for entry in filled.readers() if entry["state"] == "active"] == []
    assert filled.reader_check() == 0


def test_reader_of_a_dead_process(filled, path):
    program = "import mdbx, os, sys; env = mdbx.open(sys.argv[1], sync=False); txn = env.begin(); txn.get(b'k00'); os._exit(0)"
    subprocess.run([sys.executable, "-c", program, path], check=True)
    assert filled.reader_check() == 1


def test_copies(filled, tmp_path):
    filled.copy(tmp_path / "plain")
    assert count(tmp_path / "plain") == 100
    with pytest.raises(mdbx.PathExistsError):
        filled.copy(tmp_path / "plain")
    with filled.begin() as txn:
        fill(filled, 0, 50)
        filled.copy(tmp_path / "plain", overwrite=True, flush=False)
        assert count(tmp_path / "plain") == 150
        filled.copy(tmp_path / "compact", compact=True, txn=txn)
    assert count(tmp_path / "compact") == 100
    with open(tmp_path / "fd", "w+b") as file:
        filled.copyfd(file.fileno(), verify=False)
    assert count(tmp_path / "fd") == 150
    with open(tmp_path / "fd2", "w+b") as file:
        filled.copyfd(file, True)
    assert count(tmp_path / "fd2") == 150


def test_increments(filled, tmp_path):
    copy, increment, second = (tmp_path / name for name in ("copy", "increment", "second"))
    filled.copy(copy)
    base = mdbx.snapshot_info(copy)["last_txnid"]
    assert base == filled.info()["last_txnid"]
    fill(filled, 0, 500)
    filled.copy_since(base, increment)
    described = mdbx.increment_info(increment)
    assert described["base_txnid"] == base and described["txnid"] == base + 1 and described["pages"] > 0
    assert described["id"] == filled.info()["id"]
    assert mdbx.apply_increment(copy, increment) is True
    assert mdbx.apply_increment(copy, increment, flush=False) is False
    assert count(copy) == 600
    fill(filled, 500, 700)
    with open(second, "wb") as file:
        filled.copyfd_since(described["txnid"], file.fileno())
    assert mdbx.apply_increment(copy, second) is True
    assert count(copy) == 800
    with pytest.raises(mdbx.IncompatibleError):
        mdbx.apply_increment(copy, increment)
    with pytest.raises(mdbx.InvalidError):
        mdbx.increment_info(copy)


def test_check(filled):
    filled.open_db(b"table")
    result = filled.check()
    assert result["problems"] == 0 and result["issues"] == [] and result["tables"] == 3
    assert filled.check(records=False, lock_writers=True, timeout=60)["problems"] == 0


def test_check_of_a_damaged_database(path):
    with mdbx.open(path, 1 << 24) as env:
        fill(env, 0, 2000)
        size = env.info()["psize"]
        last = env.info()["last_pgno"]
    with open(os.path.join(path, "mdbx.dat"), "r+b") as file:
        for page in range(8, last, 7):
            file.seek(page * size + size - 100)
            file.write(b"damaged")
    with mdbx.open(path) as env:
        result = env.check()
        assert result["problems"] > 0
        assert len(result["issues"]) == result["problems"]
        assert any(issue.startswith("page ") for issue in result["issues"])
        with env.begin() as txn, pytest.raises(mdbx.CorruptedError):
            for i in range(2000):
                txn.get(b"%08d" % i)


def test_delete(path):
    with mdbx.open(path) as env:
        with pytest.raises(mdbx.BusyError):
            mdbx.delete(path)
        env.begin(write=True).commit()
    assert mdbx.delete(path) is True
    assert mdbx.delete(path) is False
    assert not os.path.exists(path)


def test_failures_to_open(path, tmp_path):
    with pytest.raises(mdbx.NoFileError) as caught:
        mdbx.open(path, create=False)
    assert path in str(caught.value)
    (tmp_path / "text").write_bytes(b"no database" * 1000)
    with pytest.raises(mdbx.InvalidError):
        mdbx.open(tmp_path / "text", subdir=False)
    with mdbx.open(path):
        with pytest.raises(mdbx.BusyError):
            mdbx.open(path)
    with pytest.raises(mdbx.Error):
        mdbx.open(path + "2", pagesize=1000)


def test_too_many_tables(path):
    with mdbx.open(path, max_dbs=1) as env:
        env.open_db(b"one")
        with pytest.raises(mdbx.DbsFullError):
            env.open_db(b"two")


def test_too_many_readers(path):
    with mdbx.open(path, max_readers=3) as env:
        most = env.info()["max_readers"]
        readers = [env.begin() for _ in range(most)]
        with pytest.raises(mdbx.ReadersFullError):
            env.begin()
        readers.pop().abort()
        env.begin().abort()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork()")
def test_fork(filled):
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            try:
                filled.begin()
                code = 2
            except mdbx.Error:
                filled.resurrect_after_fork()
                with filled.begin() as txn:
                    code = 0 if txn.get(b"k01") == b"v1" else 3
        finally:
            os._exit(code)
    assert os.waitpid(pid, 0)[1] == 0
    with filled.begin() as txn:
        assert txn.get(b"k01") == b"v1"
