# SPDX-License-Identifier: MIT
"""Losses: egm/loss.h. One table at the end says of every system which nets and options it takes, in C's order."""
import inspect
from ctypes import POINTER, c_double, c_int, c_int32, c_int64, c_uint64, c_void_p

import numpy as np

from ._arrays import CODES, array
from ._callbacks import PROGRESS, Progress, Signals
from ._handles import Handle, expect, locked, together
from ._library import ARRAY, HANDLE, INT64, OUT, TEXT, UINT64, check, declare, integer, lib
from ._model import Model
from ._structs import DOUBLES, enumeration, struct

declare({
    "loss_free": (None, HANDLE), "loss_term_count": (c_int32, HANDLE), "loss_term_name": (TEXT, HANDLE, c_int32),
    "vae_log_likelihood_progress": (c_int, HANDLE, c_int, ARRAY, c_int64, c_int64, c_int64, c_uint64, ARRAY, PROGRESS,
                                    c_void_p),
})


class Loss(Handle):
    """What is minimised, on which nets: Loss.dsm(energy, sigma=0.5), Loss.gan(discriminator, generator) and their like,
    each described in egm/loss.h. It keeps its nets alive. help(egm.Loss) shows options and defaults.

    terms: the names of what a trainer reports, in the order of the phases."""
    _destroy = lib.egm_loss_free

    def __init__(self):
        raise TypeError("a loss comes from one of Loss.%s" % ", Loss.".join(Loss._systems))

    @classmethod
    def _of(cls, function, nets, options):
        loss = cls.__new__(cls)
        loss._nets, loss._dtype, loss._inputs = nets, nets[0].dtype, nets[0].inputs
        loss._create(together(*nets), function, options)
        loss._terms = tuple(loss._ask(lib.egm_loss_term_name, i).decode()
                            for i in range(loss._ask(lib.egm_loss_term_count)))
        return loss

    terms = property(lambda self: self._terms)
    dtype = property(lambda self: self._dtype)

    def vae_log_likelihood(self, x, samples, seed=0, progress=None):
        """A bound of log q(x) for each row of x [rows, columns], in nats, float64 [rows], that rises to log q(x) as
        `samples` grows; for losses from Loss.vae.

        progress(dict) is called from time to time, with "done" and "total" draws. What it raises ends the call and
        comes out, as KeyboardInterrupt does without any progress."""
        x = array("x", x, self.dtype, "the loss", (None, None))
        values, samples, seed = np.empty(len(x)), integer("samples", samples, INT64), integer("seed", seed, UINT64)
        callback = PROGRESS(Progress(progress))

        def run():
            pointer = self._open()
            try:
                self._busy = True
                with Signals():
                    return lib.egm_vae_log_likelihood_progress(pointer, CODES[x.dtype], x.ctypes.data, *x.shape,
                                                               samples, seed, values.ctypes.data, callback, None)
            finally:
                self._busy = False
        check(locked([self, *self._nets], run))
        return values

    _systems = []


def _system(name, nets, **members):
    """Adds Loss.<name>(nets..., options) for egm_<name>_create, with the options' defaults as its signature."""
    kind = struct(name + "_options", **members)
    nets = [net + "_net" if net in members else net for net in nets.split()]  # a decoder, and what it stands for
    declare({name + "_create": (c_int, OUT, *[HANDLE] * len(nets), POINTER(kind))})
    defaults, function, parameter = kind.defaults(), getattr(lib, "egm_%s_create" % name), inspect.Parameter
    signature = inspect.Signature([parameter(net, parameter.POSITIONAL_ONLY) for net in nets] + [
        parameter(option, parameter.KEYWORD_ONLY, default=defaults.keyword(option, parameter.empty))
        for option in kind.options])

    def create(*given, **options):
        signature.bind(*given, **options)
        return Loss._of(function, [expect(Model, net) for net in given], kind.defaults().set(options))

    create.__name__, create.__qualname__, create.__signature__ = name, "Loss." + name, signature
    create.__doc__ = "egm_%s_create of egm/loss.h." % name + "".join(
        "\n%s: %s." % (option, ", ".join(codes)) for option, codes in kind.choices.items())
    setattr(Loss, name, staticmethod(create))
    Loss._systems.append(name)


_GAN = enumeration("GAN", "non_saturating minimax least_squares hinge relativistic relativistic_average")
_AT = enumeration("AT", "interpolates real fake both")
_CODER = enumeration("CODER", "point gaussian")

_system("ml", "energy", regulariser=c_double)
_system("energy_gan", "energy generator third", entropy=enumeration("ENTROPY", "infogan jsd nwj dv"),
        marginal=enumeration("MARGINAL", "fresh derangement"), energy_steps=c_int32, reserved=c_int32,
        penalty=c_double, entropy_weight=c_double, noise=c_double, dv_decay=c_double)
_system("gan", "discriminator generator", form=_GAN, discriminator_steps=c_int32, generator_steps=c_int32,
        penalty_at=_AT, penalty=c_double, smoothing=c_double, step_penalty=c_double)
_system("vae", "encoder decoder", decoder=enumeration("DECODER", "gaussian gaussian_learned bernoulli"),
        reserved=c_int32, sigma=c_double, beta=c_double)
_system("aae", "discriminator encoder decoder", form=_GAN, discriminator_steps=c_int32, reconstruction=c_double,
        penalty=c_double)
_system("ali", "discriminator generator encoder", form=enumeration("ALI", "derived minimax swapped"),
        discriminator_steps=c_int32, generator_steps=c_int32, encoder=_CODER, generator=_CODER, full_terms=c_int32,
        penalty=c_double)
_system("wgan", "critic generator",
        penalty_kind=enumeration("PENALTY", "two_sided one_sided linear zero_centred finite_two_sided finite_linear"),
        penalty_at=_AT, critic_steps=c_int32, reserved=c_int32, penalty=c_double, clip=c_double)
_system("ls_gan", "energy generator", margin_norm=enumeration("MARGIN", "l1 l2"), energy_steps=c_int32,
        margin=c_double, slope=c_double, penalty=c_double)
_system("histogram", "generator", divergence=enumeration("DIVERGENCE", "kl reverse_kl jeffreys js"), bins=c_int32,
        masses=DOUBLES, lower=c_double, upper=c_double, bandwidth=c_double, floor=c_double)
_system("dae", "denoiser", sigma=c_double)
_system("dde", "data_energy sample_energy generator", energy_steps=c_int32, reserved=c_int32, sigma=c_double)
_system("dsm", "energy", sigma=c_double)
_system("annealed_dsm", "energy", spacing=enumeration("SPACING", "linear geometric"), reserved=c_int32,
        sigma0=c_double, sigma_low=c_double, sigma_high=c_double)
_system("score_matching", "energy", form=enumeration("SCORE", "explicit sliced"), projections=c_int32)
_system("cross_entropy", "classifier", label_smoothing=c_double)
