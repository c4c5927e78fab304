#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes slope_reference.h: penalties at computed points and their gradients, by PyTorch, of the nets in it.

usage: slope_reference.py > slope_reference.h     (needs PyTorch; not part of the build)

Number j of trained tensor t of a net is 0.4 sin(0.7 j + t), the generator's first weight is 0: its rows are then the
same for every z, and no noise needs to be known. A two-sided penalty (wgan) is taken at interpolates between these
rows and themselves, a zero-centred one (gan) at generated rows. Number j of the real rows of a gan is sin(1.3 j).
`gradient` is sum g cos(j + t) over the gradient of the critic's objective, weight 1 at the penalty.
"""
import platform

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
BATCH = 3
POOL = "dense 32, image 4 4 2, average_pool 2"
ELU = "dense 7, tanh, dense 6, elu 1"
END = ", dense 5, silu, dense 1"
CASES = [  # loss, generator, critic
    ("gan", "dense 32, image 4 4 2, conv_transpose 2 3 1 1 0, tanh",
     "image 4 4 2, conv 3 3 1 1, silu, conv 2 3 2 1, silu, dense 1"),
    ("gan", "dense 16, image 2 2 4, batch_norm 1e-5 0.1, relu, conv_transpose 3 5 2 2 1, relu, "
     "conv_transpose 1 5 2 2 1, tanh",
     "image 8 8 1, conv 4 5 2 2, leaky_relu 0.2, conv 5 5 2 2, leaky_relu 0.2, dense 1")]
CASES += [("wgan", ELU, first + END) for first in ("layer_norm 0.01", "gelu", "elu 0.7")]
CASES += [("gan", POOL, first + END) for first in ("dense 4", "silu", "gelu", "elu 0.7", "layer_norm 0.01")]
PLAIN = {"tanh": torch.tanh, "silu": F.silu, "gelu": F.gelu, "relu": F.relu}


class Net:
    def __init__(self, inputs, text, zero_first):
        self.layers = [(words[0], [float(w) for w in words[1:]]) for words in map(str.split, text.split(", "))]
        self.tensors, self.zero_first = [], zero_first
        self.run(torch.zeros(BATCH, inputs), True)

    def tensor(self, *shape):
        count = torch.Size(shape).numel()
        values = 0.4 * torch.sin(0.7 * torch.arange(count) + len(self.tensors))
        if self.zero_first and not self.tensors:
            values = values * 0
        self.tensors.append(values.reshape(shape).requires_grad_())

    def run(self, x, make=False):
        """x [BATCH, n], in which images have their channels side by side, as ours have."""
        left, image = iter(self.tensors), None
        for kind, p in self.layers:
            n = [int(v) for v in p]
            pixels = x.reshape(BATCH, *image).permute(0, 3, 1, 2) if image else None
            shape = {"dense": lambda: (n[0], x.shape[1]), "conv": lambda: (n[0], n[1], n[1], image[2]),
                     "conv_transpose": lambda: (image[2], n[1], n[1], n[0]), "batch_norm": lambda: (image[2],),
                     "layer_norm": lambda: (x.shape[1],)}.get(kind)
            if shape and make:
                self.tensor(*shape())
                self.tensor(n[0] if kind in ("dense", "conv", "conv_transpose") else shape()[0])
                w, b = self.tensors[-2:]
            elif shape:
                w, b = next(left), next(left)
            if kind == "image":
                image = n
            elif kind == "dense":
                x, image = x @ w.T + b, None
            elif kind == "layer_norm":
                x = F.layer_norm(x, w.shape, w, b, p[0])
            elif kind in PLAIN:
                x = PLAIN[kind](x)
            elif kind in ("elu", "leaky_relu"):
                x = getattr(F, kind)(x, p[0])
            else:
                if kind == "conv":
                    y = F.conv2d(pixels, w.permute(0, 3, 1, 2), b, n[2], n[3])
                elif kind == "conv_transpose":
                    y = F.conv_transpose2d(pixels, w.permute(0, 3, 1, 2), b, n[2], n[3], n[4])
                elif kind == "batch_norm":
                    y = F.batch_norm(pixels, None, None, w, b, True, 0.1, p[0])
                else:
                    y = F.avg_pool2d(pixels, n[0])
                image = [y.shape[2], y.shape[3], y.shape[1]]
                x = y.permute(0, 2, 3, 1).reshape(BATCH, -1)
        return x


def refer(loss, generator, critic):
    fake = Net(2, generator, True).run(torch.zeros(BATCH, 2)).detach()
    net = Net(fake.shape[1], critic, False)
    real = fake if loss == "wgan" else torch.sin(1.3 * torch.arange(fake.numel())).reshape(fake.shape)
    x = fake.clone().requires_grad_()
    slope, = torch.autograd.grad(net.run(x).sum(), x, create_graph=True)
    square = (slope**2).sum(1)
    penalty = ((square.sqrt() - 1)**2 if loss == "wgan" else square).mean()
    r, f = net.run(real), net.run(fake)
    objective = f.mean() - r.mean() if loss == "wgan" else F.softplus(-r).mean() + F.softplus(f).mean()
    gradients = torch.autograd.grad(objective + penalty, net.tensors)
    total = sum((g.reshape(-1) * torch.cos(torch.arange(g.numel()) + t)).sum() for t, g in enumerate(gradients))
    return fake.shape[1], penalty.item(), total.item()


print(f"""/* SPDX-License-Identifier: MIT */
/* Written by slope_reference.py with PyTorch {torch.__version__}, Python {platform.python_version()}. */
#ifndef EGM_TESTS_SLOPE_REFERENCE_H
#define EGM_TESTS_SLOPE_REFERENCE_H

/* clang-format off */
static const struct slope_reference {{
	const char *loss, *generator, *critic;
	int width; /* of the data */
	double penalty, gradient;
}} slope_references[] = {{""")
for case in CASES:
    width, penalty, gradient = refer(*case)
    print("\t{" + ",\n\t ".join(f'"{text}"' for text in case) + f",\n\t {width}, {penalty:.17g}, {gradient:.17g}}},")
print("""};
/* clang-format on */

#endif""")
