# SPDX-License-Identifier: MIT
"""Python functions that C calls, the exceptions that they raise, and signals that arrive meanwhile."""
import contextlib
import ctypes
import signal
import threading
from ctypes import POINTER, c_char_p, c_int, c_int32, c_void_p

from ._library import local
from ._structs import struct

_NUMBERS = [number for number in signal.valid_signals() if number < 32]  # the rest are real-time signals


PROGRESS = ctypes.CFUNCTYPE(c_int, POINTER(struct("progress")), c_void_p)
LOG = ctypes.CFUNCTYPE(None, c_int32, c_char_p, c_void_p)
LEVELS = {1: "warning", 2: "info"}
logs = {}  # the callback of each function; a handle may keep a context alive that Python has dropped


class Signals:
    """Delays signal handlers while C may call back, until the caller's own function runs or C is done.

    Python runs the handler of a signal before the first instruction of a function that C calls, outside of its
    `try`. An exception of the handler, such as KeyboardInterrupt, would be lost in ctypes, and C would read a status
    that nobody wrote. Only the main thread runs handlers."""

    def __enter__(self):
        self.inside, self.late, self.handlers = False, [], {}
        self.outer, local.signals = getattr(local, "signals", None), self
        if threading.current_thread() is threading.main_thread():
            found = {number: signal.getsignal(number) for number in _NUMBERS}
            self.handlers = {number: handler for number, handler in found.items() if callable(handler)}
        try:
            for number in self.handlers:
                signal.signal(number, self.arrive)
        except BaseException:  # raised by a handler that is not replaced yet
            self.__exit__()
            raise

    def arrive(self, number, frame):
        self.late.append((number, frame))
        if self.inside:
            self.deliver()

    def deliver(self):
        while self.late:
            number, frame = self.late.pop(0)
            self.handlers[number](number, frame)

    def __exit__(self, *_):
        local.signals = self.outer
        self.restore(list(self.handlers.items()))
        self.deliver()

    def restore(self, left):
        """Restores all handlers, even if one that is already restored raises."""
        try:
            while left:
                signal.signal(*left[-1])
                left.pop()
        finally:
            if left:
                self.restore(left)


class Callback:
    """A function as C calls it. C learns only that the function stopped the call; check() raises the reason."""

    def __init__(self, function):
        self.function = function

    def ask(self, *arguments):
        local.signals.inside = True
        local.signals.deliver()
        try:
            return self.function(*arguments)
        finally:
            local.signals.inside = False

    def __call__(self, *arguments):
        try:
            self.work(*arguments)
            return 0
        except BaseException as reason:
            local.reason = reason
            return 1


class Progress(Callback):
    """The progress callback of a long call. Lets a signal end the call, and calls the function if there is one; True
    shows a bar."""

    def __init__(self, function):
        if function is True:
            from ._bar import Bar
            function = Bar()
        if function is not None and not callable(function):
            raise TypeError("progress is %r, must be a function, True or None" % (function,))
        super().__init__(function)
        self.abandoned = False

    def work(self, progress, _):
        if self.abandoned:
            raise KeyboardInterrupt
        told = self.tell(progress.contents)
        if told is not None:
            self.ask(told)
        elif local.signals.late:
            local.signals.deliver()

    def tell(self, p):
        """The dict that the function gets, or None if it is not called this time."""
        return None if self.function is None else {"done": p.done, "total": p.total, **terms(p)}


def away(handle, function, progress=None):
    """Returns function(), which may take long, uses the handle and cannot be stopped, or only by its Progress and late.
    It runs in another thread while this one waits, so that a signal is handled at once: KeyboardInterrupt ends the
    call, and the thread frees what it made when it is done. A thread that has the handle already does not wait for
    itself."""
    if threading.current_thread() is not threading.main_thread() or handle._lock._is_owned():
        return function()
    results, done, path = [], threading.Event(), getattr(local, "path", None)

    def run():
        local.path = path
        try:
            results.append((function(), None))
        except BaseException as reason:
            results.append((None, reason))
        finally:
            done.set()
    try:
        threading.Thread(target=run, daemon=True).start()  # may be interrupted when it runs already
        done.wait()
    except BaseException:
        if progress is not None:
            progress.abandoned = True
        raise
    value, reason = results.pop()
    if reason is not None:
        raise reason
    return value


def terms(p):
    """The terms of a call by name; an empty dict if the call has no terms."""
    return {"terms": {p.term_names[i].decode(): p.terms[i] for i in range(p.term_count)}} if p.term_count else {}


def log(function):
    """The log callback for a function; every thread may call it."""
    if not callable(function):
        raise TypeError("log: a function expected, not %r" % (function,))
    if function not in logs:
        logs[function] = LOG(lambda level, line, _: function(LEVELS.get(level, "info"), line.decode(errors="replace")))
    return logs[function]


def guarded(calls_back):
    """The context manager for a call that may call back. Once a log function exists, every call may."""
    return Signals() if calls_back or logs else contextlib.nullcontext()
