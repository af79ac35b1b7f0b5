import CVCore
import CVNN
import CVTensor

/// A network that tells what a picture shows, by the name that the command and weight files use.
///
/// ```swift
/// let architecture = try ClassifierArchitecture.named("resnet20")
/// let (network, parameters) = ParameterSet.initialize(seed: 1) { architecture.make(classes: 10, $0) }
/// let logits = network(tape.watch(images))
/// ```
public struct ClassifierArchitecture: Sendable {
    /// The size of one picture.
    public struct Input: Sendable, Equatable, CustomStringConvertible {
        public let channels: Int
        public let height: Int
        public let width: Int

        public init(channels: Int, height: Int, width: Int) {
            self.channels = channels
            self.height = height
            self.width = width
        }

        public var count: Int { channels * height * width }
        public var description: String { "\(channels)×\(height)×\(width)" }
    }

    public let name: String
    /// One line: what it is, and the paper.
    public let summary: String
    /// What it was described for.
    public let defaultInput: Input
    /// Whether the same weights take pictures of any size; if not, the size belongs to the weights.
    public let takesAnySize: Bool
    /// Smallest height and width.
    public let minimumSide: Int

    private let build: @Sendable (_ classes: Int, _ input: Input, _ p: ParameterScope) -> any ClassifierNetwork

    init(
        _ name: String, _ summary: String, input: Input, takesAnySize: Bool, minimumSide: Int = 1,
        build: @escaping @Sendable (_ classes: Int, _ input: Input, _ p: ParameterScope) -> any ClassifierNetwork
    ) {
        self.name = name
        self.summary = summary
        defaultInput = input
        self.takesAnySize = takesAnySize
        self.minimumSide = minimumSide
        self.build = build
    }

    /// The network, for `initialized` or `load`: pictures [N, channels, height, width] to logits [N, classes].
    ///
    /// input: nil is `defaultInput`; one that comes from outside must have passed `check`.
    public func make(classes: Int, input: Input? = nil, _ p: ParameterScope) -> any ClassifierNetwork {
        build(classes, input ?? defaultInput, p)
    }

    /// How many numbers are trained: the parameters without the running statistics, as
    /// `sum(p.numel() for p in model.parameters())` counts them.
    public func parameterCount(classes: Int, input: Input? = nil) -> Int {
        trainedCount(ParameterSet.shapes { make(classes: classes, input: input, $0) })
    }

    /// Whether such a network can be built and its sizes are sensible.
    ///
    /// - Throws: `ArchitectureError` with what is expected.
    public func check(classes: Int, input: Input) throws(ArchitectureError) {
        try Self.check(name, classes: classes, input: input, minimumSide: minimumSide)
    }

    /// The same of any network.
    static func check(
        _ name: String, classes: Int, input: Input, minimumSide: Int
    ) throws(ArchitectureError) {
        guard Self.classes.contains(classes) else {
            throw .classes(architecture: name, found: classes, allowed: Self.classes)
        }
        guard channels.contains(input.channels) else {
            throw .channels(architecture: name, found: input.channels, allowed: channels)
        }
        let sides = minimumSide...maximumSide
        guard sides.contains(input.height), sides.contains(input.width) else {
            throw .size(architecture: name, found: input, allowed: sides)
        }
    }

    static let classes = 1...100_000
    static let channels = 1...64
    static let maximumSide = 4096

    /// The one of this name.
    ///
    /// - Throws: `ArchitectureError.unknown` with the nearest name and all others.
    public static func named(_ name: String) throws(ArchitectureError) -> ClassifierArchitecture {
        guard let found = all.first(where: { $0.name == name }) else {
            throw .unknown(name, nearest: nearestName(to: name, in: all.map(\.name)), known: all.map(\.name))
        }
        return found
    }
}

/// Elements of the parameters without running statistics.
func trainedCount(_ parameters: [(name: String, shape: Shape)]) -> Int {
    parameters.filter { !$0.name.hasSuffix("running_mean") && !$0.name.hasSuffix("running_var") }
        .reduce(0) { $0 + $1.shape.count }
}

extension ClassifierArchitecture {
    /// All of them, the simplest first.
    public static let all: [ClassifierArchitecture] =
        [
            ClassifierArchitecture(
                "logistic", "softmax regression over the pixels", input: digits, takesAnySize: false,
                build: { LogisticRegression(inputs: $1.count, classes: $0, $2) }),
            ClassifierArchitecture(
                "fully-connected", "two hidden layers of 256 and 128 with ReLU (Rumelhart et al. 1986)", input: digits,
                takesAnySize: false, build: { FullyConnected(inputs: $1.count, classes: $0, $2) }),
            ClassifierArchitecture(
                "lenet5", "LeNet-5 with tanh (LeCun et al. 1998)", input: digits, takesAnySize: false,
                minimumSide: LeNet5.minimumSide,
                build: { LeNet5(channels: $1.channels, height: $1.height, width: $1.width, classes: $0, $2) }),
            ClassifierArchitecture(
                "small-cnn", "two convolutions and two linear layers (PyTorch's MNIST example)", input: digits,
                takesAnySize: false, minimumSide: SmallCNN.minimumSide,
                build: { SmallCNN(channels: $1.channels, height: $1.height, width: $1.width, classes: $0, $2) }),
        ] + CIFARResNet.Depth.allCases.map(cifar) + photographs + inceptions + plain

    private static let digits = Input(channels: 1, height: 28, width: 28)

    private static func cifar(_ depth: CIFARResNet.Depth) -> ClassifierArchitecture {
        ClassifierArchitecture(
            "resnet\(depth.rawValue)",
            "ResNet-\(depth.rawValue) for small pictures (He et al. 2015, arXiv:1512.03385, section 4.2)",
            input: Input(channels: 3, height: 32, width: 32), takesAnySize: true,
            build: { CIFARResNet(depth, channels: $1.channels, classes: $0, $2) })
    }
}
