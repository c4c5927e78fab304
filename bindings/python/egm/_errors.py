# SPDX-License-Identifier: MIT
"""The C statuses as exceptions. Each is also the built-in exception that a Python program would expect."""
import errno
import os


class Error(Exception):
    """A call failed: `status` is the number of egm/status.h, `text` the text of egm_last_error."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status, self.text = status, text

    def __reduce__(self):
        return type(self), (self.status, self.text)


class ArgumentError(Error, ValueError): "A value is out of its range."
class StateError(Error, RuntimeError): "A model is not built, or is built already; a handle is closed or in a call."
class ShapeError(Error, ValueError): "Sizes of arrays or networks do not fit each other."
class DtypeError(Error, ValueError, TypeError): "Numbers have another dtype than is needed, and do not convert."
class OutOfMemoryError(Error, MemoryError): "An allocation in the library failed."
class NonfiniteError(Error, ValueError): "Data, parameters, a loss term or a gradient contain NaN or infinity."
class DivergedError(Error, ArithmeticError): "Training failed with finite numbers, for example chains moved far away."
class FileError(Error, OSError):
    """The system could not open, read, write or rename a file: `errno`, `strerror` and `filename` say why and which. It
    is a FileNotFoundError, PermissionError, IsADirectoryError or NotADirectoryError as well, where it is one."""

    def __init__(self, status, text, filename=None):
        super().__init__(status, text)
        self.filename, (self.errno, self.strerror) = filename, _reason(text)

    def __str__(self):
        return self.text

    def __reduce__(self):
        return file_error, (self.status, self.text, self.filename)


class TruncatedError(FileError): "A file that the library keeps open has been truncated."
class FormatError(Error, ValueError): "A file is malformed, or does not fit the handle that reads it."
class UnsupportedError(Error, NotImplementedError): "Valid, but not supported by this build or CPU, or beyond a limit."


def _reason(text):
    """The errno in whose words the text of an error ends, and these words. A directory the library finds itself."""
    words = os.strerror(errno.EISDIR) if ": is a directory," in text else text.rpartition(": ")[2]
    return next(((number, words) for number in errno.errorcode if os.strerror(number) == words), (None, None))


_KINDS = {errno.ENOENT: FileNotFoundError, errno.EACCES: PermissionError, errno.EPERM: PermissionError,
          errno.EISDIR: IsADirectoryError, errno.ENOTDIR: NotADirectoryError}
_KINDS = {number: type("FileError", (FileError, kind), {"__module__": "egm", "__doc__": FileError.__doc__})
          for number, kind in _KINDS.items()}


def file_error(status, text, filename=None):
    """The exception of EGM_ERR_IO for this text."""
    return _KINDS.get(_reason(text)[0], FileError)(status, text, filename)


ARGUMENT, STATE, SHAPE, DTYPE, IO, STOPPED = -1, -2, -10, -20, -50, -80
ERRORS = {ARGUMENT: ArgumentError, STATE: StateError, SHAPE: ShapeError, DTYPE: DtypeError,
           -30: OutOfMemoryError, -40: NonfiniteError, -41: DivergedError,
           IO: FileError, -51: TruncatedError, -60: FormatError, -70: UnsupportedError}
