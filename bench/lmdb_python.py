# SPDX-License-Identifier: Apache-2.0
"""Speed of Python's lmdb module with whichever liblmdb.so.0 is loaded.

Usage: lmdb_python.py DIRECTORY [RECORDS]; bench/lmdb_python.sh runs it with both libraries in turn."""
import os
import random
import shutil
import sys
import time

import lmdb

base, records = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1000000
random.seed(1)
order = list(range(records))
random.shuffle(order)
keys = [b"%016d" % (i * 2654435761 % 2**40) for i in order]
value = b"v" * 100


def measure(what, count, function):
    start = time.perf_counter()
    function()
    print("%s %.0f" % (what, count / (time.perf_counter() - start)))


def puts(env):
    for start in range(0, records, 1000):
        with env.begin(write=True) as txn:
            for key in keys[start : start + 1000]:
                txn.put(key, value)


def batch(env):
    with env.begin(write=True) as txn:
        txn.cursor().putmulti([(b"%016d" % i, value) for i in range(records)], append=True)


def gets(env):
    with env.begin(buffers=True) as txn:
        for key in keys:
            txn.get(key)


def short_gets(env):
    for key in keys[: records // 4]:
        with env.begin(buffers=True) as txn:
            txn.get(key)


def cursor_sets(env):
    with env.begin(buffers=True) as txn:
        cursor = txn.cursor()
        for key in keys:
            cursor.set_key(key)


def scan(env):
    with env.begin(buffers=True) as txn:
        for _ in txn.cursor():
            pass


def small_commits(env, count):
    for i in range(count):
        with env.begin(write=True) as txn:
            txn.put(keys[i], value + b"%d" % i)


shutil.rmtree(base, ignore_errors=True)
os.makedirs(base)
env = lmdb.open(base, map_size=1 << 32, sync=False, writemap=False)
measure("put, random keys, 1000 a commit", records, lambda: puts(env))
measure("get, one transaction", records, lambda: gets(env))
measure("get, a transaction each", records // 4, lambda: short_gets(env))
measure("cursor set_key", records, lambda: cursor_sets(env))
measure("scan", records, lambda: scan(env))
measure("commit of one put, not flushed", 20000, lambda: small_commits(env, 20000))
size = os.stat(base + "/data.mdb").st_blocks * 512
env.close()
shutil.rmtree(base)
os.makedirs(base)
env = lmdb.open(base, map_size=1 << 32)
measure("append, one transaction", records, lambda: batch(env))
measure("commit of one put, flushed", 500, lambda: small_commits(env, 500))
env.close()
shutil.rmtree(base)
print("file after random puts, MiB %.0f" % (size / 2**20))
