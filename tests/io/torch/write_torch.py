# SPDX-License-Identifier: MIT
"""Writes the weights and outputs of PyTorch networks that tests/io/test_restore.c reads.

Every NAME.safetensors is the state_dict of a network as safetensors.torch.save_file writes it, and NAME.txt its outputs
in eval mode: the rows x, the rows y = network(x). Rows that are images are written here in the order of libegm, height x
width x channels; inside, PyTorch has channels x height x width.

Written with torch 2.13.0 (CPU) and safetensors 0.8.0 by
    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install torch==2.13.0 safetensors==0.8.0 numpy
    /tmp/venv/bin/python tests/io/torch/write_torch.py tests/io/torch
"""
import pathlib
import sys

import torch
from safetensors.torch import save_file
from torch import nn

ROWS = 2
folder = pathlib.Path(sys.argv[1])


def stir(net):
    """Weights, gains and running statistics that no initialiser would leave."""
    with torch.no_grad():
        for name, p in net.named_parameters():
            p.copy_(torch.randn(p.shape, dtype=p.dtype) * (0.5 if p.dim() > 1 else 0.8))
        for name, b in net.named_buffers():
            if name.endswith("running_mean"):
                b.copy_(torch.randn(b.shape, dtype=b.dtype))
            if name.endswith("running_var"):
                b.copy_(torch.rand(b.shape, dtype=b.dtype) + 0.3)
    return net.eval()


def line(text, values):
    rows, columns = values.shape
    text.write(f"{rows} {columns} " + " ".join(f"{v:.9g}" for v in values.flatten().tolist()) + "\n")


def to_rows(values):
    """Images to rows in the order height, width, channels."""
    return (values.permute(0, 2, 3, 1) if values.dim() == 4 else values).reshape(len(values), -1)


def outputs(name, net, inputs):
    """inputs: the size of a row, or (channels, height, width)."""
    dtype = next(net.parameters()).dtype
    shape = (inputs,) if isinstance(inputs, int) else inputs
    x = torch.randn((ROWS, *shape), dtype=dtype)
    with torch.no_grad():
        y = net(x.reshape(ROWS, -1))
    with open(folder / f"{name}.txt", "w") as text:
        line(text, to_rows(x).double())
        line(text, to_rows(y).double())


def write(name, net, inputs, state=None):
    save_file({k: v.contiguous() for k, v in (state or net.state_dict()).items()}, folder / f"{name}.safetensors")
    outputs(name, net, inputs)


def rows(bias=True):
    return nn.Sequential(
        nn.Linear(5, 6, bias=bias), nn.BatchNorm1d(6), nn.LeakyReLU(0.2), nn.Linear(6, 4), nn.LayerNorm(4), nn.SiLU(),
        nn.Linear(4, 5), nn.ELU(0.7), nn.Linear(5, 1))


# The second convolution has as many input channels as its kernel is wide, so that both layouts have its shape.
def critic():
    return nn.Sequential(
        nn.Unflatten(1, (2, 6, 5)), nn.Conv2d(2, 4, 3, stride=2, padding=1), nn.LeakyReLU(0.2), nn.BatchNorm2d(4),
        nn.Conv2d(4, 3, 4, padding=1), nn.Tanh(), nn.Flatten(), nn.LayerNorm(12), nn.Linear(12, 1))


def generator():
    return nn.Sequential(
        nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Unflatten(1, (4, 2, 1)),
        nn.ConvTranspose2d(4, 4, 4, stride=2, padding=1), nn.BatchNorm2d(4), nn.GELU(), nn.Upsample(scale_factor=2),
        nn.ConvTranspose2d(4, 2, 3, stride=2, padding=1, output_padding=1), nn.Sigmoid())


def image_norm():
    return nn.Sequential(
        nn.Unflatten(1, (3, 4, 2)), nn.LayerNorm([3, 4, 2]), nn.AvgPool2d(2), nn.Softplus(), nn.Flatten(),
        nn.Linear(6, 4))


def spectral(wrap):
    net = nn.Sequential(
        nn.Unflatten(1, (2, 4, 5)), wrap(nn.Conv2d(2, 3, 2, stride=1, padding=1)), nn.ReLU(), nn.Flatten(),
        wrap(nn.Linear(90, 4)), nn.Tanh(), wrap(nn.Linear(4, 1)))
    stir(net).train()
    with torch.no_grad():
        net(torch.randn(ROWS, 40))  # a round of the power iteration
    return net.eval()


torch.manual_seed(1)
write("rows", stir(rows()), 5)
write("rows_no_bias", stir(rows(bias=False)), 5)
write("critic", stir(critic()), (2, 6, 5))
write("image_norm", stir(image_norm()), (3, 4, 2))
write("spectral", spectral(nn.utils.spectral_norm), (2, 4, 5))
write("spectral_parametrized", spectral(nn.utils.parametrizations.spectral_norm), (2, 4, 5))
write("double", stir(critic().double()), (2, 6, 5))
for dtype, name in ((torch.float16, "half"), (torch.bfloat16, "bfloat")):
    net = stir(rows())
    state = {k: v.to(dtype) if v.is_floating_point() else v for k, v in net.state_dict().items()}
    net.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in state.items()})
    write(name, net, 5, state)
both = nn.ModuleDict({"critic": stir(critic()), "generator": stir(generator())})
save_file({k: v.contiguous() for k, v in both.state_dict().items()}, folder / "both.safetensors")
outputs("both_critic", both["critic"], (2, 6, 5))
outputs("both_generator", both["generator"], 3)
# As trainers of PyTorch and hubs write it: with format "pt".
save_file({k: v.contiguous() for k, v in both["generator"].state_dict().items()}, folder / "generator.safetensors",
          metadata={"format": "pt"})
outputs("generator", both["generator"], 3)
