import CVCore
import CVDetection
import CVGraph
import CVImage
import CVModels
import CVNN
import CVTask
import CVTensor
import CVWeights

/// The network whose forward pass `cvtool benchmark` measures.
struct BenchmarkedNetwork {
    let name: String
    /// How an image becomes its input.
    let preprocessing: Preprocessing
    /// Makes its input of an image.
    let prepare: (Image) -> Tensor
    /// Sends a batch through.
    let run: (Tensor) -> Void
}

extension BenchmarkedNetwork {
    /// - Parameters:
    ///   - options: which network, and at what size; nothing for the detector.
    ///   - batch: images at a time.
    /// - Throws: what looking for it and reading its weights throw.
    init(_ options: DetectorOptions, batch: Int = 1) throws {
        let isDarknetWithWeights = options.isDarknet && options.weights != nil
        guard !isDarknetWithWeights, let name = options.weights ?? options.model,
            let model = try Self.otherThanDetector(name)
        else {
            self.init(try options.makeDetector())
            return
        }
        let own = model.input
        let input = ModelSpec.Input(
            channels: own.channels, height: options.imgsz?.height ?? own.height,
            width: options.imgsz?.width ?? own.width)
        try model.check(input)
        try model.spec.checkInferenceMemory(classes: model.classes, input: input, batch: batch)
        let network: ModelNetwork
        var preprocessing: Preprocessing
        switch model {
        case .weights(let file) where !file.isHeadless && (file.spec.takesAnySize || input == own):
            (network, preprocessing) = (try file.network(), file.metadata.preprocessing)
        default:
            warn("\(name.escapedForDisplay): there are no weights for this; random ones are measured")
            network = ParameterSet.initialize(seed: 1) { model.spec.make(input: input, $0) }.network
            preprocessing = model.spec.preprocessing(for: input)
        }
        (preprocessing.width, preprocessing.height) = (input.width, input.height)
        if preprocessing.resize == .crop {
            preprocessing.shorterSide = ModelSpec.shorterSide(forCrop: max(input.width, input.height))
        }
        let ready = preprocessing
        let engine = InferenceEngine(network.decidesByValues ? nil : PlanOptions()) { network.run($0) }
        self.init(
            name: name, preprocessing: preprocessing, prepare: { ready.tensor($0) }, run: { _ = engine($0) })
    }

    private init(_ detector: Detector) {
        self.init(
            name: detector.name, preprocessing: detector.preprocessing, prepare: { detector.prepare($0).0 },
            // What it computes of noise does not matter, NaN included.
            run: { _ = try? detector.run($0) })
    }

    /// Weights of a detector, and names that nothing has, are for `Detector`, which says what is wrong.
    private static func otherThanDetector(_ name: String) throws -> NamedModel? {
        if !name.hasSuffix(".cfg"), (try? WeightsLocator().find(name)) == nil,
            (try? ModelRegistry.spec(named: name)) == nil
        {
            return nil
        }
        let model = try NamedModel(name, prefersWeights: true)
        if case .weights(let file) = model, file.spec.task == .detect { return nil }
        return model
    }

    /// So many images of numbers from 0 to 1.
    func input(_ images: Int) -> Tensor {
        .hashed([images, preprocessing.channels.count, preprocessing.height, preprocessing.width])
    }
}

extension Tensor {
    /// Numbers from 0 to 1 in no order that a kernel could profit from: Knuth's multiplicative hash of the index.
    static func hashed(_ shape: Shape) -> Tensor {
        Tensor(shape: shape) { values in
            for index in values.indices {
                let hash = UInt32(truncatingIfNeeded: index) &* 2_654_435_761
                values[index] = Float(hash >> 8) / Float(1 << 24)
            }
        }
    }
}
