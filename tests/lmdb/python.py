# SPDX-License-Identifier: Apache-2.0
"""Run by python.sh in an empty folder, with either library; what it prints must be the same."""
import hashlib
import multiprocessing
import os
import random
import threading

import lmdb


def fresh(name, **options):
    os.makedirs(name, exist_ok=True)
    options.setdefault("map_size", 1 << 24)
    options.setdefault("max_dbs", 8)
    return lmdb.open(name, **options)


def digest(txn, db=None):
    sha = hashlib.sha256()
    count = 0
    for key, value in txn.cursor(db):
        sha.update(b"%d:%b%d:%b" % (len(key), key, len(value), value))
        count += 1
    return count, sha.hexdigest()[:16]


def attempt(what, function, *args, **named):
    try:
        print(what, function(*args, **named))
    except Exception as error:  # all are reported
        print(what, type(error).__name__, str(error).split(":")[0])


def basics():
    env = fresh("basics")
    with env.begin(write=True) as txn:
        for i in range(1000):
            assert txn.put(b"%04d" % (i * 7919 % 1000), b"value %d" % i)
        print(txn.put(b"0500", b"again", overwrite=False), txn.get(b"0500"), txn.get(b"none", b"default"))
        print(txn.delete(b"0001"), txn.delete(b"0001"), txn.pop(b"0002"), txn.replace(b"0003", b"new"))
        print(digest(txn))
    with env.begin(buffers=True) as txn:
        print(bytes(txn.get(b"0003")), txn.id(), txn.stat()["entries"])
    info = env.info()
    print(info["map_size"], info["last_txnid"], info["max_readers"], info["num_readers"])
    print(env.stat()["entries"], env.stat()["psize"], env.max_key_size(), sorted(env.flags().items()))
    attempt("empty key", lambda: env.begin(write=True).put(b"", b"x"))
    with env.begin(write=True) as txn:
        attempt("long key", txn.put, b"k" * 512, b"x")
    with env.begin() as txn:
        attempt("write in a reader", txn.put, b"k", b"x")
    env.close()
    env = fresh("basics", readonly=True)
    attempt("read-only", env.begin, write=True)
    with env.begin() as txn:
        print(digest(txn))
    env.close()


def cursors():
    env = fresh("cursors")
    db = env.open_db(b"plain")
    dup = env.open_db(b"dup", dupsort=True)
    fixed = env.open_db(b"fixed", dupsort=True, dupfixed=True, integerdup=True)
    with env.begin(write=True) as txn:
        cur = txn.cursor(db)
        print(cur.putmulti([(b"k%03d" % i, b"v%d" % i) for i in range(300)]))
        print(cur.first(), cur.item(), cur.last(), cur.item(), cur.prev(), cur.key())
        print(cur.set_range(b"k0995"), cur.item(), cur.set_key(b"none"), cur.next(), cur.get(b"k123"))
        print([key for key, _ in cur.iternext(values=True)][:3], cur.set_range(b"x"), cur.item())
        print(len(list(cur.iterprev(keys=True, values=False))))
        cur.set_key(b"k100")
        print(cur.delete(), cur.item(), cur.delete(), cur.key(), cur.replace(b"k105", b"other"), cur.pop(b"k106"))
        for i in range(40):
            for j in range(i + 1):
                txn.put(b"d%02d" % i, b"%03d" % (j * 17 % 40), db=dup)
        cur = txn.cursor(dup)
        print(cur.set_key(b"d20"), cur.count(), cur.first_dup(), cur.value(), cur.last_dup(), cur.value())
        print(cur.set_key_dup(b"d30", b"017"), cur.next_dup(), cur.value(), cur.prev_nodup(), cur.item())
        print(cur.set_range_dup(b"d30", b"0175"), cur.value(), cur.next_nodup(), cur.item())
        print(list(cur.iternext_nodup(keys=True, values=False))[-2:])
        cur.set_key(b"d10")
        print(cur.delete(dupdata=True), cur.item(), [v for v in cur.iternext_dup()][:4])
        numbers = [i.to_bytes(8, "little") for i in range(2000)]
        print(txn.cursor(fixed).putmulti([(b"n", n) for n in numbers]))
        found = txn.cursor(fixed).getmulti([b"n", b"m"], dupdata=True, dupfixed_bytes=8)
        print(len(found), found[-1])
        print(digest(txn, db), digest(txn, dup), digest(txn, fixed))
    with env.begin() as txn:
        print(sorted(key for key, _ in txn.cursor()))
        print([txn.stat(d)["entries"] for d in (db, dup, fixed)], db.flags(txn), fixed.flags(txn))
    with env.begin(write=True) as txn:
        txn.drop(dup, delete=False)
        txn.drop(fixed)
        print(digest(txn, dup))
    env.close()


