import CVTensor
import TestSupport
import Testing

/// Results and gradients of single operations against PyTorch's, in double precision, and against differences. The
/// files are made by `Tools/golden.py gradients`, which has the same functions under the same names.
@Suite struct GoldenGradientTests {
    private struct Case: Decodable {
        let name: String, inputs: [[Int]], shape: [Int], output: [Float], gradients: [[Float]]
    }

    typealias Function = ([Tensor]) -> Tensor

    /// Inside, across an edge, outside, without an area.
    private static let regions = [
        RegionOfInterest(image: 0, minX: 1.5, minY: 2.25, maxX: 9.75, maxY: 11),
        RegionOfInterest(image: 1, minX: 0, minY: 0, maxX: 16, maxY: 14),
        RegionOfInterest(image: 1, minX: -3, minY: 4, maxX: 5.5, maxY: 18.5),
        RegionOfInterest(image: 0, minX: 40, minY: 40, maxX: 50, maxY: 52),
        RegionOfInterest(image: 0, minX: 6, minY: 6, maxX: 6, maxY: 6),
    ]

    private func compare(
        _ group: String, differencesOf compared: (String) -> Bool = { _ in true }, with functions: [String: Function]
    ) throws {
        let cases = try decoded("Golden/gradients/\(group).json", as: [Case].self)
        #expect(Set(cases.map(\.name)) == Set(functions.keys))
        for (number, sample) in cases.enumerated() {
            guard let function = functions[sample.name] else { continue }
            let seed = UInt64(100 * number)
            let inputs = sample.inputs.enumerated().map { seededTensor(seed: seed + UInt64($0), Shape($1)) }
            let tape = Tape(.training)
            let watched = inputs.map { tape.watch($0, gradient: true) }
            let y = function(watched)
            let error = relativeError(y, Tensor(sample.output, shape: Shape(sample.shape)))
            #expect(error < 2e-6, "\(sample.name)")
            let gradients = tape.gradients(of: y, seed: seededTensor(seed: seed + 99, y.shape))
            for (position, input) in watched.enumerated() {
                let found = try #require(gradients[input], "\(sample.name): input \(position)")
                let error = relativeError(found, Tensor(sample.gradients[position], shape: input.shape))
                #expect(error < 1e-5, "\(sample.name): gradient of input \(position)")
            }
            if compared(sample.name) { checkGradient(of: inputs, step: 2e-3, tolerance: 5e-3, function) }
        }
    }

    @Test("products and sums: results and gradients match PyTorch") func ofProductsAndSums() throws {
        try compare(
            "products",
            with: [
                "matmul": { matmul($0[0], $0[1]) },
                "matmul transposeA": { matmul($0[0], $0[1], transposeA: true) },
                "matmul transposeB": { matmul($0[0], $0[1], transposeB: true) },
                "matmul batched, both transposed": { matmul($0[0], $0[1], transposeA: true, transposeB: true) },
                "matmul with one matrix": { matmul($0[0], $0[1]) },
                "linear": { linear($0[0], $0[1], bias: $0[2]) },
                "linear of one row": { linear($0[0], $0[1], bias: $0[2]) },
                "linear of a sequence": { linear($0[0], $0[1]) },
                "sum": { $0[0].sum(over: [1, 3]) },
                "mean": { $0[0].mean(over: [0, -1], keepDimensions: true) },
                "squeeze-excite": {
                    let squeezed = Activation.relu(linear($0[0].mean(over: [2, 3]), $0[1], bias: $0[2]))
                    let scale = Activation.sigmoid(linear(squeezed, $0[3], bias: $0[4]))
                    return $0[0] * scale.reshaped([2, 4, 1, 1])
                },
            ])
    }

    @Test("activations: results and gradients match PyTorch") func ofActivations() throws {
        func stretched(_ activation: Activation, by factor: Float = 6) -> Function { { activation($0[0] * factor) } }
        // Differences across kinks mean nothing: those are compared elsewhere, away from them.
        try compare(
            "activations",
            differencesOf: { !["relu", "relu6", "leakyReLU", "hardSwish", "hardSigmoid", "prelu"].contains($0) },
            with: [
                "relu": stretched(.relu), "relu6": stretched(.relu6, by: 8),
                "leakyReLU": stretched(.leakyReLU(slope: 0.1)), "sigmoid": stretched(.sigmoid),
                "silu": stretched(.silu), "mish": stretched(.mish), "tanh": stretched(.tanh),
                "elu": stretched(.elu(alpha: 0.7)), "hardSwish": stretched(.hardSwish),
                "hardSigmoid": stretched(.hardSigmoid), "prelu": { prelu($0[0] * 6, $0[1]) },
                "softmax": { softmax($0[0] * 6) }, "softmax over channels": { softmax($0[0] * 6, dimension: 1) },
                "logSoftmax": { logSoftmax($0[0] * 6) },
                "logSoftmax over channels": { logSoftmax($0[0] * 6, dimension: 1) },
            ])
    }

