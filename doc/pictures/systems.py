#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Trains every system on the same points and draws: choose.png, a tile for each; systems_<name>.png, what each page
shows of its system; and loss_curves.png, losses while samples get better.

usage: systems.py [NAME...]     NAME: only the pictures of these pages. With matplotlib, and the Python binding in
       PYTHONPATH; all of them need some two minutes of one core
"""
import pathlib
import sys
import time

import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

import egm

HERE = pathlib.Path(__file__).parent
WIDE, HIGH, ACROSS, UP = 2.1, 1.7, 150, 120
INK, DRAWN, SECOND = "#14507a", "#b5341c", "#c98a1b"
GRID = np.stack(np.meshgrid(np.linspace(-WIDE, WIDE, ACROSS), np.linspace(-HIGH, HIGH, UP)), -1)
GRID = GRID.reshape(-1, 2).astype(np.float32)
BOX = dict(extent=(-WIDE, WIDE, -HIGH, HIGH), origin="lower", aspect="auto")
context = egm.Context()


def moons(n, rng):
    """Two half circles of radius 1 that face each other, with noise of standard deviation 0.1, and which is which."""
    angle, side = np.pi * rng.uniform(size=n), np.arange(n) % 2
    upper = np.stack([np.cos(angle) - 0.5, np.sin(angle) - 0.05], 1)
    return (np.where(side[:, None], -upper, upper) + 0.1 * rng.standard_normal((n, 2))).astype(np.float32), side


X, LABELS = moons(4000, np.random.default_rng(1))
FRESH, _ = moons(1000, np.random.default_rng(2))
ADVERSARIAL = dict(rate=2e-3, batch=256, decay=0.999)
COLORS = np.where(LABELS == 1, SECOND, INK)


def net(name, inputs, outputs, seed=1):
    model = egm.Model(context, name, inputs).dense(64).silu().dense(64).silu().dense(outputs)
    return model.build(np.float32, seed=seed)


def wide(name, inputs, outputs, seed=1, activation="softplus"):
    """What the adversarial systems need to part the two half circles."""
    model = egm.Model(context, name, inputs)
    for _ in range(2):
        getattr(model.dense(128), activation)()
    return model.dense(outputs).build(np.float32, seed=seed)


def train(loss, wanted, steps, rate=1e-3, x=X, batch=128, watch=None, decay=0.995):
    """The average of the network WANTED, or of several, and the terms: means over a fortieth of the training, because
    one batch says little."""
    trainer = egm.Trainer(loss, batch=batch, learning_rate=rate, schedule="linear", schedule_steps=steps,
                          average_decay=decay, seed=1)
    curve, window = [], []
    several = wanted if isinstance(wanted, tuple) else (wanted,)

    def report(p):
        window.append(p["terms"])
        if p["step"] % (steps // 40) == 0:
            curve.append({term: np.mean([terms[term] for terms in window]) for term in p["terms"]})
            curve[-1].update(step=p["step"], quality=watch(trainer.average(several[0])) if watch else 0)
            window.clear()
    with egm.Data(context, X if x is None else x) as data:
        trainer.fit(None if x is None else data, steps, progress=report)
    return *(trainer.average(one) for one in several), curve


def chains(energy):
    """1500 draws: 50 of each of 30 chains that began at data."""
    sampler = egm.Sampler.nuts(egm.Target.model(energy, prior_scale=5.0), chains=30, seed=1)
    sampler.points = X[:30]
    sampler.warmup(100)
    return sampler.run(50).reshape(-1, 2)


def of_energy(loss, energy, steps, terms, rate=2e-3):
    best, curve = train(loss, energy, steps, rate)
    return dict(energy=best.energy(GRID), drawn=chains(best), curve=curve, terms=terms)


def em():
    mixture = egm.Mixture.fit(context, X.astype(np.float64), 8)
    return dict(energy=-mixture.log_density(GRID.astype(np.float64)), drawn=mixture.sample(1500, seed=1))


def dsm():
    energy = net("energy", 2, 1)
    return of_energy(egm.Loss.dsm(energy, sigma=0.15), energy, 4000, ("score_matching",))


def annealed_dsm():
    energy = net("energy", 2, 1)
    loss = egm.Loss.annealed_dsm(energy, sigma0=0.1, sigma_low=0.07, sigma_high=0.6)
    best, curve = train(loss, energy, 6000, 2e-3)
    sampler = egm.Sampler.annealed_langevin(egm.Target.model(best), chains=1500, step_size=0.005, denoise=0.1, seed=1,
                                            temperatures=np.geomspace(36, 1, 10), steps_per_level=50)
    return dict(energy=best.energy(GRID), drawn=sampler.run(1).reshape(-1, 2), curve=curve, terms=("score_matching",))


def ml():
    energy = net("energy", 2, 1)
    return of_energy(egm.Loss.ml(energy), energy, 5000, ("energy_data", "energy_negative"), 1e-3)


def score_matching():
    energy = net("energy", 2, 1)
    return of_energy(egm.Loss.score_matching(energy, form="explicit"), energy, 4000, ("score_matching",), 1e-3)


def adversarial(loss, generator, steps, terms, energy=None, scale=1, **settings):
    """Draws of the generator, and the energy in units of SCALE."""
    wanted = (generator, energy) if energy else generator
    best, *learned, curve = train(loss, wanted, steps, **settings)
    result = dict(drawn=best.generate(1, 1500), curve=curve, terms=terms)
    if not energy:
        return result
    # Where neither data nor draws came, the energy is arbitrary: what is below that of the data is shown like data.
    least = np.quantile(learned[0].energy(X), 0.1)
    return dict(result, energy=np.maximum(learned[0].energy(GRID) - least, 0) / scale)


def energy_gan():
    energy, generator = wide("energy", 2, 1, 1, "silu"), wide("generator", 2, 2, 2, "silu")
    information = wide("information", 4, 1, 3, "silu")
    loss = egm.Loss.energy_gan(energy, generator, information, energy_steps=3, entropy_weight=0.2, penalty=0.03,
                               noise=0.1)
    # Without the weight of the entropy in them, differences of the energy are differences of log densities.
    return adversarial(loss, generator, 12000, ("entropy",), energy, 0.2, batch=256, decay=0.999)


def distance(generator):
    return egm.metric.energy(generator.generate(1, 1000), FRESH, estimator="biased")


def wgan():
    critic, generator = net("critic", 2, 1), net("generator", 4, 2, 2)
    return adversarial(egm.Loss.wgan(critic, generator, penalty_kind="one_sided", penalty=1.0), generator, 6000,
                       ("critic_real - critic_fake",), watch=distance)


def gan():
    discriminator, generator = wide("discriminator", 2, 1), wide("generator", 2, 2, 2)
    loss = egm.Loss.gan(discriminator, generator, form="relativistic", penalty=0.02, discriminator_steps=2)
    return adversarial(loss, generator, 16000, ("discriminator", "generator"), watch=distance, **ADVERSARIAL)


def ls_gan():
    energy, generator = wide("energy", 2, 1), wide("generator", 2, 2, 2)
    loss = egm.Loss.ls_gan(energy, generator, margin_norm="l2", penalty=0.02, energy_steps=2)
    return adversarial(loss, generator, 16000, ("comparison",), energy, **ADVERSARIAL)


def dde():
    energy, own, generator = net("energy", 2, 1), net("own", 2, 1, 2), net("generator", 4, 2, 3)
    known, _ = train(egm.Loss.dsm(energy, sigma=0.15), energy, 4000, 2e-3)
    best, curve = train(egm.Loss.dde(known, own, generator, sigma=0.15), generator, 4000, x=None)
    return dict(energy=known.energy(GRID), drawn=best.generate(1, 1500), curve=curve,
                terms=("score_matching", "generator"))


def coded(loss, encoder, terms, steps=6000, rate=1e-3):
    trained, curve = train(loss, encoder, steps, rate)
    return dict(code=trained.run(X[:1500])[:, :2], curve=curve, terms=terms)


def vae():
    encoder, decoder = net("encoder", 2, 4), net("decoder", 2, 4, 2)
    return coded(egm.Loss.vae(encoder, decoder, decoder="gaussian_learned"), encoder,
                 ("reconstruction", "divergence"))


def aae():
    encoder, decoder = net("encoder", 2, 2), net("decoder", 2, 2, 2)
    return coded(egm.Loss.aae(net("discriminator", 2, 1, 3), encoder, decoder, penalty=0.1), encoder,
                 ("reconstruction", "discriminator"))


def ali():
    encoder, decoder = net("encoder", 2, 2), net("generator", 2, 2, 2)
    loss = egm.Loss.ali(net("discriminator", 4, 1, 3), decoder, encoder, penalty=0.1)
    return coded(loss, encoder, ("discriminator", "generator"), 12000, 3e-4)


def dae():
    denoiser = net("denoiser", 2, 2)
    best, curve = train(egm.Loss.dae(denoiser, sigma=0.15), denoiser, 4000)
    noisy = X[:1500] + 0.15 * np.random.default_rng(3).standard_normal((1500, 2)).astype(np.float32)
    return dict(noisy=noisy, denoised=best.run(noisy), curve=curve, terms=("reconstruction",))


def cross_entropy():
    classifier = net("classifier", 2, 2)
    rows = np.concatenate([X, np.eye(2, dtype=np.float32)[LABELS]], 1)
    best, curve = train(egm.Loss.cross_entropy(classifier), classifier, 1000, x=rows)
    out = best.run(GRID)
    return dict(share=1 / (1 + np.exp(out[:, 1] - out[:, 0])), curve=curve, terms=("cross_entropy",))


def histogram():
    masses = np.histogram(np.concatenate([X[:, 0] * 0.4, X[::3, 0] * 0.1 + 0.5]), 40, (-1, 1))[0].astype(float)
    generator = net("generator", 1, 1)
    best, curve = train(egm.Loss.histogram(generator, masses), generator, 4000, x=None, batch=1024)
    return dict(masses=masses / masses.sum(), numbers=best.generate(1, 20000)[:, 0], curve=curve, terms=("divergence",))


def scatter(axis, x, color, half=(WIDE, HIGH)):
    axis.scatter(*x.T, s=1.5, c=color, linewidths=0)
    axis.set(xlim=(-half[0], half[0]), ylim=(-half[1], half[1]))


def draw(axis, kind, result):
    values = result[kind]
    if kind == "energy":
        u = values.reshape(UP, ACROSS) - np.quantile(values, 0.02)
        axis.imshow(np.minimum(u, 9), cmap="magma_r", **BOX)
    elif kind == "share":
        axis.imshow(values.reshape(UP, ACROSS), cmap="RdBu", vmin=-0.3, vmax=1.3, **BOX)
        scatter(axis, X[:600], COLORS[:600])
    elif kind == "code":
        scatter(axis, values, COLORS[:1500], (4, 4))
    elif kind == "masses":
        edges = np.linspace(-1, 1, len(values) + 1)
        axis.stairs(values, edges, fill=True, color="#bcd0de")
        axis.stairs(np.histogram(result["numbers"], edges)[0] / len(result["numbers"]), edges, color=DRAWN)
    else:
        scatter(axis, values, INK if kind == "noisy" else DRAWN)
    axis.set(xticks=[], yticks=[])


def plot(axis, result):
    curve = result["curve"]
    steps = [p["step"] for p in curve]
    for term, color in zip(result["terms"], (INK, SECOND)):
        first, _, second = term.partition(" - ")
        axis.plot(steps, [abs(p[first] - p[second]) if second else p[first] for p in curve], color=color,
                  label=f"|{term}|" if second else term)
    axis.set_xlabel("step", fontsize=9)
    axis.tick_params(labelsize=8)
    axis.grid(alpha=0.3)
    axis.legend(fontsize=8.5, loc="upper right")


TITLES = dict(energy="energy", drawn="draws", code="codes of the data", share="share of the first class",
              masses="given, and drawn", noisy="noisy data", denoised="denoised")


def system_page(name, result):
    kinds = [kind for kind in TITLES if kind in result]
    panels = len(kinds) + ("curve" in result)
    figure, axes = plt.subplots(1, panels, figsize=(3.1 * panels, 2.5), squeeze=False)
    for axis, kind in zip(axes[0], kinds):
        draw(axis, kind, result)
        axis.set_title(TITLES[kind], fontsize=10, loc="left")
    if "curve" in result:
        plot(axes[0][-1], result)
        axes[0][-1].set_title("loss", fontsize=10, loc="left")
    figure.tight_layout()
    figure.savefig(HERE / f"systems_{name}.png", dpi=80, metadata={"Software": None})
    plt.close(figure)


def choose(made):
    rows = (("Score new rows: learn an energy, low where rows are likely", "energy", (
                ("em", "few dimensions, clusters"), ("dsm", "the cheapest, no chains"),
                ("annealed_dsm", "detail at many scales"), ("ml", "likelihood, by chains"))),
            ("Draw new rows: learn a generator", "drawn", (
                ("energy_gan", "an energy as well"), ("wgan", "few settings to choose"), ("gan", "fast; six forms"),
                ("dde", "from an energy, no adversary"))),
            ("Encode each row, or label it", "code", (
                ("vae", "with a bound on the likelihood"), ("aae", "sharper reconstructions"),
                ("ali", "no reconstruction term"), ("cross_entropy", "labels: a classifier"))))
    figure = plt.figure(figsize=(11, 9.6))
    for i, (question, kind, tiles) in enumerate(rows):
        top = 0.985 - i * 0.33
        figure.text(0.012, top - 0.012, question, fontsize=14, color="white", fontweight="bold",
                    bbox=dict(boxstyle="round,pad=0.35", fc=INK, ec=INK))
        for j, (name, text) in enumerate(tiles):
            axis = figure.add_axes([0.012 + j * 0.248, top - 0.305, 0.232, 0.22])
            draw(axis, kind if kind in made[name] else "share", made[name])
            axis.set_title(name, fontsize=12, fontweight="bold", loc="left", pad=17)
            axis.text(0, 1.03, text, transform=axis.transAxes, fontsize=9.5, color="#333333")
    figure.savefig(HERE / "choose.png", dpi=100, metadata={"Software": None})


def loss_curves(made):
    figure, axes = plt.subplots(1, 3, figsize=(12, 3.2))
    for axis, (name, title) in zip(axes, (("dsm", "falls to its minimum"), ("wgan", "falls with the distance"),
                                          ("gan", "says little"))):
        plot(axis, made[name])
        axis.set_title(f"{name}: {title}", fontsize=12, loc="left")
        if made[name]["curve"][0]["quality"]:
            other = axis.twinx()
            other.plot([p["step"] for p in made[name]["curve"]], [p["quality"] for p in made[name]["curve"]],
                       color=DRAWN, linestyle="--")
            other.set(yscale="log")
            axis.plot([], [], color=DRAWN, linestyle="--", label="energy distance (right)")
            axis.legend(fontsize=8.5, loc="upper right")
    figure.tight_layout()
    figure.savefig(HERE / "loss_curves.png", dpi=100, metadata={"Software": None})


SYSTEMS = (em, dsm, annealed_dsm, ml, score_matching, energy_gan, wgan, gan, ls_gan, dde, vae, aae, ali, dae,
           cross_entropy, histogram)
results = {}
for system in SYSTEMS:
    if len(sys.argv) == 1 or system.__name__ in sys.argv:
        begin = time.process_time()
        results[system.__name__] = made = system()
        seconds = time.process_time() - begin
        system_page(system.__name__, made)
        measure = "energy distance of the draws to new data %.4f" % egm.metric.energy(
            made["drawn"].astype(np.float32), FRESH) if "drawn" in made else ""
        print(f"{system.__name__}: {seconds:.0f} s, {measure}", flush=True)
if len(results) == len(SYSTEMS):
    choose(results)
    loss_curves(results)
