#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws the pictures of doc/howto: choose.png, the systems by what they are for, each trained on the same points; and
loss_curves.png, how their losses look while samples get better.

usage: howto.py     with matplotlib, and the Python binding in PYTHONPATH
"""
import pathlib

import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

import egm

HERE = pathlib.Path(__file__).parent
WIDE, HIGH = 2.1, 1.7
INK, DRAWN, COLORS = "#14507a", "#b5341c", ("#14507a", "#c98a1b")


def moons(n, rng):
    """Two half circles of radius 1 that face each other, with noise of standard deviation 0.1."""
    angle, side = np.pi * rng.uniform(size=n), np.arange(n) % 2
    upper = np.stack([np.cos(angle) - 0.5, np.sin(angle) - 0.05], 1)
    return (np.where(side[:, None], -upper, upper) + 0.1 * rng.standard_normal((n, 2))).astype(np.float32), side


class Made:
    """Networks of one width, and trainings with one set of options."""

    def __init__(self, x):
        self.context, self.x, self.seed, self.curve = egm.Context(), x, 0, {}

    def net(self, name, inputs, outputs, width=64):
        self.seed += 1
        return egm.Model(self.context, name, inputs).dense(width).silu().dense(width).silu().dense(outputs).build(
            np.float32, seed=self.seed)

    def train(self, loss, net, steps, rate=2e-3, x=None, reads=True, watch=None, **options):
        trainer = egm.Trainer(loss, batch=128, learning_rate=rate, schedule="linear", schedule_steps=steps,
                              average_decay=0.995, seed=1, **options)
        curve, window, part = [], [], max(1, steps // 40)

        def report(p):  # the mean over a fortieth of the training, because one batch says little
            window.append(p["terms"])
            if p["step"] % part == 0:
                curve.append({term: np.mean([terms[term] for terms in window]) for term in p["terms"]})
                curve[-1].update(step=p["step"], quality=watch(trainer.average(net)) if watch else 0)
                window.clear()
        with egm.Data(self.context, self.x if x is None else x) as data:
            trainer.fit(data if reads else None, steps, progress=report)
        self.curve = curve
        return trainer.average(net)


def systems(made, labels):
    """name -> (what is drawn, a function): all on the same points."""
    grid = np.stack(np.meshgrid(np.linspace(-WIDE, WIDE, 150), np.linspace(-HIGH, HIGH, 120)), -1).reshape(-1, 2)

    def energy(net):
        return net.energy(grid.astype(np.float32))

    def em():
        mixture = egm.Mixture.fit(made.context, made.x.astype(np.float64), 8)
        return -mixture.log_density(grid)

    def dsm():
        net = made.net("energy", 2, 1)
        return energy(made.train(egm.Loss.dsm(net, sigma=0.15), net, 4000))

    def annealed_dsm():
        net = made.net("energy", 2, 1)
        return energy(made.train(egm.Loss.annealed_dsm(net, sigma0=0.1, sigma_low=0.07, sigma_high=0.6), net, 6000))

    def ml():
        net = made.net("energy", 2, 1)
        return energy(made.train(egm.Loss.ml(net), net, 5000, rate=1e-3))

    def drawn(system, steps, **options):
        def work():
            generator = made.net("generator", 4, 2)
            if system == "energy_gan":
                other = made.net("energy", 2, 1), made.net("information", 6, 1)
                loss = egm.Loss.energy_gan(other[0], generator, other[1], **options)
            else:
                loss = getattr(egm.Loss, system)(made.net("critic", 2, 1), generator, **options)
            return made.train(loss, generator, steps, rate=1e-3).generate(1, 1500)
        return work

    def dde():
        energy_net, own = made.net("energy", 2, 1), made.net("own", 2, 1)
        known = made.train(egm.Loss.dsm(energy_net, sigma=0.15), energy_net, 4000)
        generator = made.net("generator", 4, 2)
        loss = egm.Loss.dde(known, own, generator, sigma=0.15)
        return made.train(loss, generator, 4000, rate=1e-3, reads=False).generate(1, 1500)

    def coded(system):
        def work():
            encoder, decoder = made.net("encoder", 2, 4 if system == "vae" else 2), made.net("decoder", 2, 4 if system == "vae" else 2)
            if system == "vae":
                loss = egm.Loss.vae(encoder, decoder, decoder="gaussian_learned")
            elif system == "aae":
                loss = egm.Loss.aae(made.net("discriminator", 2, 1), encoder, decoder)
            else:
                loss = egm.Loss.ali(made.net("discriminator", 4, 1), decoder, encoder)
            return made.train(loss, encoder, 3000, rate=1e-3).run(made.x[:1500])[:, :2]
        return work

    def cross_entropy():
        net = made.net("classifier", 2, 2)
        rows = np.concatenate([made.x, np.eye(2, dtype=np.float32)[labels]], 1)
        out = made.train(egm.Loss.cross_entropy(net), net, 1000, x=rows).run(grid.astype(np.float32))
        return 1 / (1 + np.exp(out[:, 1] - out[:, 0]))

    return (
        ("Score new rows: learn an energy, low where rows are likely", (
            ("em", "few dimensions, clusters", "energy", em), ("dsm", "the cheapest, no chains", "energy", dsm),
            ("annealed_dsm", "detail at many scales", "energy", annealed_dsm),
            ("ml", "likelihood, by chains", "energy", ml))),
        ("Draw new rows: learn a generator", (
            ("energy_gan", "an energy as well", "drawn", drawn("energy_gan", 6000)),
            ("wgan", "few settings to choose", "drawn", drawn("wgan", 6000, penalty_kind="one_sided", penalty=1.0)),
            ("gan", "fast; six forms", "drawn", drawn("gan", 12000, penalty=0.1)),
            ("dde", "from an energy, no adversary", "drawn", dde))),
        ("Encode each row, or label it", (
            ("vae", "with a bound on the likelihood", "code", coded("vae")),
            ("aae", "sharper reconstructions", "code", coded("aae")),
            ("ali", "no reconstruction term", "code", coded("ali")),
            ("cross_entropy", "labels: a classifier", "share", cross_entropy))))


def tile(axis, name, text, kind, values, made, labels):
    box = dict(extent=(-WIDE, WIDE, -HIGH, HIGH), origin="lower", aspect="auto")
    if kind == "energy":
        u = values.reshape(120, 150) - np.quantile(values, 0.02)
        axis.imshow(np.minimum(u, 9), cmap="magma_r", **box)
    elif kind == "share":
        axis.imshow(values.reshape(120, 150), cmap="RdBu", vmin=-0.3, vmax=1.3, **box)
        axis.scatter(*made.x[:600].T, s=1.5, c=[COLORS[label] for label in labels[:600]], linewidths=0)
    elif kind == "drawn":
        axis.scatter(*values.T, s=1.5, c=DRAWN, linewidths=0)
        axis.set(xlim=(-WIDE, WIDE), ylim=(-HIGH, HIGH))
    else:
        axis.scatter(*values.T, s=1.5, c=[COLORS[label] for label in labels[:1500]], linewidths=0)
        axis.set(xlim=(-3.2, 3.2), ylim=(-3.2, 3.2))
    axis.set(xticks=[], yticks=[])
    axis.set_title(name, fontsize=12, fontweight="bold", loc="left", pad=17)
    axis.text(0, 1.03, text, transform=axis.transAxes, fontsize=9.5, color="#333333")


def choose():
    x, labels = moons(4000, np.random.default_rng(1))
    made = Made(x)
    rows = systems(made, labels)
    figure = plt.figure(figsize=(11, 9.6))
    for i, (question, tiles) in enumerate(rows):
        top = 0.985 - i * 0.33
        figure.text(0.012, top - 0.012, question, fontsize=14, color="white", fontweight="bold",
                    bbox=dict(boxstyle="round,pad=0.35", fc=INK, ec=INK))
        for j, (name, text, kind, work) in enumerate(tiles):
            tile(figure.add_axes([0.012 + j * 0.248, top - 0.305, 0.232, 0.22]), name, text, kind, work(), made, labels)
            print(name, flush=True)
    figure.savefig(HERE / "choose.png", dpi=100, metadata={"Software": None})


def loss_curves():
    rng = np.random.default_rng(1)
    x, _ = moons(4000, rng)
    fresh, _ = moons(1000, rng)
    made = Made(x)

    def quality(generator):
        return egm.metric.energy(generator.generate(1, 1000), fresh, estimator="biased")
    curves = []
    net = made.net("energy", 2, 1)
    made.train(egm.Loss.dsm(net, sigma=0.15), net, 3000)
    curves.append(("dsm: falls to its minimum", made.curve, ("score_matching",)))
    generator = made.net("generator", 4, 2)
    made.train(egm.Loss.wgan(made.net("critic", 2, 1), generator, penalty_kind="one_sided", penalty=1.0),
               generator, 4000, rate=1e-3, watch=quality)
    curves.append(("wgan: critic_real - critic_fake falls", made.curve, ("gap",)))
    generator = made.net("generator", 4, 2)
    made.train(egm.Loss.gan(made.net("discriminator", 2, 1), generator, penalty=0.1), generator, 8000, rate=1e-3,
               watch=quality)
    curves.append(("gan: says little", made.curve, ("discriminator", "generator")))
    figure, axes = plt.subplots(1, 3, figsize=(12, 3.2))
    for axis, (title, curve, terms) in zip(axes, curves):
        steps = [p["step"] for p in curve]
        for term, color in zip(terms, (INK, "#c98a1b")):
            axis.plot(steps, [abs(p["critic_real"] - p["critic_fake"]) if term == "gap" else p[term] for p in curve],
                      color=color, label="|critic_real - critic_fake|" if term == "gap" else term)
        axis.set_title(title, fontsize=12, loc="left")
        axis.set_xlabel("step")
        axis.grid(alpha=0.3)
        if curve[0]["quality"]:
            other = axis.twinx()
            other.plot(steps, [p["quality"] for p in curve], color=DRAWN, linestyle="--", label="energy distance")
            other.set(yscale="log")
            axis.plot([], [], color=DRAWN, linestyle="--", label="energy distance (right)")
        axis.legend(fontsize=8.5, loc="upper right")
    figure.tight_layout()
    figure.savefig(HERE / "loss_curves.png", dpi=100, metadata={"Software": None})


choose()
loss_curves()
