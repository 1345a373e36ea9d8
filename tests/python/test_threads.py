# SPDX-License-Identifier: Apache-2.0
"""Several threads."""
import gc
import threading

import pytest

import mdbx


def run(*functions):
    """Runs each function in a thread; what one raises is raised here."""
    raised = []

    def guarded(function):
        try:
            function()
        except BaseException as error:  # pylint: disable=broad-except
            raised.append(error)

    threads = [threading.Thread(target=guarded, args=(function,)) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]


def test_writers_take_turns(env):
    def add():
        for _ in range(50):
            with env.begin(write=True) as txn:
                txn.put(b"count", b"%d" % (int(txn.get(b"count", b"0")) + 1))

    run(add, add, add, add)
    with env.begin() as txn:
        assert txn.get(b"count") == b"200"


def test_readers_beside_a_writer(filled):
    stop = threading.Event()

    def write():
        try:
            for i in range(100):
                with filled.begin(write=True) as txn:
                    txn.put_many((b"k%02d" % k, b"%d" % i) for k in range(100))
        finally:
            stop.set()

    def read():
        while not stop.is_set():
            with filled.begin() as txn:
                values = txn.get_many([b"k%02d" % k for k in range(100)])
                assert len(set(values)) == 1 or values[0] == b"v0"
                assert [value for _, value in txn.cursor()] == values

    run(write, read, read)


def test_a_transaction_moves_between_threads(env):
    txn = env.begin(write=True)
    reader = env.begin()
    run(lambda: txn.put(b"a", b"b"), lambda: reader.get(b"a"))
    run(txn.commit, reader.abort)
    with env.begin() as txn:
        assert txn.get(b"a") == b"b"


def test_a_transaction_that_another_thread_drops(env):
    def leave():
        txn = env.begin(write=True)
        txn.put(b"a", b"b")

    run(leave)
    gc.collect()
    with env.begin(write=True) as txn:
        assert txn.get(b"a") is None


def test_waiting_for_another_thread(env):
    entered = threading.Event()
    order = []

    def wait():
        entered.set()
        with env.begin(write=True) as txn:
            order.append("second")
            txn.put(b"a", b"b")

    txn = env.begin(write=True)
    thread = threading.Thread(target=wait)
    thread.start()
    entered.wait()
    with pytest.raises(mdbx.BusyError):
        env.begin(write=True, wait=False)
    order.append("first")
    txn.commit()
    thread.join()
    assert order == ["first", "second"]


def test_two_threads_in_one_transaction(env):
    """Each call works, or finds the other thread inside; and an environment in use is not closed."""
    with env.begin(write=True) as txn:
        txn.put_many((b"%06d" % i, b"x" * 50) for i in range(20000))
    txn = env.begin()
    keys = [b"%06d" % i for i in range(20000)]
    outcomes = {"many": 0, "single": 0, "busy": 0}
    stop = threading.Event()

    def many():
        try:
            while outcomes["many"] < 20:
                try:
                    assert len(txn.get_many(keys)) == 20000
                    outcomes["many"] += 1
                except mdbx.BusyError:
                    outcomes["busy"] += 1
        finally:
            stop.set()

    def single():
        while not stop.is_set():
            try:
                assert txn.get(b"000001") == b"x" * 50
                outcomes["single"] += 1
            except mdbx.BusyError:
                outcomes["busy"] += 1

    def closing():
        while not stop.is_set():
            try:
                if outcomes["many"] == 19:
                    txn.commit()
                    stop.set()
            except (mdbx.BusyError, mdbx.BadTxnError):
                outcomes["busy"] += 1

    run(many, single, single)
    stop.clear()
    outcomes["many"] = 19
    try:
        run(many, closing)
    except mdbx.BadTxnError:
        pass
    assert outcomes["many"] >= 19 and outcomes["single"] + outcomes["busy"] > 0
