# SPDX-License-Identifier: MIT
"""Python functions that C calls, the exceptions that they raise, and signals that arrive meanwhile."""
import _thread
import contextlib
import ctypes
import queue
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
        call = getattr(local, "call", None)
        if call is not None:
            return call.ask(self.function, arguments)
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

    def work(self, progress, _):
        told, call = self.tell(progress.contents), getattr(local, "call", None)
        if told is not None:
            self.ask(told)
        elif call is not None:
            call.check()
        elif local.signals.late:
            local.signals.deliver()

    def tell(self, p):
        """The dict that the function gets, or None if it is not called this time."""
        return None if self.function is None else {"done": p.done, "total": p.total, **terms(p)}


QUICK = 0.02  # seconds of a call that needs no thread
GRACE = 0.05  # seconds in which a signal is seen, and which a call then has to end by itself


class Away:
    """A call of C in a thread of its own. The thread of the caller waits, handles signals at once, and runs the
    functions that C calls. A signal handler that raises ends the wait: C is stopped at its next callback, if it has
    one, and until it returns the handles that it uses wait for it."""

    def __init__(self, function, handles, undo):
        self.function, self.undo, self.path = function, [undo], getattr(local, "path", None)
        self.handles = handles  # which must not be freed before C is done
        self.begin, self.asked, self.answers = [None], queue.SimpleQueue(), queue.SimpleQueue()
        self.stopped, self.done, self.failure = False, threading.Event(), None

    def run(self):
        try:
            self.begin.pop()
        except IndexError:  # abandon() was first
            return
        local.path, local.call = self.path, self
        try:
            self.function()
        except BaseException as reason:
            self.failure = reason
        finally:
            self.function = None  # the arrays of the call
            if self.stopped:
                self.drop()
            handles, self.handles = self.handles, ()
            self.done.set()
            del handles  # may free some of them
            self.asked.put(None)
            if self.stopped:
                self.drop()

    def wait(self):
        _thread.start_new_thread(self.run, ())  # a signal in Thread.start would leave half a Thread behind
        while True:
            try:
                asked = self.asked.get(timeout=GRACE)  # the system may give a signal to another thread
            except queue.Empty:
                continue
            if asked is None:
                break
            self.answers.put(self.serve(*asked))
        self.undo.clear()
        failure, self.failure = self.failure, None
        if failure is not None:
            raise failure

    def serve(self, function, arguments):
        local.serving = True
        try:
            return function(*arguments), None
        except BaseException as reason:
            return None, reason
        finally:
            local.serving = False

    def ask(self, function, arguments):
        """Runs function(*arguments) in the thread of the caller; called in the thread of C."""
        self.check()
        self.asked.put((function, arguments))
        result, reason = self.answers.get()
        if reason is not None:
            raise reason
        return result

    def check(self):
        if self.stopped:
            raise KeyboardInterrupt

    def abandon(self):
        self.stopped = True
        self.answers.put((None, KeyboardInterrupt()))
        try:
            self.begin.pop()
        except IndexError:  # it has begun
            pass
        else:
            self.done.set()
        if self.done.is_set():
            self.drop()

    def drop(self):
        """Frees what the call has made, once."""
        try:
            undo = self.undo.pop()
        except IndexError:
            return
        if undo is not None:
            undo()


def away(function, handles, undo=None, quick=False):
    """Runs function(), a call of C that may take long, so that a signal is handled at once. `handles` are those that it
    uses; undo() frees what it has made if nobody waits for it any more. Only the main thread handles signals; inside of
    a function that C calls, it is C that waits. quick: the call is known to be short, and a thread would cost more."""
    if quick or threading.get_ident() != threading.main_thread().ident or getattr(local, "serving", False):
        with Signals():
            return function()
    call = Away(function, handles, undo)
    try:
        call.wait()
    except BaseException:
        if not call.done.is_set():
            for handle in handles:
                handle._left += (call,)
        call.abandon()
        call.done.wait(GRACE)
        raise


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
