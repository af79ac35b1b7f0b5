"""The competitors. Each runs in a process of its own, `python peers.py PEER DIR THREADS`, and waits for turns.

A turn is a line with a number on standard input; the answer is that many measured times. Between turns the process is
stopped by a signal, since several of these libraries keep their threads spinning for a while after the work.
"""

import json
import os
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
    request = core.compile_model(core.read_model(folder / "model.onnx"), "CPU", options).create_infer_request()
    request.set_input_tensor(openvino.Tensor(x))

    def run():
        request.infer()
        return [request.get_output_tensor(index).data for index in range(2)]

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
    image = ncnn.Mat(x[0]).clone()  # without, it would only point at numbers that nobody keeps

    def run():
        extractor = network.create_extractor()
        extractor.input("in0", image)
        # Both heads: ncnn computes only what leads to the outputs that are asked for.
        return [np.array(extractor.extract(f"out{index}")[1])[None] for index in range(2)]

    return run


def make_torch(folder: Path, x, threads: int):
    import torch

    torch.set_num_threads(threads)
    model = torch.jit.optimize_for_inference(torch.jit.load(folder / "model.pt").eval())
    input = torch.from_numpy(x)

    def run():
        with torch.inference_mode():
            return [head.numpy() for head in model(input)]

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


class Peer:
    """A competitor's process, as seen by the benchmark."""

    def __init__(self, name: str, folder: Path, threads: int) -> None:
        environment = dict(os.environ, OMP_NUM_THREADS=str(threads))
        self.name = name
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", __file__, name, str(folder), str(threads)], env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        ready = json.loads(self._answer())
        self.version, self.error = ready["version"], ready["error"]
        self.process.send_signal(signal.SIGSTOP)

    def _answer(self) -> str:
        # Libraries may print; answers are the lines that begin with a brace.
        for line in self.process.stdout:
            if line.startswith("{"):
                return line
        raise SystemExit(f"{self.name} ended with exit code {self.process.wait()}")

    def turn(self, runs: int) -> Turn:
        """Three runs to warm up, then `runs` that are measured."""
        self.process.send_signal(signal.SIGCONT)
        print(runs, file=self.process.stdin, flush=True)
        times = json.loads(self._answer())["times"]
        self.process.send_signal(signal.SIGSTOP)
        return Turn.of(times)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


def serve(peer: str, folder: Path, threads: int) -> None:
    """The process of a competitor: says how far its result is from PyTorch's, then takes turns."""
    import numpy as np

    data = np.load(folder / "data.npz")
    run = make(peer, folder, data["x"], threads)
    error = max(
        float(np.abs(head.reshape(-1) - data[name].reshape(-1)).max() / np.abs(data[name]).max())
        for head, name in zip(run(), ("coarse", "fine"), strict=True))
    print(json.dumps({"version": version(peer.split("-")[0]), "error": error}), flush=True)
    for line in sys.stdin:
        for _ in range(3):
            run()
        times = []
        for _ in range(int(line)):
            start = time.perf_counter()
            run()
            times.append((time.perf_counter() - start) * 1e3)
        print(json.dumps({"times": times}), flush=True)


if __name__ == "__main__":
    serve(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