def nested():
    env = fresh("nested")
    with env.begin(write=True) as txn:
        txn.put(b"a", b"1")
        child = env.begin(parent=txn, write=True)
        child.put(b"b", b"2")
        attempt("parent", txn.get, b"a")
        child.commit()
        child = env.begin(parent=txn, write=True)
        child.put(b"c", b"3")
        child.abort()
        print(list(txn.cursor()))
    env.close()


def resizing():
    env = fresh("resizing", map_size=65536)
    value = b"x" * 100
    count = 0
    try:
        with env.begin(write=True) as txn:
            while True:
                txn.put(b"%08d" % count, value)
                count += 1
    except lmdb.MapFullError as error:
        print("full", type(error).__name__, count > 100)
    env.set_mapsize(1 << 20)
    with env.begin(write=True) as txn:
        for i in range(1000):
            txn.put(b"%08d" % i, value)
        print(digest(txn), env.info()["map_size"])
    env.close()


def copies():
    env = fresh("copies")
    with env.begin(write=True) as txn:
        for i in range(3000):
            txn.put(b"%05d" % i, b"v" * (i % 300))
    with env.begin(write=True) as txn:
        for i in range(0, 3000, 3):
            txn.delete(b"%05d" % i)
    os.makedirs("copy1", exist_ok=True)
    os.makedirs("copy2", exist_ok=True)
    env.copy("copy1")
    env.copy("copy2", compact=True)
    attempt("again", env.copy, "copy1")
    with open("single", "wb") as out:
        env.copyfd(out.fileno(), compact=True)
    for path, subdir in (("copy1", True), ("copy2", True), ("single", False)):
        with lmdb.open(path, subdir=subdir, map_size=1 << 24) as copy, copy.begin(write=True) as txn:
            print(path, digest(txn), txn.put(b"more", b"data"))
    env.close()


def threads():
    env = fresh("threads", max_readers=20)
    seen = []

    def write(number):
        for i in range(50):
            with env.begin(write=True) as txn:
                txn.put(b"%d-%d" % (number, i), b"x" * i)

    def read():
        for _ in range(50):
            with env.begin() as txn:
                count, _ = digest(txn)
                seen.append(count == txn.stat()["entries"])

    running = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    running += [threading.Thread(target=read) for _ in range(4)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    with env.begin() as txn:
        print(digest(txn), all(seen), len(seen))
    print(env.reader_check(), env.readers().count("\n") >= 1)
    env.close()


def in_process(number):
    env = fresh("processes")
    for i in range(40):
        with env.begin(write=True) as txn:
            old = int(txn.get(b"counter", b"0"))
            txn.put(b"counter", b"%d" % (old + 1))
            txn.put(b"%d-%d" % (number, i), b"v")
    env.close()
    return number


def processes():
    fresh("processes").close()
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        print(sorted(pool.map(in_process, range(3))))
    env = fresh("processes")
    with env.begin() as txn:
        print(txn.get(b"counter"), digest(txn))
    env.close()


def forking():
    env = fresh("forking")
    with env.begin(write=True) as txn:
        txn.put(b"a", b"1")
    txn = env.begin()
    pid = os.fork()
    if pid == 0:
        del txn
        env.close()
        os._exit(0)
    os.waitpid(pid, 0)
    with env.begin(write=True) as writer:
        writer.put(b"a", b"2")
    print(txn.get(b"a"))
    txn.abort()
    env.close()


def shuffled():
    random.seed(42)
    env = fresh("shuffled", sync=False, map_size=1 << 26)
    model = {}
    for _ in range(40):
        with env.begin(write=True) as txn:
            for _ in range(200):
                key = b"%d" % random.randrange(3000)
                if random.random() < 0.3:
                    assert txn.delete(key) == (model.pop(key, None) is not None)
                else:
                    value = bytes([random.randrange(256)]) * random.randrange(3000)
                    txn.put(key, value)
                    model[key] = value
    with env.begin() as txn:
        assert dict(txn.cursor()) == model
        print(digest(txn), len(model))
    env.close()


if __name__ == "__main__":
    for part in (basics, cursors, nested, resizing, copies, threads, processes, forking, shuffled):
        print("--", part.__name__)
        part()
