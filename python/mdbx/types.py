# SPDX-License-Identifier: Apache-2.0
"""The dicts that methods return."""
from typing import List, Literal, Tuple, TypedDict


class Stat(TypedDict):
    """What Environment.stat() and Transaction.stat() return."""

    psize: int
    depth: int
    branch_pages: int
    leaf_pages: int
    overflow_pages: int
    entries: int


class Geometry(TypedDict):
    """The bounds of the file's size, in bytes."""

    size_lower: int
    size_now: int
    size_upper: int
    growth_step: int
    shrink_threshold: int


class Info(TypedDict):
    """What Environment.info() and snapshot_info() return. Sizes in bytes."""

    map_size: int
    last_pgno: int
    last_txnid: int
    oldest_reader_txnid: int
    max_readers: int
    num_readers: int
    psize: int
    file_size: int
    file_allocated: int
    unsynced_bytes: int
    geometry: Geometry
    id: Tuple[int, int]


class TxnInfo(TypedDict):
    """What Transaction.info() returns. Sizes in bytes."""

    id: int
    reader_lag: int
    space_used: int
    space_limit: int
    space_retired: int
    space_leftover: int
    space_dirty: int


class Reader(TypedDict):
    """An entry of Environment.readers()."""

    slot: int
    pid: int
    thread: int
    state: Literal["active", "idle", "parked", "ousted"]
    txnid: int
    lag: int
    bytes_used: int
    bytes_retained: int


class Check(TypedDict):
    """What Environment.check() returns."""

    problems: int
    issues: List[str]
    tables: int
    pages: int
    used_pages: int
    free_pages: int
    payload_bytes: int
    txnid: int


class Defrag(TypedDict):
    """What Environment.defrag() returns. Amounts are pages."""

    complete: bool
    pages_shrinked: int
    pages_moved: int
    pages_retained: int
    pages_whole: int
    cycles: int
    stopping_reasons: int
    obstructed_txnid: int
    seconds: float


class Increment(TypedDict):
    """What increment_info() returns."""

    base_txnid: int
    txnid: int
    pages: int
    psize: int
    id: Tuple[int, int]
