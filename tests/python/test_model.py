# SPDX-License-Identifier: Apache-2.0
"""Random operations beside a sorted model."""
import bisect
import random

import pytest


class Model:
    """What the table should hold: pairs of key and value, in order."""

    def __init__(self, multi):
        self.multi = multi
        self.pairs = []

    def range_of(self, key):
        start = bisect.bisect_left(self.pairs, (key, b""))
        end = start
        while end < len(self.pairs) and self.pairs[end][0] == key:
            end += 1
        return start, end

    def get(self, key):
        start, end = self.range_of(key)
        return self.pairs[start][1] if start < end else None

    def put(self, key, value, overwrite):
        start, end = self.range_of(key)
        if start < end and not overwrite:
            return False
        if not self.multi:
            del self.pairs[start:end]
        if (key, value) not in self.pairs[start:end] or not self.multi:
            bisect.insort(self.pairs, (key, value))
        return True

    def delete(self, key):
        start, end = self.range_of(key)
        del self.pairs[start:end]
        return start < end

    def pop(self, key):
        start, end = self.range_of(key)
        return self.pairs.pop(start)[1] if start < end else None


def step(rng, txn, db, model):
    key = b"%03d" % rng.randrange(200) * rng.choice((1, 1, 1, 20))
    value = b"%05d" % rng.randrange(99999) * rng.choice((1, 1, 1, 40))
    kind = rng.randrange(7)
    if kind < 3:
        overwrite = kind > 0
        assert txn.put(key, value, overwrite=overwrite, db=db) == model.put(key, value, overwrite)
    elif kind == 3:
        assert txn.delete(key, db=db) == model.delete(key)
    elif kind == 4:
        assert txn.pop(key, db=db) == model.pop(key)
    elif kind == 5:
        assert txn.get_many([key, key + b"x"], db=db) == [model.get(key), None]
    else:
        cursor = txn.cursor(db)
        at = bisect.bisect_left(model.pairs, (key, b""))
        assert cursor.set_range(key) == (at < len(model.pairs))
        if at < len(model.pairs):
            assert cursor.item() == model.pairs[at]
            assert cursor.prev() == (at > 0)


@pytest.mark.parametrize("multi", [False, True])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_model(env, multi, seed):
    rng = random.Random(seed)
    db = env.open_db(b"model", dupsort=multi)
    model = Model(multi)
    for _ in range(40):
        kept = list(model.pairs)
        txn = env.begin(write=True, buffers=rng.random() < 0.3)
        for _ in range(rng.randrange(60)):
            step(rng, txn, db, model)
        if rng.random() < 0.25:
            model.pairs = kept
            txn.abort()
        else:
            txn.commit()
        with env.begin(db=db) as txn:
            assert list(txn.cursor()) == model.pairs
            assert list(txn.cursor().iterprev()) == model.pairs[::-1]
    assert env.check()["problems"] == 0
