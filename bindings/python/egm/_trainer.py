# SPDX-License-Identifier: MIT
"""Training: egm/trainer.h."""
from ctypes import POINTER, c_char_p, c_double, c_int, c_int32, c_int64, c_size_t, c_void_p

from ._arrays import array, rows_of
from ._callbacks import PROGRESS, Progress, Signals
from ._data import Block, Data
from ._errors import STATE, StateError
from ._handles import Handle, bytes_of, expect, locked, state, together
from ._library import HANDLE, INT64, OUT, TEXT, check, declare, integer, lib, path_text
from ._loss import Loss
from ._model import Context, LoadOptions, Model, limits
from ._sampler import Sampler
from ._structs import struct, takes

_TrainerOptions, _NegativesOptions = struct("trainer_options"), struct("negatives_options")
_NegativesStatistics = struct("negatives_statistics")
declare({
    "trainer_create": (c_int, OUT, HANDLE, POINTER(_TrainerOptions)), "trainer_free": (None, HANDLE),
    "trainer_fit": (c_int, HANDLE, HANDLE, c_int64, PROGRESS, c_void_p),
    "trainer_set_negatives": (c_int, HANDLE, HANDLE, POINTER(_NegativesOptions)),
    "trainer_negatives_stats": (c_int, HANDLE, POINTER(_NegativesStatistics)),
    "trainer_steps": (c_int64, HANDLE), "trainer_term": (c_double, HANDLE, c_int32),
    "trainer_set_learning_rate": (c_int, HANDLE, HANDLE, c_double),
    "trainer_average": (c_int, OUT, HANDLE, HANDLE), "trainer_arena_bytes": (c_size_t, HANDLE),
    "trainer_save": (c_int, HANDLE, TEXT), "trainer_restore": (c_int, HANDLE, TEXT, POINTER(LoadOptions)),
    "trainer_save_memory": (c_int, HANDLE, c_void_p, c_size_t, POINTER(c_size_t)),
    "trainer_restore_memory": (c_int, HANDLE, c_char_p, c_size_t, POINTER(LoadOptions)),
})


class _Progress(Progress):
    """Called after each step, so that a signal ends the training. Calls the function after every `every` steps."""

    def __init__(self, function, every):
        super().__init__(function)
        self.every = every

    def tell(self, p):
        if self.function is None or (p.done % self.every and p.done != p.total):
            return None
        return {"step": p.step, "learning_rate": p.learning_rate, **super().tell(p)}


