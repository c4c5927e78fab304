# SPDX-License-Identifier: MIT
"""The C statuses as exceptions, each also what a Python program would expect."""


class Error(Exception):
    """A call failed: `status` is the number of egm/status.h, `text` the library's line about it."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status, self.text = status, text

    def __reduce__(self):
        return type(self), (self.status, self.text)


class ArgumentError(Error, ValueError): "A value out of its range."
class StateError(Error, RuntimeError): "A model not built, or built twice; a handle after close() or in its own call."
class ShapeError(Error, ValueError): "Arrays or nets whose sizes do not fit."
class DtypeError(Error, ValueError): "float32 where float64 is expected, or the reverse."
class OutOfMemoryError(Error, MemoryError): "An allocation in the library failed."
class NonfiniteError(Error, ValueError): "NaN or infinity in data, parameters or results."
class DivergedError(Error, ArithmeticError): "Training went wrong with finite numbers, for example chains ran away."
class FileError(Error, OSError): "The system refused to open, read, write or rename a file."
class TruncatedError(FileError): "A file that stays open was truncated by somebody else."
class FormatError(Error, ValueError): "A file that is not what it claims to be."
class UnsupportedError(Error, NotImplementedError): "Valid, but not handled by this build or on this CPU."


ARGUMENT, STATE, SHAPE, DTYPE, STOPPED = -1, -2, -10, -20, -80
ERRORS = {ARGUMENT: ArgumentError, STATE: StateError, SHAPE: ShapeError, DTYPE: DtypeError,
           -30: OutOfMemoryError, -40: NonfiniteError, -41: DivergedError,
           -50: FileError, -51: TruncatedError, -60: FormatError, -70: UnsupportedError}
