# SPDX-License-Identifier: MIT
"""Losses: egm/loss.h. The table at the end lists the networks of every system, in the order of C."""
import inspect
from ctypes import POINTER, c_int, c_int32, c_int64, c_uint64, c_void_p

import numpy as np

from ._arrays import Array, array, numbers, rows_of
from ._callbacks import PROGRESS, Progress, away
from ._docs import DOCS
from ._handles import Handle, expect, locked, together
from ._library import HANDLE, INT64, OUT, TEXT, UINT64, check, declare, integer, lib
from ._model import Model
from ._structs import struct, takes

declare({
    "loss_free": (None, HANDLE), "loss_term_count": (c_int32, HANDLE), "loss_term_name": (TEXT, HANDLE, c_int32),
    "loss_vae_log_likelihood": (c_int, HANDLE, Array, c_int64, c_uint64, Array, PROGRESS, c_void_p),
})


class Loss(Handle):
    """A loss on its networks: Loss.dsm(energy, sigma=0.5), Loss.gan(discriminator, generator) and so on. It keeps
    its networks alive. help(egm.Loss) shows options and defaults.

    terms: the names of the terms that a trainer reports, in the order of the phases."""
    _destroy = lib.egm_loss_free

    def __init__(self):
        raise TypeError("a loss comes from one of Loss.%s" % ", Loss.".join(Loss._systems))

    @classmethod
    def _of(cls, function, nets, *arguments):
        loss = cls.__new__(cls)
        loss._nets_named = ", ".join("'%s'" % net.name for net in nets)
        loss._nets, loss._dtype, loss._name = nets, nets[0].dtype, function.__name__[len("egm_loss_"):]
        loss._create(together(*nets), function, *arguments)
        loss._terms = tuple(loss._ask(lib.egm_loss_term_name, i).decode()
                            for i in range(loss._ask(lib.egm_loss_term_count)))
        return loss

    def _describe(self):
        return ".%s of %s; terms %s" % (self._name, self._nets_named, ", ".join(self._terms))

    terms = property(lambda self: self._terms, doc="The names of the terms.")
    dtype = property(lambda self: self._dtype, doc="The dtype of the networks and of the data.")

    def vae_log_likelihood(self, x, samples, seed=0, progress=None):
        """A lower bound of log q(x) for each row of x [rows, columns], in nats, float64 [rows]. It rises to log q(x) as
        `samples` grows. Only for losses of Loss.vae.

        progress(dict) is called from time to time, with "done" and "total" draws. It may raise to end the call; the
        exception is raised by the call, as is KeyboardInterrupt, which needs no progress function."""
        x = array("x", x, self.dtype, "the loss", (None, None))
        values, samples, seed = np.empty(len(x)), integer("samples", samples, INT64), integer("seed", seed, UINT64)
        callback = PROGRESS(Progress(progress))

        def run():
            pointer = self._open()
            for net in self._nets:
                net._settle()
            try:
                self._busy = True
                away(lambda: check(lib.egm_loss_vae_log_likelihood(pointer, rows_of(x), samples, seed, rows_of(values),
                                                                   callback, None)), (self, *self._nets))
            finally:
                self._busy = False
        locked([self, *self._nets], run)
        return values

    _systems = []


def _system(name, nets, arrays=""):
    """Adds Loss.<name>(nets..., arrays..., options), which calls egm_loss_<name>."""
    kind, arrays = struct(name + "_options"), arrays.split()
    nets = [net + "_net" if net in kind.options else net for net in nets.split()]  # the decoder is an option, too
    declare({"loss_" + name: (c_int, OUT, *[HANDLE] * len(nets), *[Array] * len(arrays), POINTER(kind))})
    function, given_first, parameter = getattr(lib, "egm_loss_" + name), len(nets), inspect.Parameter

    def create(*given, **options):
        bound = create.__signature__.bind(*given, **options).arguments
        values = [numbers(what, bound[what], (None,)) for what in arrays]
        made = kind.defaults().set({name: value for name, value in options.items() if name not in arrays})
        return Loss._of(function, [expect(Model, net) for net in given[:given_first]],
                        *(rows_of(value) for value in values), made)

    create.__name__, create.__qualname__ = name, "Loss." + name
    create.__doc__ = DOCS["loss_" + name]
    create.__signature__ = inspect.Signature([parameter(net, parameter.POSITIONAL_ONLY) for net in nets] + [
        parameter(what, parameter.POSITIONAL_OR_KEYWORD) for what in arrays])
    setattr(Loss, name, staticmethod(takes(kind)(create)))
    Loss._systems.append(name)


_system("ml", "energy")
_system("energy_gan", "energy generator information")
_system("gan", "discriminator generator")
_system("vae", "encoder decoder")
_system("aae", "discriminator encoder decoder")
_system("ali", "discriminator generator encoder")
_system("wgan", "critic generator")
_system("ls_gan", "energy generator")
_system("histogram", "generator", "masses")
_system("dae", "denoiser")
_system("dde", "data_energy sample_energy generator")
_system("dsm", "energy")
_system("annealed_dsm", "energy")
_system("score_matching", "energy")
_system("cross_entropy", "classifier")
