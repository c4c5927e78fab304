# SPDX-License-Identifier: MIT
"""Training: egm/train.h."""
from ctypes import POINTER, c_double, c_int, c_int32, c_int64, c_uint64, c_void_p

from ._arrays import array
from ._callbacks import PROGRESS, Progress, Signals
from ._data import Block, Data
from ._errors import STATE, StateError
from ._handles import Handle, expect, locked, together
from ._library import HANDLE, INT64, OUT, TEXT, check, declare, integer, lib, path_text
from ._loss import Loss
from ._model import Context, Model
from ._sampler import SamplerOptions, Target, sampler_options
from ._structs import enumeration, struct

_TrainerOptions = struct("trainer_options", seed=c_uint64, batch=c_int64,
                         optimizer=enumeration("OPTIMIZER", "adam rmsprop sgd"),
                         schedule=enumeration("SCHEDULE", "constant linear cosine"), schedule_steps=c_int64,
                         warmup_steps=c_int64, final_fraction=c_double, learning_rate=c_double, beta1=c_double,
                         beta2=c_double, epsilon=c_double, momentum=c_double, clip_norm=c_double,
                         average_decay=c_double)
_NegativesOptions = struct("negatives_options", start=enumeration("NEGATIVES", "cd pcd short_run"), reserved=c_int32,
                           steps=c_int64, buffer=c_int64, restart=c_double, adapt_step=c_int32, reserved2=c_int32)
_NegativesStatistics = struct("negatives_statistics", **dict.fromkeys(
    "acceptance step_size restarted ran_away gap gap_limit".split(), c_double))
declare({
    "trainer_create": (c_int, OUT, HANDLE, POINTER(_TrainerOptions)), "trainer_free": (None, HANDLE),
    "trainer_fit": (c_int, HANDLE, HANDLE, c_int64, PROGRESS, c_void_p),
    "trainer_set_negatives": (c_int, HANDLE, HANDLE, POINTER(_NegativesOptions), POINTER(SamplerOptions)),
    "trainer_negatives_stats": (c_int, HANDLE, POINTER(_NegativesStatistics)),
    "trainer_steps": (c_int64, HANDLE), "trainer_term": (c_double, HANDLE, c_int32),
    "trainer_set_learning_rate": (c_int, HANDLE, HANDLE, c_double),
    "trainer_average": (c_int, HANDLE, HANDLE, OUT),
    "trainer_save": (c_int, HANDLE, TEXT), "trainer_load": (c_int, HANDLE, TEXT, c_void_p),
})


class _Progress(Progress):
    """Called after each step, so that a signal ends the training; asks the function after every n of them."""

    def __init__(self, function, every, names):
        super().__init__(function)
        self.every, self.names = every, names

    def tell(self, p):
        if self.function is None or (p.done % self.every and p.done != p.total):
            return None
        return {"step": p.step, "done": p.done, "total": p.total, "learning_rate": p.learning_rate,
                "terms": dict(zip(self.names, p.terms[:p.term_count]))}


