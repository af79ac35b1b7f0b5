"""The competitors. Each runs in a process of its own, `python peers.py PEER DIR THREADS`, and waits for turns.

DIR holds the network as each of them reads it, and data.npz: the input `x`, [N, C, H, W], and PyTorch's outputs in their
order. A turn is a line with a number on standard input; the answer is that many measured times. Between turns the process
is stopped by a signal, since several of these libraries keep their threads spinning for a while after the work.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

from common import Turn

PEERS = ["onnxruntime", "openvino-f32", "ncnn", "torch", "openvino-default"]
"""OpenVINO by default computes in bfloat16 where the processor can: not the same work, listed apart."""

SAME_PRECISION = [peer for peer in PEERS if peer != "openvino-default"]


def make_onnxruntime(folder: Path, x, threads: int):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(folder / "model.onnx", options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda: session.run(None, {name: x})


def make_openvino(folder: Path, x, threads: int, **precision: str):
    import openvino

    options = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, **precision}
    core = openvino.Core()
    network = core.compile_model(core.read_model(folder / "model.onnx"), "CPU", options)
    request = network.create_infer_request()
    request.set_input_tensor(openvino.Tensor(x))

    def run():
        request.infer()
        return [request.get_output_tensor(index).data for index in range(len(network.outputs))]

    return run


def make_ncnn(folder: Path, x, threads: int):
    import ncnn
    import numpy as np

    network = ncnn.Net()
    network.opt.num_threads = threads
    network.opt.use_vulkan_compute = False
    for option in ("use_fp16_packed", "use_fp16_storage", "use_fp16_arithmetic", "use_bf16_storage",
                   "use_bf16_packed", "use_int8_inference"):
        if hasattr(network.opt, option):
            setattr(network.opt, option, False)
    assert network.load_param(str(folder / "model.ncnn.param")) == 0
    assert network.load_model(str(folder / "model.ncnn.bin")) == 0
    images = [ncnn.Mat(image).clone() for image in x]  # without, it would only point at numbers that nobody keeps
    count = len(network.output_names())

    def run_one(image):
        extractor = network.create_extractor()
        extractor.input("in0", image)
        # All outputs: ncnn computes only what leads to those that are asked for.
        return [np.array(extractor.extract(f"out{index}")[1]) for index in range(count)]

    # It knows no batches.
    return lambda: [np.stack(outputs) for outputs in zip(*map(run_one, images))]


def make_torch(folder: Path, x, threads: int):
    import torch

    torch.set_num_threads(threads)
    model = torch.jit.optimize_for_inference(torch.jit.load(folder / "model.pt").eval())
    input = torch.from_numpy(x)

    def run():
        with torch.inference_mode():
            outputs = model(input)
        return [output.numpy() for output in ([outputs] if isinstance(outputs, torch.Tensor) else outputs)]

    return run


def make(peer: str, folder: Path, x, threads: int):
    """A function that runs the network once and returns its outputs."""
    match peer:
        case "onnxruntime":
            return make_onnxruntime(folder, x, threads)
        case "openvino-f32":
            return make_openvino(folder, x, threads, INFERENCE_PRECISION_HINT="f32")
        case "openvino-default":
            return make_openvino(folder, x, threads)
        case "ncnn":
            return make_ncnn(folder, x, threads)
        case "torch":
            return make_torch(folder, x, threads)
    raise SystemExit(f"no peer {peer}; there are {', '.join(PEERS)}")


class PeerFailed(SystemExit):
    """A competitor's process ended on its own."""


class Peer:
    """A competitor's process, as seen by the benchmark.

    error: how far its result is from PyTorch's. startup: seconds from the start of the process, Python's included, to
    the first result. memory: the most that it held at a time so far, in MiB.
    """

    def __init__(self, name: str, folder: Path, threads: int) -> None:
        environment = dict(os.environ, OMP_NUM_THREADS=str(threads))
        self.name = name
        start = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", __file__, name, str(folder), str(threads)], env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        ready = json.loads(self._answer())
        self.version, self.error, self.memory = ready["version"], ready["error"], ready["memory"]
        self.startup = ready["first_result"] - start
        self.process.send_signal(signal.SIGSTOP)

    def _answer(self) -> str:
        # Libraries may print; answers are the lines that begin with a brace.
        for line in self.process.stdout:
            if line.startswith("{"):
                return line
        raise PeerFailed(f"{self.name} ended with exit code {self.process.wait()}")

    def turn(self, runs: int) -> Turn:
        """At most three runs to warm up, then `runs` that are measured."""
        self.process.send_signal(signal.SIGCONT)
        print(runs, file=self.process.stdin, flush=True)
        answer = json.loads(self._answer())
        self.process.send_signal(signal.SIGSTOP)
        self.memory = answer["memory"]
        return Turn.of(answer["times"])

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


def peak_memory() -> float:
    """The most physical memory that this process held at a time, in MiB."""
    if sys.platform == "darwin":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    # What getrusage says on Linux includes the memory of the process that started this one.
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


def relative_error(outputs, expected) -> float:
    """The largest difference of an output over its largest value, the worst of all outputs."""
    import numpy as np

    return max(
        float(np.abs(output.reshape(-1) - values.reshape(-1)).max() / np.abs(values).max())
        for output, values in zip(outputs, expected, strict=True))


def serve(peer: str, folder: Path, threads: int) -> None:
    """The process of a competitor: says how far its result is from PyTorch's, then takes turns."""
    import numpy as np

    data = np.load(folder / "data.npz")
    run = make(peer, folder, data["x"], threads)
    outputs = run()
    first_result = time.monotonic()
    error = relative_error(outputs, [data[name] for name in data.files if name != "x"])
    print(json.dumps({"version": version(peer.split("-")[0]), "error": error, "first_result": first_result,
                      "memory": peak_memory()}), flush=True)
    for line in sys.stdin:
        runs = int(line)
        for _ in range(min(3, runs)):
            run()
        times = []
        for _ in range(runs):
            start = time.perf_counter()
            run()
            times.append((time.perf_counter() - start) * 1e3)
        print(json.dumps({"times": times, "memory": peak_memory()}), flush=True)


if __name__ == "__main__":
    serve(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
