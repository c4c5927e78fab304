#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws pictures/front.png: points, the energy that was learned from them, and points drawn from that energy.

usage: front.py     with matplotlib, and the Python binding in PYTHONPATH; prints the numbers of the caption
"""
import pathlib
import time

import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.path import Path
from matplotlib.textpath import TextPath

import egm

WIDE, HIGH = 3.1, 1.7  # half of the picture, in data units


def letters(n, rng):
    """n points inside of the word, in data units: a letter is about 1.5 to 2 units high."""
    word = TextPath((0, 0), "egm", size=2.5, prop={"family": "DejaVu Sans", "weight": "bold"})
    box = word.get_extents()
    middle = np.array([box.x0 + box.x1, box.y0 + box.y1]) / 2
    polygons = word.to_polygons()
    points = np.zeros((0, 2))
    while len(points) < n:
        x = rng.uniform([box.x0, box.y0], [box.x1, box.y1], (4 * n, 2))
        inside = np.sum([Path(p).contains_points(x) for p in polygons], 0) % 2 == 1
        points = np.concatenate([points, x[inside]])
    return (points[:n] - middle).astype(np.float32)


def main():
    rng = np.random.default_rng(1)
    data, fresh = letters(20000, rng), letters(2000, rng)
    context = egm.Context()
    start = time.process_time()
    energy = egm.Model(context, "energy", 2)
    for _ in range(3):
        energy.dense(128).silu()
    energy.dense(1).build(np.float32, seed=1)
    loss = egm.Loss.annealed_dsm(energy, sigma0=0.06, sigma_low=0.05, sigma_high=0.5)
    steps = 16000
    trainer = egm.Trainer(loss, batch=256, learning_rate=3e-3, beta1=0.9, beta2=0.99, schedule="cosine",
                          schedule_steps=steps, average_decay=0.999, seed=1)
    with egm.Data(context, data) as rows:
        trainer.fit(rows, steps)
    best = trainer.average(energy)
    trained = time.process_time() - start
    temperatures = np.geomspace(70, 1, 16)
    sampler = egm.Sampler.annealed_langevin(egm.Target.model(best), chains=2000, step_size=0.002, start_scale=1.5,
                                            temperatures=temperatures, steps_per_level=100, denoise=0.06, seed=1)
    draws = sampler.run(1).reshape(-1, 2)
    total = time.process_time() - start
    print(f"training {trained:.1f} s, all {total:.1f} s of one core ({context.backend})")
    box = (rng.uniform(-1, 1, (2000, 2)) * [WIDE, HIGH]).astype(np.float32)
    print(f"energy distance of the draws to fresh data {egm.metric.energy(draws, fresh):.5f}, "
          f"of other data {egm.metric.energy(letters(2000, rng), fresh):.5f}, "
          f"of a uniform box {egm.metric.energy(box, fresh):.5f}")

    x, y = np.meshgrid(np.linspace(-WIDE, WIDE, 420), np.linspace(-HIGH, HIGH, 230))
    u = best.energy(np.stack([x, y], -1).reshape(-1, 2).astype(np.float32)).reshape(x.shape)
    u -= np.quantile(best.energy(fresh), 0.05)
    figure, axes = plt.subplots(1, 3, figsize=(12, 2.45))
    for axis, title in zip(axes, ("your data", "the energy that is learned", "new points, drawn from it")):
        axis.set_title(title, fontsize=13)
        axis.set(xlim=(-WIDE, WIDE), ylim=(-HIGH, HIGH), aspect="equal", xticks=[], yticks=[])
    axes[0].scatter(*fresh.T, s=2, c="#14507a", linewidths=0)
    axes[1].imshow(np.minimum(u, 8), extent=(-WIDE, WIDE, -HIGH, HIGH), origin="lower", cmap="magma_r")
    axes[1].contour(x, y, np.minimum(u, 30), levels=[4, 8, 14, 20, 26], colors="white", linewidths=0.5, alpha=0.6)
    axes[2].scatter(*draws.T, s=2, c="#b5341c", linewidths=0)
    figure.subplots_adjust(left=0.005, right=0.995, bottom=0.01, top=0.88, wspace=0.02)
    figure.savefig(pathlib.Path(__file__).with_name("front.png"), dpi=110, metadata={"Software": None})


main()
