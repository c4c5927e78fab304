# SPDX-License-Identifier: MIT
"""The C statuses as exceptions. Each is also the built-in exception that a Python program would expect."""


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
class DtypeError(Error, ValueError, TypeError): "An array or a network is float32 where float64 is needed, or the reverse."
class OutOfMemoryError(Error, MemoryError): "An allocation in the library failed."
class NonfiniteError(Error, ValueError): "Data, parameters, a loss term or a gradient contain NaN or infinity."
class DivergedError(Error, ArithmeticError): "Training failed with finite numbers, for example chains moved far away."
class FileError(Error, OSError): "The system could not open, read, write or rename a file."
class TruncatedError(FileError): "A file that the library keeps open has been truncated."
class FormatError(Error, ValueError): "A file is malformed, or does not fit the handle that reads it."
class UnsupportedError(Error, NotImplementedError): "Valid, but not supported by this build or CPU, or beyond a limit."


ARGUMENT, STATE, SHAPE, DTYPE, STOPPED = -1, -2, -10, -20, -80
ERRORS = {ARGUMENT: ArgumentError, STATE: StateError, SHAPE: ShapeError, DTYPE: DtypeError,
           -30: OutOfMemoryError, -40: NonfiniteError, -41: DivergedError,
           -50: FileError, -51: TruncatedError, -60: FormatError, -70: UnsupportedError}