    @Test("pooling: results and gradients match PyTorch") func ofPooling() throws {
        let padded = ConvGeometry(kernel: 3, stride: 2, padding: 1)
        try compare(
            "pooling", differencesOf: { !$0.contains("max") },
            with: [
                "max": { maxPool2d($0[0], padded) },
                "max ceil": { maxPool2d($0[0], .init(kernel: 3, stride: 2), ceilMode: true) },
                "max ceil, a window outside": {
                    maxPool2d($0[0], .init(kernel: 2, stride: 3, padding: 1), ceilMode: true)
                },
                "average": { averagePool2d($0[0], .init(kernel: 2, stride: 2)) },
                "average with padding": { averagePool2d($0[0], padded) },
                "average without padding": { averagePool2d($0[0], padded, countIncludePadding: false) },
                "average ceil": { averagePool2d($0[0], padded, ceilMode: true) },
                "average ceil without padding": {
                    averagePool2d($0[0], padded, ceilMode: true, countIncludePadding: false)
                },
                "adaptive": { adaptiveAveragePool2d($0[0], height: 3, width: 5) },
                "adaptive to more": { adaptiveAveragePool2d($0[0], height: 5, width: 7) },
                "global average": { globalAveragePool2d($0[0]) },
                "global max": { globalMaxPool2d($0[0]) },
            ])
    }

    @Test("convolutions: results and gradients match PyTorch") func ofConvolutions() throws {
        try compare(
            "convolution",
            with: [
                "conv2d": { conv2d($0[0], $0[1], bias: $0[2], .init(kernel: 3, stride: 2, padding: 1)) },
                "conv2d grouped": {
                    conv2d($0[0], $0[1], bias: $0[2], .init(kernel: 3, padding: 2, dilation: 2, groups: 2))
                },
                "transposed": { convTranspose2d($0[0], $0[1], bias: $0[2], .init(kernel: 3)) },
                "transposed with stride": {
                    convTranspose2d(
                        $0[0], $0[1], bias: $0[2], .init(kernel: 3, stride: 2, padding: 1), outputPadding: (1, 1))
                },
                "transposed in groups": {
                    convTranspose2d($0[0], $0[1], bias: $0[2], .init(kernel: 2, stride: 2, groups: 2))
                },
                "transposed with dilation": {
                    convTranspose2d(
                        $0[0], $0[1], .init(kernel: 3, stride: 3, padding: 2, dilation: 2), outputPadding: (2, 2))
                },
            ])
    }

    @Test("normalizations: results and gradients match PyTorch") func ofNormalizations() throws {
        try compare(
            "normalization",
            with: [
                "batchNorm": { batchNorm($0[0], weight: $0[1], bias: $0[2], epsilon: 1e-5).y },
                "instanceNorm": { instanceNorm($0[0], weight: $0[1], bias: $0[2], epsilon: 1e-3) },
                "instanceNorm without parameters": { instanceNorm($0[0]) },
                "groupNorm": { groupNorm($0[0], groups: 2, weight: $0[1], bias: $0[2]) },
                "localResponseNorm": { localResponseNorm($0[0] * 4, size: 5, alpha: 0.5, beta: 0.75, k: 2) },
                "localResponseNorm of an even size": {
                    localResponseNorm($0[0], size: 4, alpha: 0.9, beta: 0.6, k: 1)
                },
            ])
    }

    @Test("padding and resampling: results and gradients match PyTorch") func ofResampling() throws {
        try compare(
            "resampling",
            with: [
                "bilinear": { upsampleBilinear($0[0], height: 7, width: 6) },
                "bilinear aligned": { upsampleBilinear($0[0], height: 7, width: 6, alignCorners: true) },
                "bilinear smaller": { upsampleBilinear($0[0], height: 3, width: 5) },
                "bilinear aligned to one": { upsampleBilinear($0[0], height: 1, width: 4, alignCorners: true) },
                "bilinear by a factor": { upsampleBilinear($0[0], factor: 2) },
                "nearest": { upsampleNearest($0[0], height: 7, width: 6) },
                "nearest smaller": { upsampleNearest($0[0], height: 3, width: 5) },
                "nearest by a factor": { upsampleNearest($0[0], factor: 3) },
                "zero padding": { pad2d($0[0], top: 3, left: 1, right: 2) },
                "reflection": { pad2d($0[0], top: 1, bottom: 2, left: 3, right: 2, mode: .reflect) },
                "edges repeated": { pad2d($0[0], top: 1, bottom: 4, left: 5, right: 2, mode: .edge) },
                "gram": { gram($0[0]) },
                "roi align": { roiAlign($0[0], Self.regions, height: 3, width: 4, scale: 0.5) },
                "roi align, as many samples as pixels": {
                    roiAlign($0[0], Self.regions, height: 2, width: 2, samples: nil)
                },
                "roi align, half a pixel off": {
                    roiAlign(
                        $0[0], Self.regions, height: 2, width: 3, scale: 0.5, samples: nil, isAligned: false)
                },
            ])
    }
}
