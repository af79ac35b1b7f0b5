import ArgumentParser
import CVCore
import CVImage
import CVModels
import CVNN
import CVSegmentation
import CVTraining

/// The meaning of the values of masks.
struct SegmentClassOptions: ParsableArguments {
    @Option(
        help: .init(
            "A list of the classes: a name on each line, from class 0 on, optionally preceded by red, green and blue. "
                + "(default: classes.txt or labels.txt in DATA)", valueName: "file"))
    var labels: String?

    @Option(
        help: .init(
            "Values of masks that do not count, with commas between. 255 never counts, except where masks hold only 0 and 255 and "
                + "no values are named here: then it is class 1.", valueName: "values"),
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

    /// Reads the names of the images and masks.
    ///
    /// - Parameters:
    ///   - path: of the data set.
    ///   - unlisted: the classes of a set that has no list of its own; nil for those that are found.
    /// - Returns: a data set with these classes.
    /// - Throws: `DatasetError`, `FileError`.
    func dataset(_ path: String, unlisted: SegmentationLabels? = nil) throws -> ImageDataset {
        let listed = try labels.map { try SegmentationLabels(contentsOf: $0) }
        return try ImageDataset.segmentation(
            contentsOf: path, labels: listed, unlisted: unlisted, ignoring: ignore?.values ?? [])
    }
}

/// The network that is trained, and its input.
struct SegmentModelOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: .init("One of the list above.", valueName: "name"))
    var model = "unet-efficientnet-lite0"

    @Option(
        help: .init(
            "The encoder of the U-Net: mobilenet_v2 or efficientnet-lite0; the same as --model unet-NAME.",
            valueName: "name"))
    var encoder: String?

    @Option(
        help: .init(
            "Pretrained weights: none, a .safetensors file or a name that cvtool weights list shows, of the encoder or "
                + "of the network itself. (default: those of the encoder that come with cvtool, else none)",
            valueName: "file|name|none"))
    var pretrained: String?

    @Option(
        help: .init(
            "Size that images are resized to: one side, or WIDTHxHEIGHT. (default: the size of the first, at most 512 on "
                + "its longer side)", valueName: "size"),
        transform: InputSize.init)
    var size: InputSize?

    @Option(
        help: .init(
            "Crop of each image that a step trains on: one side, or WIDTHxHEIGHT. (default: a crop of the images' size)",
            valueName: "size"),
        transform: InputSize.init)
    var crop: InputSize?

    @Option(
        help: .init("Scale of each image before the crop, drawn anew each time.", valueName: "from:to"),
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

    /// A line for each network with its summary.
    static var list: String {
        // unet-plain is among those of the text below.
        let all = ModelRegistry.specs(for: .segment).filter { $0.name != "unet-plain" }
        let width = all.map(\.name.count).max() ?? 0
        let lines = all.map { "  \($0.name.padded(to: width))  \($0.summary.split(separator: " (").first ?? "")" }
        return lines.joined(separator: "\n") + """

              unet may be followed by -w32 (channels at full size, 64 by itself), -d3 (how
              often the image is halved, 4), -bilinear (upsampling, not transposed
              convolutions) and -plain (without batch normalization): unet-w16-d3-bilinear
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

    func architecture() throws(ArchitectureError) -> ModelSpec {
        try ModelRegistry.spec(named: encoder.map { "unet-\($0)" } ?? model, task: .segment)
    }

    /// Reads the weights of `--pretrained`.
    ///
    /// - Returns: nil for random weights.
    /// - Throws: a `ToolkitError`.
    func weights() throws -> PretrainedEncoder? {
        let architecture = try architecture()
        if pretrained == "none" || (pretrained == nil && architecture.encoder == nil) { return nil }
        return try PretrainedEncoder(pretrained, for: architecture)
    }

    func apply(to recipe: inout SegmentationRecipe) {
        recipe.size = size.map { .init(width: $0.width, height: $0.height) }
        recipe.crop = crop.map { .init(width: $0.width, height: $0.height) }
        recipe.scale = scale.range
    }
}

extension ClassWeighting: ExpressibleByArgument {}

extension SegmentationLoss: ExpressibleByArgument {}

/// The options of training that segmentation alone has.
struct SegmentLossOptions: ParsableArguments {
    private static let usual = SegmentationRecipe(ModelRegistry.specs(for: .segment)[0])

    @Option(
        help: .init(
            "Loss: cross-entropy, dice or focal, or a sum of them such as cross-entropy+dice.", valueName: "loss"))
    var loss = usual.loss

    @Option(
        help: "Weights of the classes in cross-entropy and focal loss: the larger, the rarer they are, or all the same."
    )
    var classWeights = usual.classWeights

    func apply(to recipe: inout SegmentationRecipe) { (recipe.loss, recipe.classWeights) = (loss, classWeights) }
}
