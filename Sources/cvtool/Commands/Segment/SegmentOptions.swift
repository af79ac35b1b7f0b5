import ArgumentParser
import CVCore
import CVImage
import CVModels
import CVNN
import CVSegmentation
import CVTraining

/// What the values of masks mean.
struct SegmentClassOptions: ParsableArguments {
    @Option(
        help: .init(
            "A list of the classes: a name on each line, from class 0 on; red, green and blue may stand before it. "
                + "(default: classes.txt or labels.txt in DATA)", valueName: "file"))
    var labels: String?

    @Option(
        help: .init("Values of masks that do not count, with commas between; 255 never counts.", valueName: "values"),
        transform: MaskValues.init)
    var ignore: MaskValues?

    struct MaskValues {
        let values: Set<UInt8>

        init(_ argument: String) throws {
            let numbers = argument.split(separator: ",", omittingEmptySubsequences: false).map { UInt8($0) }
            guard !numbers.contains(nil) else {
                throw ValidationError("numbers from 0 to 255 with commas between are expected, such as 11 or 0,255.")
            }
            values = Set(numbers.compactMap { $0 })
        }
    }

    /// - Parameter unlisted: the classes of a set that has no list of its own; nil for those that are found.
    func dataset(_ path: String, unlisted: SegmentationLabels? = nil) throws -> SegmentationDataset {
        let listed = try labels.map { try SegmentationLabels(contentsOf: $0) }
        return try SegmentationDataset(
            contentsOf: path, labels: listed, unlisted: unlisted, ignoring: ignore?.values ?? [])
    }
}

/// Which network is trained, and what it is given.
struct SegmentModelOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: .init("One of the list above.", valueName: "name"))
    var model = "unet-efficientnet-lite0"

    @Option(
        help: .init(
            "The way down of the U-Net: mobilenet_v2 or efficientnet-lite0; the same as --model unet-NAME.",
            valueName: "name"))
    var encoder: String?

    @Option(
        help: .init(
            "Weights to begin from: none, a .safetensors file or a name that cvtool weights list shows, of the encoder or "
                + "of the network itself. (default: those of the encoder that come with cvtool, else none)",
            valueName: "file|name|none"))
    var pretrained: String?

    @Option(
        help: .init(
            "What pictures are brought to: one side, or WIDTHxHEIGHT. (default: the size of the first, at most 512 on "
                + "its longer side)", valueName: "size"),
        transform: InputSize.init)
    var size: InputSize?

    @Option(
        help: .init(
            "What a step sees of each picture: one side, or WIDTHxHEIGHT. (default: a frame of the pictures' size)",
            valueName: "size"),
        transform: InputSize.init)
    var crop: InputSize?

    @Option(
        help: .init("By how much each picture is enlarged before that, drawn anew each time.", valueName: "from:to"),
        transform: ScaleRange.init)
    var scale = ScaleRange(0.75...2)

    struct ScaleRange: CustomStringConvertible {
        let range: ClosedRange<Double>

        init(_ range: ClosedRange<Double>) { self.range = range }

        init(_ argument: String) throws {
            let numbers = argument.split(separator: ":", omittingEmptySubsequences: false).compactMap { Double($0) }
            guard (1...2).contains(numbers.count), numbers.allSatisfy((0.1...10).contains), numbers[0] <= numbers.last!
            else { throw ValidationError("a number from 0.1 to 10, or two in order, is expected, such as 0.75:2.") }
            range = numbers[0]...numbers[numbers.count - 1]
        }

        var description: String { "\(short(range.lowerBound)):\(short(range.upperBound))" }
    }

    /// The networks with what they are, a line each.
    static var list: String {
        let all = SegmentationArchitecture.all
        let width = all.map(\.name.count).max() ?? 0
        let lines = all.map { "  \($0.name.padded(to: width))  \($0.summary.split(separator: " (").first ?? "")" }
        return lines.joined(separator: "\n") + """

              unet may be followed by -w32 (channels at full size, 64 by itself), -d3 (how
              often the picture is halved, 4), -bilinear (enlarged so, not by transposed
              convolutions) and -plain (without batch normalisation): unet-w16-d3-bilinear
            """
    }

    func validate() throws {
        do throws(ArchitectureError) {
            let chosen = try architecture()
            let side = InputSides(crop ?? size, least: chosen.minimumSide)
            try chosen.check(classes: 2, input: .init(channels: 3, height: side.height, width: side.width))
        } catch {
            throw ValidationError("--model \(error.description).")
        }
    }

    private struct InputSides {
        let width, height: Int

        init(_ size: InputSize?, least: Int) { (width, height) = (size?.width ?? least, size?.height ?? least) }
    }

    func architecture() throws(ArchitectureError) -> SegmentationArchitecture {
        try .named(encoder.map { "unet-\($0)" } ?? model)
    }

    /// Nil for a network that begins from nothing.
    func weights() throws -> PretrainedSegmentation? {
        let architecture = try architecture()
        if pretrained == "none" || (pretrained == nil && architecture.encoder == nil) { return nil }
        return try PretrainedSegmentation(pretrained, for: architecture)
    }

    func apply(to recipe: inout SegmentationRecipe) {
        recipe.size = size.map { .init(width: $0.width, height: $0.height) }
        recipe.crop = crop.map { .init(width: $0.width, height: $0.height) }
        recipe.scale = scale.range
    }
}

