"""What cusp-bench, cusp-attack and cusp-train do, in PyTorch: one figure a process, as JSON on standard output.

    peer.py program NETWORK PROGRAM     images a second of one program on made-up images
    peer.py attack DATA COUNT STEPS     seconds of PGD on the first COUNT test images of CIFAR-10
    peer.py epoch DATA COUNT STEPS      seconds of an epoch of PGD training on the first COUNT training images

README.md says what is timed.
"""

import argparse
import gzip
import json
import pathlib
import statistics
import sys
import time

import numpy
import torch
from torch.nn import functional as F

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "fixtures" / "make"))
import architectures  # noqa: E402

FORMATS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}
EPSILON, STEP = 8 / 255, 2 / 255


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


def images(data, name, count):
    """The first `count` images of a file of CIFAR-10's binary version, pixels in 0...1, and their labels."""
    path = pathlib.Path(data) / name
    content = path.read_bytes() if path.exists() else gzip.decompress(path.with_name(f"{name}.gz").read_bytes())
    rows = numpy.frombuffer(content, numpy.uint8).reshape(-1, 3073)[:count]
    assert len(rows) == count, f"{path} holds {len(rows)} images, {count} are needed"
    pixels = torch.from_numpy(rows[:, 1:].reshape(-1, 3, 32, 32).copy()).float() / 255
    return pixels, torch.from_numpy(rows[:, 0].astype(numpy.int64))


def pgd(model, clean, labels, steps):
    """Projected gradient ascent from a random start, in the order of advertorch."""
    delta = torch.empty_like(clean).uniform_(-EPSILON, EPSILON)
    delta = (clean + delta).clamp(0, 1) - clean
    for _ in range(steps):
        delta.requires_grad_(True)
        loss = F.cross_entropy(model(clean + delta), labels, reduction="sum")
        (gradient,) = torch.autograd.grad(loss, delta)
        with torch.no_grad():
            delta = (delta + STEP * gradient.sign()).clamp(-EPSILON, EPSILON)
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
    step = optimiser(model)
    model.eval()
    pgd(model, pixels[: options.batch], labels[: options.batch], 1)
    start = time.perf_counter()
    order = torch.randperm(len(pixels))
    for first in range(0, len(pixels) - options.batch + 1, options.batch):
        chosen = order[first : first + options.batch]
        model.eval()
        attacked = pgd(model, pixels[chosen], labels[chosen], options.steps)
        model.train()
        step.zero_grad()
        F.cross_entropy(model(attacked), labels[chosen]).backward()
        step.step()
    return time.perf_counter() - start


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
        model, _ = network("vgg16", memory_format)
        name = "test_batch.bin" if options.kind == "attack" else "data_batch_1.bin"
        pixels, labels = images(options.data, name, options.count)
        pixels = pixels.contiguous(memory_format=memory_format)
        result["seconds"] = (attack if options.kind == "attack" else epoch)(model, pixels, labels, options)
    result["peak_resident_bytes"] = peak_resident_bytes()
    print(json.dumps(result))


if __name__ == "__main__":
    main()
