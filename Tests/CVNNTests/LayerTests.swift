import CVCore
import CVNN
import CVTensor
import TestSupport
import Testing

@Suite(.serialized) struct LayerTests {
    @Test("Sequential: layers without parameters count in the keys")
    func sequentialCountsLayersWithoutParametersInItsKeys() {
        let shapes = ParameterSet.shapes { p in
            Sequential(
                [{ Linear(784, 128, $0) }, { _ in Activation.relu }, { Linear(128, 10, bias: false, $0) }],
                p.scope("classifier"))
        }
        #expect(shapes.map(\.name) == ["classifier.0.weight", "classifier.0.bias", "classifier.2.weight"])
        #expect(shapes.map(\.shape) == [[128, 784], [128], [10, 128]])
    }

    /// The standard deviation of He for the convolution, the range of PyTorch's default for the linear layer.
    @Test("layers: weights have the distribution of their initializer") func weightsAreInitializedAsAsked() {
        let conv = ParameterSet.initialize(seed: 1) {
            Conv2d(64, 32, kernel: 3, initialized: .heNormal(fan: .output), $0)
        }.network
        let values = conv.weight.value.values
        let deviation = (values.reduce(0) { $0 + $1 * $1 } / Float(values.count)).squareRoot()
        // √(2 / (32 · 9)); 18432 values estimate it to about half a percent.
        #expect(abs(deviation / (2 / Float(288)).squareRoot() - 1) < 0.02)
        let linear = ParameterSet.initialize(seed: 1) { Linear(400, 50, $0) }.network
        for values in [linear.weight.value.values, linear.bias!.value.values] {
            #expect(values.allSatisfy { abs($0) <= 0.05 })
            #expect(values.contains { abs($0) > 0.045 })
        }
    }

    @Test("Dropout: drops in training only") func dropoutWorksInTrainingOnly() {
        let x = Tensor(repeating: 1, shape: [4, 1000])
        let layer = Dropout(0.25)
        #expect(layer(x).values == x.values)
        #expect(layer(Tape(.inference).watch(x)).values == x.values)
        let zeros = layer(Tape(.training, seed: 3).watch(x)).values.count { $0 == 0 }
        // Five standard deviations of a binomial distribution.
        #expect(abs(zeros - 1000) < 140)
    }

    /// Sizes around the blocks of the product: one block, several, remainders, few rows; with bias.
    @Test(
        "linear: matches the definition, independent of the thread count",
        arguments: [[1, 700, 300], [3, 64, 5], [128, 9216, 128], [7, 0, 4], [300, 33, 150], [65, 20, 97]])
    func linearIsItsDefinitionAtAnyThreadCount(_ sizes: [Int]) {
        defer { Parallel.threadCount = Parallel.availableCores }
        let (rows, inputs, outputs) = (sizes[0], sizes[1], sizes[2])
        let x = seededTensor(seed: 1, [rows, inputs])
        let weight = seededTensor(seed: 2, [outputs, inputs])
        let bias = seededTensor(seed: 3, [outputs])
        let (a, b) = (x.values, weight.values)
        let expected = (0..<rows * outputs).map { index in
            let (row, column) = index.quotientAndRemainder(dividingBy: outputs)
            let sum = (0..<inputs).reduce(Double(bias.values[column])) {
                $0 + Double(a[row * inputs + $1]) * Double(b[column * inputs + $1])
            }
            return Float(sum)
        }
        let results = [1, 2, 5].map { threads in
            Parallel.threadCount = threads
            return linear(x, weight, bias: bias)
        }
        // Sums in single precision: the error grows with their length.
        let tolerance: Float = inputs > 1000 ? 1e-5 : 2e-6
        #expect(relativeError(results[0], Tensor(expected, shape: [rows, outputs])) < tolerance)
        #expect(results.allSatisfy { $0.values == results[0].values })
    }

    @Test("linear: gradient with bias matches finite differences") func linearWithABiasHasTheGradientsOfItsParts() {
        let inputs = [seededTensor(seed: 1, [70, 40]), seededTensor(seed: 2, [60, 40]), seededTensor(seed: 3, [60])]
        checkGradient(of: inputs) { linear($0[0], $0[1], bias: $0[2]) }
    }