extension ClassWeighting: ExpressibleByArgument {}

extension SegmentationLoss: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
    public var defaultValueDescription: String { description }
}

/// How a segmentation is learnt.
struct SegmentLearningOptions: ParsableArguments {
    private static let own = SegmentationRecipe(SegmentationArchitecture.all[0])

    @Option(help: .init("How often all pictures are gone through.", valueName: "n"))
    var epochs = own.epochs

    @Option(help: .init("Pictures in a step.", valueName: "n"))
    var batchSize = own.batchSize

    @Option(help: .init("How far a step goes.", valueName: "rate"))
    var learningRate = own.learningRate

    @Option(help: "How gradients become steps.")
    var optimizer = own.optimizer

    @Option(help: "How the learning rate changes; see cvtool help train classify.")
    var schedule = own.schedule

    @Option(
        help: .init(
            "Epochs in which the learning rate grows to its full value. (default: 1, but no more than half of all)",
            valueName: "epochs"))
    var warmup: Double?

    @Option(help: .init("Keeps weights small (L2).", valueName: "factor"))
    var weightDecay = own.weightDecay

    @Option(help: .init("What of a step goes on in the next, with momentum and nesterov.", valueName: "part"))
    var momentum = own.momentum

    @Option(
        help: .init(
            "What is made small: cross-entropy, dice or focal, or a sum of them such as cross-entropy+dice.",
            valueName: "loss"))
    var loss = own.loss

    @Option(help: "What classes weigh in cross-entropy and focal: more, the rarer they are, or all the same.")
    var classWeights = own.classWeights

    @Option(
        help: .init(
            "Changes of the pictures and their masks, such as mirror@0.5,rotate=10 (see cvtool help augment), or none.",
            valueName: "steps"))
    var augment = own.augmentation

    @OptionGroup var stabilization: StabilizationOptions

    @Option(
        help: .init(
            "The part of the pictures to hold back, where no folder is for validation; 0 to learn from everything.",
            valueName: "part"))
    var holdout = own.holdout

    @OptionGroup var seeds: SeedOptions

    func validate() throws {
        try checkNumber("--epochs", epochs, in: 1...100_000)
        try checkNumber("--batch-size", batchSize, in: 1...4096)
        try checkNumber("--learning-rate", learningRate, in: StepOptions.rates)
        try checkNumber("--warmup", warmup, in: 0...1000)
        try checkNumber("--weight-decay", weightDecay, in: StepOptions.decays)
        try checkNumber("--momentum", momentum, in: StepOptions.parts)
        try checkNumber("--holdout", holdout, in: 0...0.9)
        if augment != "none", !augment.isEmpty { try checkAugmentation("--augment", augment) }
    }

    func apply(to recipe: inout SegmentationRecipe) {
        (recipe.epochs, recipe.batchSize, recipe.learningRate) = (epochs, batchSize, learningRate)
        (recipe.optimizer, recipe.schedule, recipe.momentum) = (optimizer, schedule, momentum)
        // Half of a short training at most.
        recipe.warmup = warmup ?? min(recipe.warmup, Double(epochs) / 2)
        (recipe.weightDecay, recipe.loss, recipe.classWeights) = (weightDecay, loss, classWeights)
        recipe.augmentation = augment == "none" ? "" : augment
        recipe.holdout = holdout
        stabilization.apply(to: &recipe)
        seeds.apply(to: &recipe)
    }
}
