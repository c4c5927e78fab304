# SPDX-License-Identifier: MIT
"""Trains an energy on data, saves and loads it, scores new points and draws samples: first_steps.c in Python.

usage: first_steps.py [FILE]   where the network is saved; default energy.safetensors"""
import sys
from pathlib import Path
from typing import Any, Dict

import numpy as np

import egm


def report(p: Dict[str, Any]) -> None:
    print("step %(step)d: %(terms)s" % p)


def main(path: Path) -> None:
    context = egm.Context()

    # 1. Data: 1000 points on a circle, one in each row.
    angle = 0.1 * np.arange(1000)
    points = np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)

    # 2. A network U(x) with 2 inputs and 1 output.
    energy = egm.Model(context, "energy", 2).dense(64).silu().dense(64).silu().dense(1).build(seed=1)

    # 3. Training: the loss says what is learned, the trainer how. Ctrl-C ends fit().
    loss = egm.Loss.dsm(energy, sigma=0.1)
    trainer = egm.Trainer(loss, learning_rate=1e-3, average_decay=0.999, seed=1).fit(points, 5000, report, every=1000)
    network = trainer.average(energy)

    # 4. Files: safetensors, which other programs read as well.
    network.save(path)
    loaded = egm.Model.load(path)
    print(loaded)

    # 5. Scores of new points: a low energy means likely.
    on, near, centre = loaded.energy([[1.0, 0.0], [0.8, 0.0], [0.0, 0.0]])
    print("energy on the circle %.2f, near it %.2f, at its centre %.2f" % (on, near, centre))

    # 6. Samples, and whether the chains agree.
    draws = egm.Sampler.nuts(egm.Target.model(loaded, prior_scale=2), chains=4, seed=1).warmup(500).run(1000)
    print("mean distance of the samples from the centre %.3f" % np.linalg.norm(draws, axis=-1).mean())
    print("largest r_hat %.2f" % egm.diagnose(draws)["r_hat"].max())


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1] if len(sys.argv) > 1 else "energy.safetensors"))
    except egm.Error as error:
        sys.exit(str(error))
