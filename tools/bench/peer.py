"""What cusp-bench, cusp-attack and cusp-train do, in PyTorch: one figure a process, as JSON on standard output.

    peer.py program NETWORK PROGRAM     images a second of one program on made-up images
    peer.py attack DATA COUNT STEPS     seconds of PGD on the first COUNT test images of CIFAR-10
    peer.py epoch DATA COUNT STEPS NETWORK ROTATION
                                        seconds of an epoch of training on COUNT images, turned, then attacked by PGD;
                                        then writes a checkpoint and removes it

README.md says what is timed.
"""

import argparse
import gzip
import json
import pathlib
import statistics
import sys
import tempfile
import time

import numpy
import torch
from torch.nn import functional as F

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "fixtures" / "make"))
import architectures  # noqa: E402

FORMATS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}
# Budget and step of each network's images.
BUDGETS = {"vgg16": (8 / 255, 2 / 255), "small-cnn": (0.3, 0.075)}


def network(name, memory_format):
    """The network with initial weights, and the shape of its images."""
    shape, _, make = architectures.ARCHITECTURES[name]
    # The fixtures leave dropout out; training has it.
    made = architectures.SmallCNN(0.5) if name == "small-cnn" else make()
    # Filters over a group have five sizes and no such format; what is gathered of them has.
    for parameter in (one for one in made.parameters() if one.dim() == 4):
        parameter.data = parameter.data.contiguous(memory_format=memory_format)
    return made, shape


def peak_resident_bytes():
    """The most memory this process has held in RAM at once."""
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def optimiser(model):
    return torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4)


def program(model, name, pixels, labels):
    """A function without arguments that runs the program once."""
    if name == "inference":
        model.eval()

        def run():
            with torch.inference_mode():
                model(pixels)
    elif name == "input-gradient":
        model.eval().requires_grad_(False)
        pixels.requires_grad_(True)

        def run():
            loss = F.cross_entropy(model(pixels), labels, reduction="sum")
            torch.autograd.grad(loss, pixels)
    else:
        model.train()
        step = optimiser(model)

        def run():
            step.zero_grad()
            F.cross_entropy(model(pixels), labels).backward()
            step.step()
    return run