class Trainer(Handle):
    """Moves the nets of a loss, which it keeps alive. optimizer: "adam", "rmsprop" or "sgd"; schedule: "constant",
    "linear" or "cosine".

    Options: seed, batch, learning_rate, beta1, beta2, epsilon, momentum of sgd; schedule_steps, warmup_steps and
    final_fraction of schedules; clip_norm; average_decay, which average() needs."""
    _destroy = lib.egm_trainer_free
    _fits = 0  # calls of fit() that are running, one inside of the other

    def __init__(self, loss, **options):
        struct = _TrainerOptions.defaults().set(options)
        self._nets, self._inputs = expect(Loss, loss)._nets, loss._inputs
        self._dtype, self._terms = loss.dtype, loss.terms
        self._create(loss._ask, lib.egm_trainer_create, struct)

    dtype = property(lambda self: self._dtype)

    def fit(self, x, steps, progress=None, every=1):
        """Does `steps` training steps on x, an array [rows, columns] of which it takes a copy, or a Data, which is for
        repeated calls; None for a loss that takes no data.

        progress(dict) is called after every `every` steps and the last, with "step", "done", "total", "learning_rate"
        and "terms", the members of egm_progress. What it returns does not matter; what it raises stops the training
        after that step and comes out, as KeyboardInterrupt does without any progress, and fit() may go on from there.
        It may use the nets and the trainer, to save() for one; other threads wait for both until fit() is done."""
        steps, every = integer("steps", steps, (0, INT64[1])), integer("every", every, (1, INT64[1]))
        callback = PROGRESS(_Progress(progress, every, self._terms))
        if x is None or isinstance(x, Data):
            return self._fit(x and x._read(), steps, callback)
        array("x", x, self.dtype, "the trainer", (None, None))
        with Context() as context, Block(context, x) as block:  # a destructor loses what handlers of signals raise
            return self._fit(block, steps, callback)

    def _fit(self, block, steps, callback):
        def run():
            pointer, fits = self._open(), self._fits
            try:
                self._fits = fits + 1
                with Signals():
                    return lib.egm_trainer_fit(pointer, block and block._pointer, steps, callback, None)
            finally:
                self._fits = fits
        check(locked([self, *self._nets], run))

    def close(self):
        with self._lock:
            if self._fits:
                raise StateError(STATE, "Trainer is in a call, and its callback cannot close it")
            super().close()

    steps = property(lambda self: self._ask(lib.egm_trainer_steps), doc="Steps done.")

    @property
    def terms(self):
        """Each term at its last evaluation, by name; NaN before the first."""
        return {name: self._ask(lib.egm_trainer_term, i) for i, name in enumerate(self._terms)}

    def learning_rate(self, value, net=None):
        """Sets the base learning rate of one net, or of all."""
        if net is None:
            self._call(lib.egm_trainer_set_learning_rate, None, value)
        else:
            check(together(self, expect(Model, net))(lib.egm_trainer_set_learning_rate, value))

    def average(self, net):
        """A new model with the moving average of a network's parameters, as the moves of that network left them.

        Move t keeps min(average_decay, (t - 1)/(t + 8)) of the average: the initial network has no part in it."""
        return Model.__new__(Model)._create(together(self, expect(Model, net)), lambda out, trainer, net:
                                            lib.egm_trainer_average(trainer, net, out))

    def save(self, path):
        self._call(lib.egm_trainer_save, path_text(path))

    def load(self, path):
        """Reads what save() wrote of the same kinds of nets, loss and optimiser: training goes on bit for bit, once
        learning rates are set that learning_rate() had set."""
        self._call(lib.egm_trainer_load, path_text(path), None)

    def negatives(self, start="pcd", *, target=None, kernel=None, **options):
        """How a trainer of Loss.ml draws negative samples from now on. start: "cd", "pcd" or "short_run"; target: a
        Target.model of the loss's energy, None for the energy as it is.

        kernel: None chooses mala with a step that is adapted during training and chains that begin anew near the
        data, or ula where options of a sampler are given. Options: steps, the transitions for each batch; buffer and
        restart of pcd; adapt_step; those of Sampler with this kernel but for chains and seed, which are the batch and
        the trainer's seed."""
        own = {name: options.pop(name) for name in _NegativesOptions.options if name in options}
        struct = _NegativesOptions.defaults().set({"start": start, **own})
        sampler = None
        if kernel is not None or options:
            sampler = sampler_options(kernel or "ula", options, self._inputs, without=("chains", "seed"))
        if target is None:
            self._call(lib.egm_trainer_set_negatives, None, struct, sampler)
        else:
            check(together(self, expect(Target, target))(lib.egm_trainer_set_negatives, struct, sampler))

    def negatives_stats(self):
        """How the chains behind the negative samples of Loss.ml are doing: a dict with the members of
        egm_negatives_statistics."""
        statistics = _NegativesStatistics.defaults()
        self._call(lib.egm_trainer_negatives_stats, statistics)
        return statistics.as_dict()
