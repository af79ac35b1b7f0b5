import CVCore
import CVNN
import CVTensor
import CVWeights

/// A network that can be asked for by name, of whatever task: how it is described, and what it is made of.
public struct CatalogModel: Sendable {
    /// The size of one picture.
    public typealias Input = ClassifierArchitecture.Input

    public let name: String
    /// One line: what it is, and the paper.
    public let about: String
    /// What it was described for.
    public let defaultInput: Input
    public let defaultClasses: Int
    /// Whether it tells classes apart; one that paints has but one result.
    public let hasClasses: Bool

    private let check: @Sendable (_ classes: Int, _ input: Input) throws(ArchitectureError) -> Void
    private let make: @Sendable (_ classes: Int, _ input: Input, _ p: ParameterScope) -> Network

    /// A batch of pictures [N, C, H, W] -> what the network gives.
    package typealias Network = @Sendable (Tensor) -> [Tensor]

    /// The network, for `initialized`, `load` or `shapeOnly`. Classes and input must have passed `check`.
    package func network(classes: Int? = nil, input: Input? = nil, _ p: ParameterScope) -> Network {
        make(classes ?? defaultClasses, input ?? defaultInput, p)
    }

    private func shapes(_ classes: Int, _ input: Input) -> [(name: String, shape: Shape)] {
        ParameterSet.shapes { make(classes, input, $0) }
    }

    /// How many numbers are trained.
    public func parameterCount(classes: Int? = nil, input: Input? = nil) -> Int {
        trainedCount(shapes(classes ?? defaultClasses, input ?? defaultInput))
    }

    /// Whether weights are those of this network.
    ///
    /// - Throws: `ArchitectureError` for classes or a size that it cannot have; `ParameterMismatch` with every key that is
    ///   missing, unexpected, or of another shape.
    public func check(_ header: SafetensorsHeader, classes: Int, input: Input) throws {
        try check(classes, input)
        func dictionary(_ pairs: [(String, [Int])]) -> [String: [Int]] { Dictionary(pairs) { first, _ in first } }
        let expected = shapes(classes, input).map { ($0.name, $0.shape.dimensions) }
        let difference = KeyDifference(
            expected: dictionary(expected), found: dictionary(header.entries.map { ($0.name, $0.shape) }))
        if !difference.isEmpty { throw ParameterMismatch(declared: expected.count, difference: difference) }
    }

    /// Its operations. The network is run once on shapes alone, which takes no memory for any size.
    ///
    /// - Parameters:
    ///   - classes: nil for `defaultClasses`.
    ///   - input: nil for `defaultInput`.
    /// - Returns: a row for each operation.
    /// - Throws: `ArchitectureError` for classes or a size that it cannot have.
    public func summary(classes: Int? = nil, input: Input? = nil) throws(ArchitectureError) -> ModelSummary {
        let (classes, input) = (classes ?? defaultClasses, input ?? defaultInput)
        try check(classes, input)
        return ModelSummary(input: input, { make(classes, input, $0) }, running: { _ = $0($1) })
    }
}

extension ModelCatalog {
    /// All networks of this library: classifiers, segmentation, detectors, painters.
    public static let models: [CatalogModel] =
        ClassifierArchitecture.all.map(CatalogModel.init) + [.unet, .yolov3Tiny, .init(ImageTransformNet.Variant())]

    /// The one of this name, also a `ImageTransformNet.Variant` of any width, such as `transformer-w16`.
    ///
    /// - Throws: `ArchitectureError.unknown` with the nearest name and all others.
    public static func model(named name: String) throws(ArchitectureError) -> CatalogModel {
        if let found = models.first(where: { $0.name == name }) { return found }
        // Those that share their weights among styles have no number of parameters of their own.
        guard let form = ImageTransformNet.Variant(name), form != .multistyle26 else {
            let names = models.map(\.name)
            throw .unknown(name, nearest: nearestName(to: name, in: names), known: names)
        }
        return CatalogModel(form)
    }
}

extension CatalogModel {
    fileprivate init(_ architecture: ClassifierArchitecture) {
        name = architecture.name
        about = architecture.summary
        defaultInput = architecture.defaultInput
        // Those for photographs were described for ImageNet, the others for digits and CIFAR-10.
        defaultClasses = architecture.defaultInput.height > 64 ? 1000 : 10
        hasClasses = true
        check = { classes, input throws(ArchitectureError) in try architecture.check(classes: classes, input: input) }
        make = { classes, input, p in
            let network = architecture.make(classes: classes, input: input, p)
            return { [network($0)] }
        }
    }

    fileprivate init(_ form: ImageTransformNet.Variant) {
        let name = form.name
        self.name = name
        about = "paints in one style, in one go (Johnson et al. 2016, arXiv:1603.08155)"
        defaultInput = Input(channels: 3, height: 256, width: 256)
        (defaultClasses, hasClasses) = (1, false)
        check = { classes, input throws(ArchitectureError) in
            guard classes == 1 else { throw .classes(architecture: name, found: classes, allowed: 1...1) }
            try ClassifierArchitecture.check(
                name, classes: classes, input: input, minimumSide: ImageTransformNet.minimumSide)
            guard input.channels == 3 else {
                throw .channels(architecture: name, found: input.channels, allowed: 3...3)
            }
        }
        make = { _, _, p in
            let network = ImageTransformNet(form, p)
            return { [network($0)] }
        }
    }

    fileprivate static let unet = CatalogModel(
        name: "unet", about: "U-Net with padding (Ronneberger et al. 2015, arXiv:1505.04597)",
        defaultInput: Input(channels: 3, height: 256, width: 256), defaultClasses: 2, hasClasses: true,
        check: { classes, input throws(ArchitectureError) in
            try ClassifierArchitecture.check("unet", classes: classes, input: input, minimumSide: 16)
        },
        make: { classes, input, p in
            let network = UNet(channels: input.channels, classes: classes, p)
            return { [network($0)] }
        })

    fileprivate static let yolov3Tiny = CatalogModel(
        name: "yolov3-tiny", about: "YOLOv3-tiny (Redmon & Farhadi 2018, arXiv:1804.02767)",
        defaultInput: Input(channels: 3, height: 416, width: 416), defaultClasses: 80, hasClasses: true,
        check: { classes, input throws(ArchitectureError) in
            try ClassifierArchitecture.check("yolov3-tiny", classes: classes, input: input, minimumSide: 32)
            guard input.channels == 3 else {
                throw .channels(architecture: "yolov3-tiny", found: input.channels, allowed: 3...3)
            }
            guard input.height % 32 == 0, input.width % 32 == 0 else {
                throw .multiple(architecture: "yolov3-tiny", found: input, of: 32)
            }
        },
        make: { classes, _, p in
            let network = YOLOv3Tiny(classes: classes, p)
            return { network($0).map(\.values) }
        })
}
