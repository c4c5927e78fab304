# SPDX-License-Identifier: MIT
import egm
import numpy as np

angle = 0.1 * np.arange(1000)
points = np.stack([np.cos(angle), np.sin(angle)], 1).astype(np.float32)
context = egm.Context()
energy = egm.Model(context, "energy", 2).dense(64).silu().dense(1).build(np.float32, seed=1)
trainer = egm.Trainer(egm.Loss.dsm(energy), learning_rate=1e-2)
with egm.Data(context, points) as data:
    trainer.fit(data, 5000)
u = energy.energy(np.float32([[0, 1], [0, 0]]))
print("energy on the circle %.1f, at its centre %.1f" % tuple(u))