    /// In one pass without a tape, in several with one; a bias of the convolution is not lost.
    @Test("ConvNorm is the same on a tape", arguments: [false, true], [false, true])
    func convNormIsTheSameOnATape(_ bias: Bool, _ hasResidual: Bool) {
        let layer = ParameterSet.initialize(seed: 5) { p in
            ConvNorm(
                Conv2d(3, 8, kernel: 3, padding: 1, bias: bias, p.scope("conv")), BatchNorm2d(8, p.scope("bn")), .silu)
        }.network
        layer.bn!.runningMean.value = seededTensor(seed: 1, [8])
        layer.bn!.runningVar.value = uniformTensor(seed: 2, [8]) + 0.5
        let x = seededTensor(seed: 3, [2, 3, 9, 7])
        let residual = hasResidual ? seededTensor(seed: 4, [2, 8, 9, 7]) : nil
        let normalized = layer.bn!(layer.conv(x))
        let expected = Activation.silu(residual.map { normalized + $0 } ?? normalized)
        #expect(relativeError(layer(x, adding: residual), expected) < 2e-6)
        #expect(layer(Tape(.inference).watch(x), adding: residual).values == expected.values)
        if let residual {
            #expect(layer(x, adding: Tape(.inference).watch(residual)).values == expected.values)
        }
    }

    /// With the statistics of the batch: what the layers do one by one.
    @Test("ConvNorm trains like its layers", arguments: [Activation.relu, .silu])
    func convNormTrainsLikeItsLayers(_ activation: Activation) {
        let layers = (0..<2).map { _ in
            ParameterSet.initialize(seed: 6) { p in
                ConvNorm(4, 6, kernel: 3, stride: 2, activation, keys: ("conv", "bn"), p)
            }.network
        }
        let x = seededTensor(seed: 7, [3, 4, 9, 8])
        let shortcut = seededTensor(seed: 8, [3, 6, 5, 4])
        let results = (0..<2).map { index in
            let (tape, layer) = (Tape(.training), layers[index])
            let (image, residual) = (tape.watch(x, gradient: true), tape.watch(shortcut, gradient: true))
            let y =
                index == 0
                ? layer(image, adding: residual) : layer.bn!(layer.conv(image), adding: residual, then: activation)
            let gradients = tape.gradients(of: y, seed: seededTensor(seed: 9, y.shape))
            return [
                y.values, gradients[image]!.values, gradients[residual]!.values, layer.conv.weight.gradient!.values,
                layer.bn!.weight.gradient!.values, layer.bn!.runningVar.value.values,
            ]
        }
        #expect(results[0] == results[1])
    }

    @Test("ConvNorm without a normalization is convolution and activation")
    func convNormWithoutNormalization() {
        let conv = ParameterSet.initialize(seed: 5) { p in Conv2d(3, 8, kernel: 3, padding: 1, p.scope("conv")) }
            .network
        let layer = ConvNorm(conv, nil, .relu)
        let x = seededTensor(seed: 3, [2, 3, 9, 7])
        let expected = Activation.relu(conv(x))
        #expect(relativeError(layer(x), expected) < 2e-6)
        #expect(layer(Tape(.training).watch(x)).values == expected.values)
        let sum = Activation.relu(conv(x) + expected)
        #expect(relativeError(layer(x, adding: expected), sum) < 2e-6)
        #expect(layer(Tape(.training).watch(x), adding: expected).values == sum.values)
    }

    @Test("subsampling and channel padding: values match PyTorch, gradients finite differences")
    func channelsAndPixelsAreTakenAsInPyTorch() {
        let x = Tensor((0..<24).map(Float.init), shape: [1, 2, 3, 4])
        #expect(x.subsampled(stride: 2).values == [0, 2, 8, 10, 12, 14, 20, 22])
        #expect(x.subsampled(stride: 2).shape == [1, 2, 2, 2])
        let padded = x.subsampled(stride: 4).paddedChannels(before: 1, after: 2)
        #expect(padded.values == [0, 0, 12, 0, 0])
        #expect(padded.shape == [1, 5, 1, 1])
        checkGradient(of: [seededTensor(seed: 1, [2, 3, 5, 4])]) {
            $0[0].subsampled(stride: 2).paddedChannels(before: 2, after: 1)
        }
    }
}
