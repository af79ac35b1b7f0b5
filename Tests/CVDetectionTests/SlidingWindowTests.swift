import CVDetection
import CVModels
import CVNN
import CVTensor
import TestSupport
import Testing

@Suite struct SlidingWindowTests {
    private typealias Input = ModelSpec.Input

    private static func network(_ name: String, window: Input, classes: Int = 5) throws -> any ClassifierNetwork {
        let architecture = try ModelRegistry.spec(named: name, task: .classify)
        // Uniform numbers are made quickly; AlexNet has sixty million.
        return ParameterSet.initialize(
            seed: 1,
            choosing: { _, shape in shape.rank > 1 ? .heUniform() : nil },
            { architecture.makeClassifier(classes: classes, input: window, $0) }
        ).network
    }

    @Test(
        "sliding windows: without padding one pass equals cropping",
        arguments: [("logistic", 1), ("fully-connected", 1), ("small-cnn", 2)])
    func onePassEqualsCroppingWithoutPadding(_ name: String, _ stride: Int) throws {
        let window = Input(channels: 2, height: 28, width: 30)
        let network = try Self.network(name, window: window)
        let x = seededTensor(seed: 2, [1, 2, 41, 47])
        let onePass = try SlidingWindows(network, window: window)
        let cut = try SlidingWindows(network, window: window, method: .cropped, stride: stride)
        let (found, expected) = (try onePass(x), try cut(x))
        #expect(onePass.stride == stride && found.shape == [1, 5, 13 / stride + 1, 17 / stride + 1])
        #expect(relativeError(found, expected) < 1e-4)
        // A larger stride subsamples the positions; cropping supports any stride.
        let wide = try SlidingWindows(network, window: window, stride: 4)(x)
        #expect(relativeError(wide, expected.subsampled(stride: 4 / stride)) < 1e-4)
        let odd = try SlidingWindows(network, window: window, method: .cropped, stride: 3)(x)
        #expect(odd.shape == [1, 5, 5, 6])
        #expect(relativeError(odd.subsampled(stride: 2), expected.subsampled(stride: 6 / stride)) < 1e-4)
    }

    /// Each logit by definition: the network on that part of the image.
    @Test("fully convolutional: each position is the window at its corner") func positionsAreWindows() throws {
        let window = Input(channels: 1, height: 28, width: 28)
        let network = try Self.network("small-cnn", window: window)
        let x = seededTensor(seed: 3, [1, 1, 34, 40])
        let logits = try FullyConvolutional(network, window: window)(x)
        #expect(logits.shape == [1, 5, 4, 7])
        let (pixels, values) = (x.values, logits.values)
        for (row, column) in [(0, 0), (3, 6), (1, 4)] {
            var window: [Float] = []
            for y in 0..<28 {
                let start = (2 * row + y) * 40 + 2 * column
                window.append(contentsOf: pixels[start..<start + 28])
            }
            let expected = network(Tensor(window, shape: [1, 1, 28, 28])).reshaped([5])
            let found: [Float] = (0..<5).map { channel in values[channel * 28 + row * 7 + column] }
            #expect(relativeError(Tensor(found, shape: [5]), expected) < 1e-4)
        }
    }

    /// Of a single window, whatever the padding.
    @Test(
        "Sliding window: one window has the classifier's logits",
        arguments: [
            ("lenet5", 28), ("lenet5", 33), ("small-cnn", 31), ("resnet20", 32), ("resnet20", 35), ("resnet18", 64),
            ("resnet50", 70), ("mobilenet_v2", 64), ("squeezenet1_1", 63), ("alexnet", 224), ("mobilenet_v1", 60),
            ("efficientnet-lite0", 65), ("googlenet", 64), ("inception_v3", 107),
        ])
    func ofOneWindowTheLogitsAreThoseOfTheClassifier(_ name: String, _ side: Int) throws {
        let channels = try ModelRegistry.spec(named: name, task: .classify).defaultInput.channels
        let window = Input(channels: channels, height: side, width: side)
        let network = try Self.network(name, window: window)
        let x = seededTensor(seed: 4, [1, channels, side, side])
        let logits = try FullyConvolutional(network, window: window)(x)
        #expect(logits.shape == [1, 5, 1, 1])
        #expect(relativeError(logits.reshaped([1, 5]), network(x)) < 1e-4)
    }