def seconds_of_one(run, repeats):
    """The median of the repeats, each of as many calls as last 0.2 s, as cusp-bench times."""
    spent, one = 0.0, 0.0
    while spent < 0.1:
        start = time.perf_counter()
        run()
        one = time.perf_counter() - start
        spent += one
    calls = max(1, -int(-0.2 // one))
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        for _ in range(calls):
            run()
        times.append((time.perf_counter() - start) / calls)
    return statistics.median(times)


def content(data, name):
    """The bytes of a file, gzipped or not."""
    path = pathlib.Path(data) / name
    return path.read_bytes() if path.exists() else gzip.decompress(path.with_name(f"{name}.gz").read_bytes())


def images(data, name, count):
    """The first `count` images of a file of CIFAR-10's binary version or of MNIST, in 0...1, and their labels."""
    if name == "train":
        pixels = numpy.frombuffer(content(data, "train-images-idx3-ubyte"), numpy.uint8, offset=16)
        pixels = pixels.reshape(-1, 1, 28, 28)[:count]
        labels = numpy.frombuffer(content(data, "train-labels-idx1-ubyte"), numpy.uint8, offset=8)[:count]
    else:
        rows = numpy.frombuffer(content(data, name), numpy.uint8).reshape(-1, 3073)[:count]
        pixels, labels = rows[:, 1:].reshape(-1, 3, 32, 32), rows[:, 0]
    assert len(labels) == count, f"{data} holds {len(labels)} images, {count} are needed"
    return torch.from_numpy(pixels.copy()).float() / 255, torch.from_numpy(labels.astype(numpy.int64))


def turned(pixels, degrees):
    """Each image turned by an angle of its own within `degrees`, the nearest pixel for each, black around."""
    angles = torch.deg2rad((2 * torch.rand(len(pixels)) - 1) * degrees)
    cosine, sine, zero = angles.cos(), angles.sin(), torch.zeros(len(pixels))
    maps = torch.stack([cosine, sine, zero, -sine, cosine, zero], 1).view(-1, 2, 3)
    return F.grid_sample(pixels, F.affine_grid(maps, pixels.shape, align_corners=False), "nearest", align_corners=False)


def pgd(model, clean, labels, steps, budget=BUDGETS["vgg16"]):
    """Projected gradient ascent from a random start, in the order of advertorch."""
    epsilon, size = budget
    delta = torch.empty_like(clean).uniform_(-epsilon, epsilon)
    delta = (clean + delta).clamp(0, 1) - clean
    for _ in range(steps):
        delta.requires_grad_(True)
        loss = F.cross_entropy(model(clean + delta), labels, reduction="sum")
        (gradient,) = torch.autograd.grad(loss, delta)
        with torch.no_grad():
            delta = (delta + size * gradient.sign()).clamp(-epsilon, epsilon)
            delta = (clean + delta).clamp(0, 1) - clean
    return (clean + delta).detach()


def attack(model, pixels, labels, options):
    """Seconds for all images, in batches; no gradient of a parameter is asked for."""
    model.eval().requires_grad_(False)
    pgd(model, pixels[: options.batch], labels[: options.batch], 1)
    start = time.perf_counter()
    for first in range(0, len(pixels), options.batch):
        pgd(model, pixels[first : first + options.batch], labels[first : first + options.batch], options.steps)
    return time.perf_counter() - start


def epoch(model, pixels, labels, options):
    """Seconds of an epoch as advertorch's users train: its parameters keep asking for gradients in the attack."""
    step, budget = optimiser(model), BUDGETS[options.network]
    start = time.perf_counter()
    order = torch.randperm(len(pixels))
    for first in range(0, len(pixels) - options.batch + 1, options.batch):
        chosen = order[first : first + options.batch]
        model.eval()
        attacked = pgd(model, turned(pixels[chosen], options.rotation), labels[chosen], options.steps, budget)
        model.train()
        step.zero_grad()
        F.cross_entropy(model(attacked), labels[chosen]).backward()
        step.step()
    seconds = time.perf_counter() - start
    with tempfile.TemporaryFile() as file:
        torch.save({"model": model.state_dict(), "optimizer": step.state_dict()}, file)
    return seconds


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--format", choices=FORMATS, default="contiguous")
    kinds = parser.add_subparsers(dest="kind", required=True)
    one = kinds.add_parser("program")
    one.add_argument("network")
    one.add_argument("program", choices=["inference", "input-gradient", "training"])
    for kind in ("attack", "epoch"):
        whole = kinds.add_parser(kind)
        whole.add_argument("data")
        whole.add_argument("count", type=int)
        whole.add_argument("steps", type=int)
    whole.add_argument("network", choices=BUDGETS)
    whole.add_argument("rotation", type=float)
    return parser.parse_args()


def main():
    options = parse()
    torch.manual_seed(0)
    torch.set_num_threads(options.threads)
    memory_format = FORMATS[options.format]
    result = {"torch": torch.__version__}
    if options.kind == "program":
        model, shape = network(options.network, memory_format)
        pixels = torch.rand(options.batch, *shape).contiguous(memory_format=memory_format)
        labels = torch.randint(0, 10, (options.batch,))
        seconds = seconds_of_one(program(model, options.program, pixels, labels), options.repeats)
        result["images_per_second"] = options.batch / seconds
    else:
        name = "vgg16" if options.kind == "attack" else options.network
        model, shape = network(name, memory_format)
        name = "test_batch.bin" if options.kind == "attack" else "train" if shape[0] == 1 else "data_batch_1.bin"
        pixels, labels = images(options.data, name, options.count)
        pixels = pixels.contiguous(memory_format=memory_format)
        result["seconds"] = (attack if options.kind == "attack" else epoch)(model, pixels, labels, options)
    result["peak_resident_bytes"] = peak_resident_bytes()
    print(json.dumps(result))


if __name__ == "__main__":
    main()
