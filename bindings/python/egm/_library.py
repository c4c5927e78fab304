# SPDX-License-Identifier: MIT
"""Opens the library, declares the types of its functions, and turns statuses into exceptions. Each part of the
package declares the functions that it calls; a part corresponds to a header."""
import ctypes
import operator
import os
import sys
import threading
from ctypes import POINTER, c_char_p, c_int, c_void_p

from ._errors import ARGUMENT, ERRORS, IO, STOPPED, ArgumentError, Error, file_error

RELEASE = (0, 5)  # major.minor of the oldest library that has what this module calls
HANDLE, TEXT, OUT = c_void_p, c_char_p, POINTER(c_void_p)  # OUT: receives a new handle
INT32, INT64, UINT64 = (-2**31, 2**31 - 1), (-2**63, 2**63 - 1), (0, 2**64 - 1)
SONAME = {"darwin": "libegm.1.dylib", "win32": "libegm-1.dll"}.get(sys.platform, "libegm.so.1")


def _is_not(path, reason):
    return ImportError("egm: %s is not libegm or cannot be loaded (%s); EGM_LIBRARY may name the file" % (path, reason))


def bundled(package):
    """The library that a wheel puts beside the package, or None. Some systems have one folder for packages in Python
    alone and another, with lib64 in its name, for the rest."""
    parent = os.path.dirname(package)
    for site in (parent, parent.replace("/lib/", "/lib64/")):
        folder = os.path.join(site, ".egm.mesonpy.libs")
        for name in os.listdir(folder) if os.path.isdir(folder) else ():
            if name.startswith("libegm"):
                return os.path.join(folder, name)
    return None


def load(path):
    """Opens a library. Any newer one will do: it has the same name as long as it has what older programs use."""
    try:
        library = ctypes.CDLL(path)
        library.egm_version.restype, library.egm_version.argtypes = c_int, ()
    except (OSError, AttributeError) as reason:
        raise _is_not(path, reason) from None
    version = library.egm_version()
    if divmod(version // 100, 100) < RELEASE:
        raise ImportError("egm: %s is release %d.%d.%d, must be %d.%d or newer" % (
            path, version // 10000, version // 100 % 100, version % 100, *RELEASE))
    return library


PATH = os.environ.get("EGM_LIBRARY") or bundled(os.path.dirname(os.path.abspath(__file__))) or SONAME
lib = load(PATH)


def declare(signatures):
    """Declares the types of functions, by name without egm_: the result, then the arguments."""
    for name, (result, *arguments) in signatures.items():
        try:
            function = getattr(lib, "egm_" + name)
        except AttributeError as reason:
            raise _is_not(PATH, reason) from None
        function.restype, function.argtypes = result, arguments


declare({"version_string": (TEXT,), "last_error": (TEXT,)})
# .reason: the exception of a callback in this thread; .signals, .call, .serving: see Signals and Away; .path: the last
# one that C was given
local = threading.local()


def check(status):
    if status == STOPPED and hasattr(local, "reason"):
        raise local.__dict__.pop("reason")  # it must not be kept: its traceback keeps the arrays of the call alive
    if status == IO:
        text, path = lib.egm_last_error().decode(errors="surrogateescape"), getattr(local, "path", None)
        # The end of a long path is in the text. A call that reads data later names the file that it reads.
        raise file_error(status, text, path if path and os.fsdecode(path)[-200:] in text else None)
    if status != 0:
        raise ERRORS.get(status, Error)(status, lib.egm_last_error().decode(errors="replace"))


# ctypes truncates integers to their width, and C ends a text at the first zero byte: both are rejected here.
def integer(what, value, limits):
    try:
        value = operator.index(value)
    except TypeError:
        raise TypeError("%s: an integer expected, not %r" % (what, value)) from None
    if not limits[0] <= value <= limits[1]:
        raise ArgumentError(ARGUMENT, "%s: %d is not in %d to %d" % (what, value, *limits))
    return value


def text(what, value):
    if b"\0" in value:
        raise ArgumentError(ARGUMENT, "%s: %r contains a zero byte" % (what, value))
    return value


def path_text(path):
    local.path = os.fspath(path)
    return text("path", os.fsencode(path))


def choice(what, value, codes):
    if value not in codes:
        raise ArgumentError(ARGUMENT, "%s: %r is none of %s" % (what, value, ", ".join(codes)))
    return codes[value]
