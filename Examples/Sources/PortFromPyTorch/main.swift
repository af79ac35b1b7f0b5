// Runs a PyTorch checkpoint in a network that is written here.
//
//     swift run -c release --package-path Examples PortFromPyTorch Tests/CVWeightsTests/Golden/pth/training.pth
//
// In PyTorch the network is
//
//     nn.Sequential(OrderedDict(conv=nn.Conv2d(1, 2, 2), bn=nn.BatchNorm2d(2)))
//
// and the file is what a training script has saved: `{"state_dict": …, "optimizer": …, "epoch": 3, …}`, the keys of the
// state dictionary beginning with the `module.` of DataParallel. No Python runs here, and nothing in the file is executed.
import CVNN
import CVTensor
import CVWeights
import Foundation

/// The attributes have the names of the PyTorch module's attributes: those are the keys of the checkpoint.
struct Stem: Layer {
    let conv: Conv2d, bn: BatchNorm2d

    init(_ p: ParameterScope) {
        conv = Conv2d(1, 2, kernel: 2, p.scope("conv"))  // conv.weight, conv.bias
        bn = BatchNorm2d(2, p.scope("bn"))  // bn.weight, bn.bias, bn.running_mean, bn.running_var
    }

    /// x: [N, 1, H, W] -> [N, 2, H - 1, W - 1].
    func callAsFunction(_ x: Tensor) -> Tensor { bn(conv(x)) }
}

/// The same with one attribute of another name, and one convolution of another size.
struct WrongStem: Layer {
    let conv: Conv2d, norm: BatchNorm2d

    init(_ p: ParameterScope) {
        conv = Conv2d(1, 2, kernel: 3, p.scope("conv"))
        norm = BatchNorm2d(2, p.scope("norm"))
    }

    func callAsFunction(_ x: Tensor) -> Tensor { norm(conv(x)) }
}

func port(_ path: String) throws {
    // The format is recognized by the content: safetensors, or any that `torch.save` has written.
    let checkpoint = try Checkpoint(path: path)
    print("found under \(checkpoint.wrappers), without the prefix \"\(checkpoint.prefix)\":")
    var state: StateDictionary = [:]
    for entry in checkpoint.entries {
        print("  \(entry.name) \(entry.shape) \(entry.dtype)")
        state[entry.name] = Tensor(try checkpoint.floats(entry.name), shape: Shape(entry.shape))
    }

    // Every key and every shape must fit, as with `load_state_dict(strict=True)`.
    let (network, parameters) = try ParameterSet.load(Stem.init, from: state)
    print("loaded \(parameters.count) tensors")
    let y = network(Tensor(repeating: 1, shape: [1, 1, 3, 3]))
    print("output for an image of ones, \(y.shape): \(y.values)")

    // What a mismatch says: all of it at once.
    do {
        _ = try ParameterSet.load(WrongStem.init, from: state)
    } catch {
        print("\nWrongStem:", error.localizedDescription)
        print("missing in the file: \(error.difference.missing)")
    }

    // From here on the weights need no PyTorch file.
    let bytes = try parameters.safetensors(metadata: ["source": path])
    print("\nas safetensors: \(bytes.count) bytes, \(try Safetensors(bytes).header.entries.count) tensors")
}

guard CommandLine.arguments.count == 2 else {
    print("usage: PortFromPyTorch CHECKPOINT.pth")
    exit(64)
}
do {
    try port(CommandLine.arguments[1])
} catch {
    print(error.localizedDescription)
    exit(1)
}