class Trainer(Handle):
    """Trains the networks of a loss, which it keeps alive: Trainer(loss, batch=128, learning_rate=1e-3)."""
    _destroy = lib.egm_trainer_free
    _fits = 0  # number of running calls of fit(), one inside of the other

    @takes(_TrainerOptions)
    def __init__(self, loss, **options):
        made = _TrainerOptions.defaults().set(options)
        self._nets, self._dtype, self._terms = expect(Loss, loss)._nets, loss.dtype, loss.terms
        self._loss = loss._name
        self._create(loss._ask, lib.egm_trainer_create, made)

    dtype = property(lambda self: self._dtype, doc="The dtype of the networks and of the data.")

    def _describe(self):
        return " of Loss.%s, step %d" % (self._loss, self.steps)

    def fit(self, x, steps, progress=None, every=1):
        """Does `steps` training steps on x: an array [rows, columns], which must not change meanwhile, or Data; None
        for a loss that needs no data.

        progress(dict) is called after every `every` steps and after the last, with "step", "done", "total",
        "learning_rate" and "terms", the members of egm_progress; its result is ignored. It may use the networks and
        the trainer, for example save(); other threads wait for both until fit() returns. If it raises, the training
        stops after that step and fit() raises the same exception, as it does for KeyboardInterrupt, which needs no
        progress function. A further fit() continues the training. Returns the trainer."""
        steps, every = integer("steps", steps, (0, INT64[1])), integer("every", every, (1, INT64[1]))
        callback = PROGRESS(_Progress(progress, every))
        if x is None or isinstance(x, Data):
            return self._fit(x and x._read(), steps, callback)
        x = array("x", x, self.dtype, "the trainer", (None, None))
        with Context() as context:  # closed here: a destructor loses what a signal handler raises
            block = Block.make(context, lib.egm_data_view, rows_of(x), keeps=x)
            try:
                return self._fit(block, steps, callback)
            finally:
                if not self._left:  # otherwise the step that is left alone still reads it
                    block.close()

    def _fit(self, block, steps, callback):
        def call(pointer):
            check(lib.egm_trainer_fit(pointer, block and block._pointer, steps, callback, None))

        def run():
            pointer, fits = self._open(), self._fits
            for net in self._nets:
                net._settle()
            try:
                self._fits = fits + 1
                if block and block.calls_back:
                    with Signals():
                        call(pointer)
                else:
                    self._paced(lambda: call(pointer), (self, *self._nets), None, steps)
            finally:
                self._fits = fits
        locked([self, *self._nets], run)
        return self

    def close(self):
        """Frees the trainer now. StateError inside of fit()."""
        with self._lock:
            if self._fits:
                raise StateError(STATE, "Trainer is in a call, and its callback cannot close it")
            super().close()

    steps = property(lambda self: self._ask(lib.egm_trainer_steps), doc="Number of steps done.")

    @property
    def terms(self):
        """The value of each term at its last evaluation, by name; NaN before the first."""
        return {name: self._ask(lib.egm_trainer_term, i) for i, name in enumerate(self._terms)}

    arena_bytes = property(lambda self: self._ask(lib.egm_trainer_arena_bytes),
                           doc="Bytes of the working memory of a step.")

    def set_learning_rate(self, value, net=None):
        """Sets the base learning rate of one network, or of all."""
        if net is None:
            self._call(lib.egm_trainer_set_learning_rate, None, value)
        else:
            check(together(self, expect(Model, net))(lib.egm_trainer_set_learning_rate, value))

    def average(self, net):
        """Creates a model with the moving average of a network's parameters as they are after each update of that
        network.

        Update t keeps the share min(average_decay, (t - 1)/(t + 8)) of the average, so the initial network has no
        part in it."""
        return Model.__new__(Model)._create(together(self, expect(Model, net)), lib.egm_trainer_average)

    def save(self, path):
        """Writes a checkpoint, a safetensors file; an existing file is replaced as a whole."""
        self._read_long(lib.egm_trainer_save, path_text(path))

    @takes(LoadOptions, ("max_row_numbers",))
    def restore(self, path, **options):
        """Reads a file of save() into a trainer with the same kinds of networks, loss and optimiser. The training
        continues bit for bit, if learning rates of set_learning_rate() are set again."""
        self._long(lib.egm_trainer_restore, path_text(path), limits(options))

    def state(self):
        """The bytes of a checkpoint."""
        return state(self, lib.egm_trainer_save_memory)

    @takes(LoadOptions, ("max_row_numbers",))
    def restore_state(self, content, **options):
        """Does the same as restore(), with the bytes of a checkpoint."""
        self._long(lib.egm_trainer_restore_memory, *bytes_of(content), limits(options))

    @takes(_NegativesOptions)
    def set_negatives(self, sampler=None, **options):
        """Sets how a trainer of Loss.ml draws negative samples from now on: with the kernel, the options and the target
        of a sampler on a Target.model of the loss's energy, for example Sampler.ula(Target.model(energy,
        prior_scale=1)). The trainer makes chains of its own, one for each row of the batch, with its own seed.

        None: mala on the energy as it is. Its step size is adapted during training, and chains that begin anew begin
        near the data."""
        made = _NegativesOptions.defaults().set(options)
        if sampler is None:
            self._call(lib.egm_trainer_set_negatives, None, made)
        else:
            check(together(self, expect(Sampler, sampler))(lib.egm_trainer_set_negatives, made))

    def negatives_stats(self):
        """The statistics of the chains that draw the negative samples of Loss.ml: a dict with the members of
        egm_negatives_statistics."""
        statistics = _NegativesStatistics.defaults()
        self._call(lib.egm_trainer_negatives_stats, statistics)
        return statistics.as_dict()