    /// The declared output stride is that of the feature maps.
    @Test(
        "fully convolutional: an image larger by ten strides has ten more positions",
        arguments: [
            ("logistic", 28), ("lenet5", 28), ("lenet5", 29), ("small-cnn", 28), ("resnet20", 32), ("resnet18", 32),
            ("mobilenet_v2", 32), ("squeezenet1_0", 67),
        ])
    func positionsFollowStride(_ name: String, _ side: Int) throws {
        let window = Input(channels: 3, height: side, width: side)
        let network = try FullyConvolutional(Self.network(name, window: window), window: window)
        let stride = network.stride
        let y = network(seededTensor(seed: 5, [1, 3, side + 10 * stride, side + 3 * stride]))
        #expect(y.shape == [1, 5, 11, 4])
    }

    /// LeNet-5 pads its first convolution: the results are equal only if a window's surroundings are zero.
    @Test("fully convolutional: only padding causes a difference to cropping")
    func onlyPaddingCausesDifference() throws {
        let window = Input(channels: 1, height: 28, width: 28)
        let network = try Self.network("lenet5", window: window)
        let inside = uniformTensor(seed: 6, [1, 1, 28, 28])
        let alone = network(inside).reshaped([5])
        /// How much the logits of a window in the middle of 60 × 60, at (16, 16), differ from those of the window
        /// alone.
        func difference(around: Tensor) throws -> Float {
            let x = pad2d(inside, top: 16, bottom: 16, left: 16, right: 16) + around
            let found = try FullyConvolutional(network, window: window)(x).values
            let logits: [Float] = (0..<5).map { channel in found[channel * 81 + 40] }
            return relativeError(Tensor(logits, shape: [5]), alone)
        }
        let hole = pad2d(Tensor(repeating: -1, shape: inside.shape), top: 16, bottom: 16, left: 16, right: 16) + 1
        #expect(try difference(around: hole * 0) < 1e-4)
        #expect(try difference(around: hole) > 1e-2)
    }

    /// The weights are shared with the classifier: gradients reach them through the convolutions.
    @Test("fully convolutional: gradients reach the shared weights") func gradientsReachTheSharedWeights() throws {
        let window = Input(channels: 1, height: 8, width: 8)
        let (network, parameters) = ParameterSet.initialize(seed: 1) { SmallCNN(height: 8, width: 8, classes: 3, $0) }
        let moving = try FullyConvolutional(network, window: window)
        let x = seededTensor(seed: 2, [1, 1, 8, 8])
        func gradients(_ run: (Tensor) -> Tensor) -> [Tensor] {
            parameters.clearGradients()
            let tape = Tape(.training)
            let y = run(tape.watch(x))
            _ = tape.gradients(of: y, seed: seededTensor(seed: 3, [1, 3]).reshaped(y.shape))
            return parameters.map { $0.gradient! }
        }
        for (found, expected) in zip(gradients { moving($0) }, gradients { network($0) }) {
            #expect(relativeError(found, expected) < 1e-4)
        }
    }

    @Test("sliding windows: unsupported networks and strides are errors") func unsupportedNetworksAreErrors() throws {
        struct Other: ClassifierNetwork {
            func backbone(_ x: Tensor) -> Tensor { x }
            func head(_ features: Tensor) -> Tensor { features }
            var headScope: String { "" }
        }
        let window = Input(channels: 3, height: 64, width: 64)
        #expect(throws: SlidingWindowError.notConvolutional("Other")) { try SlidingWindows(Other(), window: window) }
        #expect(try SlidingWindows(Other(), window: window, method: .cropped).stride == 8)
        // AlexNet's linear layers need feature maps of 6 × 6.
        let alexnet = try Self.network("alexnet", window: window)
        #expect(throws: SlidingWindowError.maps(window: window, found: [1, 1], expected: [6, 6])) {
            try SlidingWindows(alexnet, window: window)
        }
        let resnet = try Self.network("resnet20", window: window)
        for stride in [0, -4, 6] {
            #expect(throws: SlidingWindowError.self) { try SlidingWindows(resnet, window: window, stride: stride) }
        }
    }
}
