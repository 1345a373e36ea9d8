# SPDX-License-Identifier: Apache-2.0
"""Exceptions: a class for each error code of the engine.

All are subclasses of Error, whose attribute ``code`` is the engine's code. Codes of the system that have no class of their own
raise Error itself.
"""
import errno
from typing import Dict, Optional, Type

__all__ = [
    "Error",
    "KeyExistsError",
    "NotFoundError",
    "PageNotFoundError",
    "CorruptedError",
    "PanicError",
    "VersionMismatchError",
    "InvalidError",
    "MapFullError",
    "DbsFullError",
    "ReadersFullError",
    "TxnFullError",
    "CursorFullError",
    "PageFullError",
    "UnableExtendMapsizeError",
    "IncompatibleError",
    "BadRslotError",
    "BadTxnError",
    "BadValsizeError",
    "BadDbiError",
    "ProblemError",
    "BusyError",
    "MultiValueError",
    "ClosedError",
    "WannaRecoveryError",
    "KeyMismatchError",
    "TooLargeError",
    "ThreadMismatchError",
    "TxnOverlappingError",
    "BacklogDepletedError",
    "DuplicatedLockError",
    "DanglingDbiError",
    "OustedError",
    "MvccRetardedError",
    "LaggardReaderError",
    "NoDataError",
    "InvalidParameterError",
    "ReadonlyError",
    "MemoryError",
    "ReadonlyFilesystemError",
    "NotSupportedError",
    "StorageError",
    "NotPermittedError",
    "StoppedError",
    "NoFileError",
    "RemoteError",
    "PathExistsError",
    "DeadlockError",
    "DiskError",
]


class Error(Exception):
    """An error of the engine. ``code`` is its number: negative for the engine, an errno for the system."""

    #: The code that the class stands for; None for Error itself.
    CODE: Optional[int] = None

    def __init__(self, message: str = "", code: Optional[int] = None) -> None:
        super().__init__(message)
        self.code = self.CODE if code is None else code


class KeyExistsError(Error):
    """The key or pair exists already."""

    CODE = -30799


class NotFoundError(Error):
    """There is no such record or table."""

    CODE = -30798


class PageNotFoundError(Error):
    """A page number points nowhere: the database is damaged."""

    CODE = -30797


class CorruptedError(Error):
    """The database is damaged."""

    CODE = -30796


class PanicError(Error):
    """The environment failed fatally: close it."""

    CODE = -30795


class VersionMismatchError(Error):
    """The file has another version of the format."""

    CODE = -30794


class InvalidError(Error):
    """The file is not a database."""

    CODE = -30793


class MapFullError(Error):
    """The upper bound of the file's size is reached."""

    CODE = -30792


class DbsFullError(Error):
    """There are more tables than max_dbs allows."""

    CODE = -30791


class ReadersFullError(Error):
    """There are more readers than max_readers allows."""

    CODE = -30790


class TxnFullError(Error):
    """The transaction changed too many pages."""

    CODE = -30788


class CursorFullError(Error):
    """A tree is deeper than any valid tree can be."""

    CODE = -30787


class PageFullError(Error):
    """A page has no room; the engine uses it internally."""

    CODE = -30786


class UnableExtendMapsizeError(Error):
    """The file or its mapping cannot grow."""

    CODE = -30785


class IncompatibleError(Error):
    """The operation does not fit the kind of the table, or the mode of the environment."""

    CODE = -30784


class BadRslotError(Error):
    """A reader slot was used wrongly."""

    CODE = -30783


class BadTxnError(Error):
    """The transaction has ended, is broken, or has a running nested transaction."""

    CODE = -30782


class BadValsizeError(Error):
    """The length of a key, a value or a name is impossible in this table."""

    CODE = -30781


class BadDbiError(Error):
    """The table was deleted, is not of this environment, or its creation was aborted."""

    CODE = -30780


class ProblemError(Error):
    """An unexpected internal error."""

    CODE = -30779


class BusyError(Error):
    """Another writer, user or thread is active."""

    CODE = -30778


class MultiValueError(Error):
    """The key has more than one value."""

    CODE = -30421


class ClosedError(Error):
    """The environment or the cursor is closed."""

    CODE = -30420


class WannaRecoveryError(Error):
    """The database must be opened for writing first, to be repaired."""

    CODE = -30419


class KeyMismatchError(Error):
    """Not the key at the cursor, or not in order for append=True."""

    CODE = -30418


class TooLargeError(Error):
    """A size is impossible on this system."""

    CODE = -30417


class ThreadMismatchError(Error):
    """Used by a thread that does not own it."""

    CODE = -30416


class TxnOverlappingError(Error):
    """A read and a write transaction on one thread."""

    CODE = -30415


class BacklogDepletedError(Error):
    """Short of pages while writing the free space table; the engine uses it internally."""

    CODE = -30414


class DuplicatedLockError(Error):
    """A second lock file exists or is in use."""

    CODE = -30413


class DanglingDbiError(Error):
    """The table is still in use."""

    CODE = -30412


class OustedError(Error):
    """A parked reader lost its snapshot."""

    CODE = -30411


class MvccRetardedError(Error):
    """The snapshot no longer exists."""

    CODE = -30410


class LaggardReaderError(Error):
    """A lagging reader is in the way."""

    CODE = -30409


class NoDataError(Error):
    """The cursor has no position."""

    CODE = errno.ENODATA


class InvalidParameterError(Error):
    """A wrong argument."""

    CODE = errno.EINVAL


class ReadonlyError(Error):
    """The transaction or environment is read-only, or the file system denies access."""

    CODE = errno.EACCES


class MemoryError(Error):  # pylint: disable=redefined-builtin
    """Out of memory."""

    CODE = errno.ENOMEM


class ReadonlyFilesystemError(Error):
    """The file system is read-only."""

    CODE = errno.EROFS


class NotSupportedError(Error):
    """The system does not support it."""

    CODE = errno.ENOTSUP


class StorageError(Error):
    """The storage failed."""

    CODE = errno.EIO


class NotPermittedError(Error):
    """Not allowed at this time, or not permitted."""

    CODE = errno.EPERM


class StoppedError(Error):
    """A check was stopped, or its time is over."""

    CODE = errno.EINTR


class NoFileError(Error):
    """There is no such file or directory."""

    CODE = errno.ENOENT


class RemoteError(Error):
    """The database is on a network file system: exclusive=True or lock=False is needed."""

    CODE = errno.EREMOTEIO


class PathExistsError(Error):
    """The file exists."""

    CODE = errno.EEXIST


class DeadlockError(Error):
    """Waiting would never end."""

    CODE = errno.EDEADLK


class DiskError(Error):
    """No space is left on the device."""

    CODE = errno.ENOSPC


#: The class of each code.
BY_CODE: Dict[int, Type[Error]] = {kind.CODE: kind for kind in Error.__subclasses__() if kind.CODE is not None}
