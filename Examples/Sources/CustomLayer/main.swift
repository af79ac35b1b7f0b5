// A layer of one's own: how it declares parameters, how its gradient is checked, and how it learns.
//
//     swift run -c release --package-path Examples CustomLayer
import CVNN
import CVTensor

/// A 3×3 filter for each channel, whose share in the result a learned gate decides.
///
/// x: [N, C, H, W] -> `x + sigmoid(gate) · depthwise(x)`, the same shape.
struct GatedDepthwise: Layer {
    /// [C, 1, 3, 3].
    let weight: Parameter
    /// [1, C, 1, 1]: broadcast over images and pixels.
    let gate: Parameter
    private let geometry: ConvGeometry

    /// The scope is the layer's position in the tree of keys: "weight" becomes "block.weight" under `p.scope("block")`.
    init(_ channels: Int, _ p: ParameterScope) {
        weight = p.parameter("weight", shape: [channels, 1, 3, 3], initialized: .pyTorchWeight)
        gate = p.parameter("gate", shape: [1, channels, 1, 1], initialized: .zeros)
        geometry = ConvGeometry(kernel: 3, padding: 1, groups: channels)
    }

    /// Written once, for training and inference: `value(on: x)` watches the parameter if a tape watches x.
    /// There is no backward pass to write: the tape has it from the operations.
    func callAsFunction(_ x: Tensor) -> Tensor {
        x + conv2d(x, weight.value(on: x), geometry) * Activation.sigmoid(gate.value(on: x))
    }
}

/// A tensor of random numbers from -1 to 1, the same for the same seed.
func randomTensor(seed: UInt64, _ shape: Shape) -> Tensor {
    var numbers = SeededNumbers(seed: seed)
    return Initializer.uniform(-1...1).tensor(shape, &numbers)
}

/// ‖g - ĝ‖ / (‖g‖ + ‖ĝ‖) of the tape's gradient and of central differences of the loss.
func gradientError(_ parameter: Parameter, _ loss: () -> Float) -> Float {
    let (exact, values, h) = (parameter.gradient!.values, parameter.value.values, Float(1e-2))
    func lossWith(_ change: Float, at index: Int) -> Float {
        var changed = values
        changed[index] += change
        parameter.value = Tensor(changed, shape: parameter.shape)
        return loss()
    }
    let differences = values.indices.map { (lossWith(h, at: $0) - lossWith(-h, at: $0)) / (2 * h) }
    parameter.value = Tensor(values, shape: parameter.shape)
    func norm(_ v: [Float]) -> Float { v.map { $0 * $0 }.reduce(0, +).squareRoot() }
    return norm(zip(exact, differences).map { $0 - $1 }) / (norm(exact) + norm(differences))
}

let (block, parameters) = ParameterSet.initialize(seed: 1) { GatedDepthwise(2, $0.scope("block")) }
for parameter in parameters { print(parameter.name, parameter.shape) }

// What it shall learn: to sharpen. The filters are the Laplacian, times -1/2 in one channel and -1/4 in the other.
let laplacian: [Float] = [0, 1, 0, 1, -4, 1, 0, 1, 0]
let target = Tensor(laplacian.map { $0 * -0.5 } + laplacian.map { $0 * -0.25 }, shape: [2, 1, 3, 3])
func sharpened(_ x: Tensor) -> Tensor { x + conv2d(x, target, ConvGeometry(kernel: 3, padding: 1, groups: 2)) }

// 1. The gradients, against differences.
let x = randomTensor(seed: 2, [2, 2, 8, 8])
let tape = Tape(.training)
tape.gradients(of: squaredError(block(tape.watch(x)), sharpened(x)))
for parameter in parameters {
    let error = gradientError(parameter) { squaredError(block(x), sharpened(x)).item }
    precondition(error < 1e-3, "the gradient of \(parameter.name) is off by \(error)")
    print("gradient of \(parameter.name): relative error \(error)")
}
parameters.clearGradients()

// 2. A plain training loop.
let optimizer = Adam(parameters.trainable, learningRate: 2e-2)
for step in 0..<400 {
    let tape = Tape(.training)
    let images = randomTensor(seed: 100 + UInt64(step), [8, 2, 8, 8])
    let loss = squaredError(block(tape.watch(images)), sharpened(images))
    tape.gradients(of: loss)
    optimizer.step()
    parameters.clearGradients()
    if step % 100 == 99 { print("step \(step + 1): loss \(loss.item)") }
}

// 3. Did it learn the filters? Only the product of gate and filter is determined, so that is what is compared.
let gates = Activation.sigmoid(block.gate.value).values
let learned = block.weight.value.values.enumerated().map { index, weight in weight * gates[index / 9] }
let difference = zip(learned, target.values).map { abs($0 - $1) }.max()!
print("largest difference from the target's filters: \(difference)")
