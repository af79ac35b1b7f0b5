import CVTensor
import TestSupport
import Testing

/// Single operations against PyTorch. The file is made by `Tools/golden.py operations`.
@Suite struct GoldenTests {
    private struct Case: Decodable, CustomTestStringConvertible {
        let operation: String, input: [Int], shape: [Int], output: [Float]
        let filters: Int?, kernel: [Int]?, stride: Int?, padding: [Int]?, dilation: Int?, groups: Int?, bias: Bool?
        let epsilon: Float?

        var testDescription: String {
            "\(operation) \(input) kernel \(kernel ?? []) stride \(stride ?? 1) padding \(padding ?? [])"
        }

        /// padding is left, right, top, bottom.
        var geometry: ConvGeometry {
            let (kernel, padding, stride) = (kernel!, padding!, stride!)
            return ConvGeometry(
                y: .init(
                    kernel: kernel[0], stride: stride, padding: (padding[2], padding[3]), dilation: dilation ?? 1),
                x: .init(
                    kernel: kernel[1], stride: stride, padding: (padding[0], padding[1]), dilation: dilation ?? 1),
                groups: groups ?? 1)
        }

        func run(number: Int) -> Tensor? {
            func seeded(_ index: Int, _ shape: [Int]) -> Tensor {
                seededTensor(seed: UInt64(100 * number + index), Shape(shape))
            }
            let x = seeded(0, input)
            let stretched = Tensor(x.values.map { $0 * 8 }, shape: x.shape)
            switch operation {
            case "conv2d":
                let weight = seeded(1, [filters!, input[1] / groups!] + kernel!)
                return conv2d(x, weight, bias: bias! ? seeded(2, [filters!]) : nil, geometry)
            case "maxPool2d": return maxPool2d(x, geometry)
            case "batchNorm":
                let variance = seeded(2, [input[1]])
                return batchNorm(
                    x, mean: seeded(1, [input[1]]),
                    variance: Tensor(variance.values.map { $0 + 1.5 }, shape: [input[1]]),
                    weight: seeded(3, [input[1]]), bias: seeded(4, [input[1]]), epsilon: epsilon!)
            case "upsampleNearest": return upsampleNearest(x, factor: stride!)
            case "relu": return Activation.relu(stretched)
            case "relu6": return Activation.relu6(stretched)
            case "leakyReLU": return Activation.leakyReLU(slope: 0.1)(stretched)
            case "sigmoid": return Activation.sigmoid(stretched)
            case "silu": return Activation.silu(stretched)
            case "mish": return Activation.mish(stretched)
            default: return nil
            }
        }
    }

    @Test("operations: results match PyTorch") func equalsPyTorch() throws {
        let cases = try decoded("Golden/operations.json", as: [Case].self)
        #expect(cases.count >= 22)
        for (number, sample) in cases.enumerated() {
            let found = try #require(sample.run(number: number), "\(sample.testDescription)")
            let error = relativeError(found, Tensor(sample.output, shape: Shape(sample.shape)))
            #expect(error < 1e-6, "\(number): \(sample.testDescription)")
        }
    }
}
