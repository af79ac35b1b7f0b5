import CVCore
import CVNN
import CVTensor
import Foundation

struct Block: Layer {
    let conv1, conv2: Conv2d, bn1, bn2: BatchNorm2d, down: (Conv2d, BatchNorm2d)?
    init(_ cin: Int, _ cout: Int, _ stride: Int, _ p: ParameterScope) {
        conv1 = Conv2d(cin, cout, kernel: 3, stride: stride, padding: 1, bias: false, p.scope("conv1"))
        bn1 = BatchNorm2d(cout, p.scope("bn1"))
        conv2 = Conv2d(cout, cout, kernel: 3, padding: 1, bias: false, p.scope("conv2"))
        bn2 = BatchNorm2d(cout, p.scope("bn2"))
        down =
            cin == cout
            ? nil
            : (
                Conv2d(cin, cout, kernel: 1, stride: stride, bias: false, p.scope("d0")),
                BatchNorm2d(cout, p.scope("d1"))
            )
    }
    func callAsFunction(_ x: Tensor) -> Tensor {
        let y = conv2(bn1(conv1(x), then: .relu))
        return bn2(y, adding: down.map { $1($0(x)) } ?? x, then: .relu)
    }
}
struct Net: Layer {
    let conv1: Conv2d, bn1: BatchNorm2d, blocks: [Block], fc: Parameter, big: Bool
    init(_ widths: [Int], _ n: Int, big: Bool, _ p: ParameterScope) {
        self.big = big
        conv1 =
            big
            ? Conv2d(3, widths[0], kernel: 7, stride: 2, padding: 3, bias: false, p.scope("c"))
            : Conv2d(3, widths[0], kernel: 3, padding: 1, bias: false, p.scope("c"))
        bn1 = BatchNorm2d(widths[0], p.scope("b"))
        var blocks: [Block] = []
        var cin = widths[0]
        for (s, w) in widths.enumerated() {
            for i in 0..<n {
                blocks.append(Block(cin, w, i == 0 && s > 0 ? 2 : 1, p.scope("l\(s).\(i)")))
                cin = w
            }
        }
        self.blocks = blocks
        fc = p.parameter("fc", shape: [10, cin], initialized: .pyTorchWeight)
    }
    func callAsFunction(_ x: Tensor) -> Tensor {
        var y = bn1(conv1(x), then: .relu)
        if big { y = maxPool2d(y, ConvGeometry(kernel: 3, stride: 2, padding: 1)) }
        for b in blocks { y = b(y) }
        let g = globalAveragePool2d(y)
        return linear(g.reshaped([g.shape[0], g.shape[1]]), fc.value(on: x))
    }
}
let which = CommandLine.arguments[1]
let runs = Int(CommandLine.arguments[2])!
let (net, parameters): (any Layer, ParameterSet)
var shape: Shape
switch which {
case "r20":
    (net, parameters) = {
        let r = initialized(seed: 1) { Net([16, 32, 64], 3, big: false, $0) }
        return (r.network, r.parameters)
    }()
    shape = [128, 3, 32, 32]
default:
    (net, parameters) = {
        let r = initialized(seed: 1) { Net([64, 128, 256, 512], 2, big: true, $0) }
        return (r.network, r.parameters)
    }()
    shape = [8, 3, 224, 224]
}
let optimizer = GradientDescent(parameters.trainable, learningRate: 0.01, momentum: 0.9)
var g = SplitMix64(seed: 1)
let x = Tensor((0..<shape.count).map { _ in g.uniform() }, shape: shape)
let labels = (0..<shape[0]).map { $0 % 10 }
var times: [Double] = []
for _ in 0..<runs {
    let s = DispatchTime.now().uptimeNanoseconds
    let tape = Tape(.training, seed: 1)
    let loss = crossEntropy(net(tape.watch(x)), labels)
    let f = DispatchTime.now().uptimeNanoseconds
    tape.gradients(of: loss)
    let b = DispatchTime.now().uptimeNanoseconds
    optimizer.step()
    optimizer.clearGradients()
    let e = DispatchTime.now().uptimeNanoseconds
    times.append(Double(e - s) / 1e6)
    print(
        "forward \(Double(f - s) / 1e6) backward \(Double(b - f) / 1e6) step \(Double(e - b) / 1e6) total \(times.last!) loss \(loss.item)"
    )
}
