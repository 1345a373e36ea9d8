# SPDX-License-Identifier: Apache-2.0
"""Speed of Python's packages lmdb and mdbx, in turn, in one run.

Usage: python.py DIRECTORY [RECORDS [ROUNDS]]; the package mdbx must be found (PYTHONPATH). Prints microseconds per operation, the
best of the rounds of each, and how many times as fast mdbx is. The keys are of 16 bytes in random order, the values of 100."""
import gc
import os
import random
import shutil
import sys
import time

import lmdb

import mdbx

base = sys.argv[1]
records = int(sys.argv[2]) if len(sys.argv) > 2 else 1000000
rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 3
MANY = 1000

random.seed(1)
order = list(range(records))
random.shuffle(order)
keys = [b"%016d" % (i * 2654435761 % 2**40) for i in order]
value = b"v" * 100
pairs = [(key, value) for key in keys]


def put(module, env):
    with env.begin(write=True) as txn:
        for key in keys:
            txn.put(key, value)


def overwrite(module, env):
    with env.begin(write=True) as txn:
        for key in keys:
            txn.put(key, value)


def put_many(module, env):
    with env.begin(write=True) as txn:
        if module is mdbx:
            txn.put_many(pairs)
        else:
            txn.cursor().putmulti(pairs)


def get(module, env):
    with env.begin() as txn:
        for key in keys:
            txn.get(key)


def get_buffers(module, env):
    with env.begin(buffers=True) as txn:
        for key in keys:
            txn.get(key)


def get_many(module, env):
    with env.begin() as txn:
        for start in range(0, records, MANY):
            if module is mdbx:
                txn.get_many(keys[start : start + MANY])
            else:
                txn.cursor().getmulti(keys[start : start + MANY])


def get_alone(module, env):
    for key in keys:
        with env.begin() as txn:
            txn.get(key)


def cursor_set(module, env):
    with env.begin() as txn:
        cursor = txn.cursor()
        for key in keys:
            cursor.set_key(key)


def scan(module, env):
    with env.begin() as txn:
        for _ in txn.cursor():
            pass


def small_commits(module, env):
    for key in keys[: records // 10]:
        with env.begin(write=True) as txn:
            txn.put(key, value)


ROWS = (
    ("put, one transaction", put, 1),
    ("put over what is there", overwrite, 1),
    ("put_many (lmdb: putmulti)", put_many, 1),
    ("get, one transaction", get, 1),
    ("get, buffers=True", get_buffers, 1),
    ("get_many of 1000 (lmdb: getmulti)", get_many, 1),
    ("get, a transaction each", get_alone, 1),
    ("cursor set_key", cursor_set, 1),
    ("scan", scan, 1),
    ("commit of one put, not flushed", small_commits, 10),
)
best = {}
for _ in range(rounds):
    for module in (lmdb, mdbx):
        path = os.path.join(base, module.__name__)
        shutil.rmtree(path, ignore_errors=True)
        os.makedirs(path)
        env = module.open(path, 1 << 34, sync=False)
        for name, function, share in ROWS:
            gc.collect()
            start = time.perf_counter()
            function(module, env)
            spent = (time.perf_counter() - start) * 1e6 * share / records
            best[name, module] = min(spent, best.get((name, module), spent))
        env.close()
        shutil.rmtree(path)
print("%-36s %8s %8s %7s" % ("us per operation", "lmdb", "mdbx", "times"))
for name, _, _ in ROWS:
    theirs, ours = best[name, lmdb], best[name, mdbx]
    print("%-36s %8.3f %8.3f %7.2f" % (name, theirs, ours, theirs / ours))
theirs, ours = best["get, one transaction", lmdb], best["get_many of 1000 (lmdb: getmulti)", mdbx]
print("%-36s %8.3f %8.3f %7.2f" % ("get of lmdb, get_many of mdbx", theirs, ours, theirs / ours))
