# SPDX-License-Identifier: MIT
"""Handles of the library as objects: ownership, one call at a time, close() in any order."""
import ctypes
import math
import threading
import time
import weakref
from ctypes import byref, c_size_t, c_void_p

from ._arrays import rows_of
from ._callbacks import QUICK, Signals, away, guarded, logs
from ._errors import STATE, Error, StateError
from ._library import check


class Handle:
    _callback = None  # the callback that C may call during a call of this handle
    _left = ()  # calls that use the handle and for which nobody waits any more: see Away
    _uses = ()  # the handles that C uses in a call of this one, besides it
    _pace = math.inf  # seconds that each unit of work of the last long call took

    def _create(self, ask, function, *arguments):
        """Creates the handle by function(out, parents..., arguments...). A signal does not interrupt it."""
        pointer = c_void_p()
        try:
            check(ask(lambda *rest: function(byref(pointer), *rest), *arguments))
        except BaseException:
            if pointer:
                self._destroy(pointer)
            raise
        return self._own(pointer)

    def _create_long(self, parent, function, *arguments):
        """The same for a function that may take long, such as one that reads a file."""
        pointer = c_void_p()

        def free():
            if pointer:  # may be the result so far of a call that was stopped
                self._destroy(pointer)
                pointer.value = None

        def make(*rest):
            try:
                check(function(byref(pointer), *rest))
                return 0
            except BaseException:
                free()
                raise
        parent._long(make, *arguments, undo=free)
        return self._own(pointer)

    def _own(self, pointer):
        self._pointer, self._lock, self._busy = pointer, threading.RLock(), False
        self._free = weakref.finalize(self, self._destroy, pointer)
        self._free.atexit = False  # at exit a daemon thread may still be in a call; the system frees all
        return self

    def _idle(self):
        if self._busy:  # the lock is held by this thread: it is in a callback of a call of this handle
            raise StateError(STATE, "%s is in a call, and its callback cannot use it" % type(self).__name__)

    def _open(self, reads=False):
        """Returns the pointer; the lock must be held. With `reads`, C decides which callbacks may make the call."""
        if not reads:
            self._idle()
        if self._left:
            self._settle()
        if not self._free.alive:
            raise StateError(STATE, "%s is closed" % type(self).__name__)
        return self._pointer

    def _ask(self, function, *arguments):
        with self._lock:
            pointer = self._open()
            try:
                self._busy = True
                if self._callback or logs:
                    with Signals():
                        return function(pointer, *arguments)
                return function(pointer, *arguments)
            finally:
                self._busy = False

    def _call(self, function, *arguments):
        check(self._ask(function, *arguments))

    def _long(self, function, *arguments, undo=None, work=None):
        """Makes a call that may take long, and that may call back. `work` is how much it has to do, in steps or rows.
        Functions of Python that are the energy of a target run in this thread, as they are called at every step: they
        and not the waiting let a signal through."""
        with self._lock:
            pointer = self._open()

            def run():
                check(function(pointer, *arguments))
            try:
                self._busy = True
                if self._callback:
                    with Signals():
                        run()
                else:
                    self._paced(run, (self, *self._uses), undo, work)
            finally:
                self._busy = False

    def _paced(self, run, handles, undo, work):
        if not work:
            return away(run, handles, undo)
        start = time.monotonic()
        away(run, handles, undo, work * self._pace < QUICK)
        self._pace = (time.monotonic() - start) / work

    def _read(self, function, *arguments):
        """Makes a call that is also allowed inside a callback of a call of this handle."""
        with self._lock, guarded(False):
            check(function(self._open(reads=True), *arguments))

    def _read_long(self, function, *arguments):
        """The same for a call that may take long, such as one that writes a file."""
        with self._lock:
            pointer = self._open(reads=True)
            away(lambda: check(function(pointer, *arguments)), (self, *self._uses))

    def _settle(self):
        """Waits for calls that a signal has left alone."""
        while self._left:
            self._left[0].done.wait()
            self._left = self._left[1:]

    def close(self):
        """Frees the handle now, not when the object is collected. Handles may be closed in any order; a second
        close() does nothing."""
        with self._lock:
            self._idle()
            self._settle()
            self._free()

    def __repr__(self):
        """What the handle is. It waits for no other thread, because debuggers and logs print it at any time."""
        name = "%s.%s" % (type(self).__module__, type(self).__name__)
        if "_lock" not in vars(self):  # what created it has failed, or is not done
            return "<%s, not created>" % name
        if not self._lock.acquire(blocking=False):
            return "<%s, in a call>" % name
        try:
            if self._busy or self._left or not self._free.alive:
                return "<%s, %s>" % (name, "in a call" if self._free.alive else "closed")
            return "<%s%s>" % (name, self._describe())
        except StateError:  # what it is made of is in a call
            return "<%s, in a call>" % name
        finally:
            self._lock.release()

    def _describe(self):
        return ""

    def __reduce__(self):
        """Without this, copy would make two objects that free the same handle."""
        raise TypeError("%s cannot be copied or pickled" % type(self).__name__)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


PORTION = 1024  # rows
SHORT = 5e7  # products of a call that is certainly short: 0.05 s where they are slow


def in_portions(handle, function, *arrays):
    """Calls a function of C on one part of the rows after another, each of some hundredths of a second, so that a
    signal ends it. Only for functions whose results for a row depend on that row alone, bit for bit."""
    def call(*some):
        handle._long(function, *map(rows_of, some), work=len(some[0]))
    with handle._lock:  # no other thread may change parameters meanwhile
        first, rows, total = 0, PORTION, len(arrays[0])
        while True:
            start = time.monotonic()
            try:
                call(*(x[first:first + rows] for x in arrays))
            except Error:  # C finds what is wrong with the whole before it computes, and names the row
                call(*arrays)
                raise
            first, took = first + rows, time.monotonic() - start
            if first >= total:
                return
            rows = 2 * rows if took < 0.01 else max(rows // 2, 1) if took > 0.04 else rows


def locked(handles, function):
    """Calls function() under the locks of several handles, which are always taken in the same order, so that no two
    threads wait for each other. No context manager: in Python it would leave a lock behind if a signal handler
    raises in it."""
    def take(locks):
        if not locks:
            return function()
        with locks[0]:
            return take(locks[1:])
    return take([handle._lock for handle in sorted(set(handles), key=id)])


def together(*handles):
    """The _ask of several handles together, for a C function that has all of their pointers as arguments and calls
    back only for the log."""
    def ask(function, *arguments):
        def run():
            with guarded(False):
                return function(*[handle._open() for handle in handles], *arguments)
        return locked(handles, run)
    return ask


def state(handle, function):
    """The bytes that a function such as egm_model_save_memory writes."""
    with handle._lock:  # so that the size is the same in both calls
        needed = c_size_t()
        handle._read_long(function, None, 0, byref(needed))
        buffer = ctypes.create_string_buffer(needed.value)
        handle._read_long(function, buffer, needed.value, byref(needed))
        return buffer.raw[:needed.value]


def bytes_of(content):
    """Pointer and length of bytes, a bytearray or a memoryview, for C to read."""
    content = bytes(memoryview(content))  # bytes(5) would be five zeros
    return content, len(content)


def expect(kind, handle):
    if not isinstance(handle, kind):  # C would accept any pointer
        raise TypeError("%s expected, not %s" % (kind.__name__, type(handle).__name__))
    return handle
