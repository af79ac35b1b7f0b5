import ArgumentParser
import CLISupport
import CVCore
import CVModels
import CVTraining

extension BoxLoss: ExpressibleByArgument {}
extension ObjectnessLoss: ExpressibleByArgument {}
extension AnchorChoice: ExpressibleByArgument {}

/// The detector that is trained, and its input.
struct DetectionModelOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: .init("One of the list above.", valueName: "name"))
    var model = "yolox-nano"

    @Option(
        help: .init(
            "Weights that training is initialized from: a .safetensors file or a name that cvtool weights list shows, of "
                + "this network for any classes, or of the classifier that it is built on; none for random ones. (default: for "
                + "networks that look at regions those of their classifier, else none)", valueName: "file|name"))
    var pretrained: String?

    @Option(
        help: .init(
            "Size of the network's input in pixels, multiples of 32: one side, or WIDTHxHEIGHT; images keep their "
                + "proportions in it. (default: the network's own)", valueName: "size"),
        transform: InputSize.init)
    var imgsz: InputSize?

    /// A line for each network with its summary.
    static var list: String {
        let all = DetectionRecipe.networks
        let width = all.map(\.name.count).max() ?? 0
        return all.map { "  \($0.name.padded(to: width))  \($0.summary.split(separator: " (").first ?? "")" }
            .joined(separator: "\n")
    }

    func validate() throws {
        do throws(ArchitectureError) {
            let spec = try architecture()
            try spec.check(input(of: spec))
        } catch {
            throw ValidationError("--model \(error.description).")
        }
    }

    func architecture() throws(ArchitectureError) -> ModelSpec {
        let known = DetectionRecipe.networks.map(\.name)
        let found = try? ModelRegistry.spec(named: model)
        if let found, known.contains(found.name) { return found }
        if let found, found.task != .detect {
            throw .otherTask(architecture: found.name, found: found.task, expected: .detect, known: known)
        }
        throw .unknown(model, nearest: nearestName(to: model, in: known), known: known)
    }

    /// Nil for a network that is not known.
    var hasAnchors: Bool? { (try? architecture()).map { DetectionRecipe($0).hasAnchors } }

    /// Reads the weights of `--pretrained`.
    ///
    /// - Returns: nil for random weights.
    /// - Throws: a `ToolkitError`.
    func weights() throws -> PretrainedDetector? {
        if pretrained == "none" { return nil }
        let spec = try architecture()
        guard pretrained != nil || spec.encoder != nil else { return nil }
        return try PretrainedDetector(pretrained, for: spec)
    }

    private func input(of spec: ModelSpec) -> ModelSpec.Input {
        .init(
            channels: 3, height: imgsz?.height ?? spec.defaultInput.height,
            width: imgsz?.width ?? spec.defaultInput.width)
    }

    func apply(to recipe: inout DetectionRecipe) {
        guard let imgsz else { return }
        recipe.input = .init(channels: 3, height: imgsz.height, width: imgsz.width)
    }
}

/// The options of training that detectors alone have.
struct DetectionImageOptions: ParsableArguments {
    @Option(
        help: .init(
            "How far the size of a step's input may be from --imgsz, as a fraction: 0.25 for three quarters to five.",
            valueName: "fraction"))
    var multiScale = 0.0

    @Option(
        help: .init(
            "Epochs at the end without the augmentations that join, move or deform images. (default: "
                + "\(DetectionTask.plainEpochs), but at most a third of all)", valueName: "n"))
    var noAugEpochs: Int?

    @Option(
        help: .init(
            "Loss of a box: the errors of raw values, for a network with anchors; 1 - IoU; 1 - IoU²; with the distance of boxes that "
                + "do not meet, giou and ciou; or smooth. (default: squared-iou; ciou for a network with "
                + "anchors; smooth, which is the only one, for networks that look at regions)"))
    var loss: BoxLoss?

    @Option(
        help: .init(
            "Loss of whether there is an object: binary cross-entropy, or focal loss, for which cells of the ground hardly count; "
                + "r-cnn and fast-r-cnn have none."
        ))
    var objectness = ObjectnessLoss.crossEntropy

    @Option(
        help: .init(
            "Anchors of a network that has them: fitted to the boxes to train on by k-means, those of --pretrained or of the "
                + "network as published, or random ones to compare with. (default: kmeans; network with --pretrained)"))
    var anchors: AnchorChoice?

    @Option(help: .init("Draw images of validation after every n epochs.", valueName: "n"))
    var drawEvery = 5

    func validate() throws {
        try checkNumber("--multi-scale", multiScale, in: 0...0.75)
        try checkNumber("--no-aug-epochs", noAugEpochs, in: 0...100_000)
        try checkNumber("--draw-every", drawEvery, in: 1...100_000)
    }

    func apply(to recipe: inout DetectionRecipe) {
        recipe.multiScale = multiScale
        recipe.plainEpochs = noAugEpochs ?? min(recipe.plainEpochs, recipe.epochs / 3)
        recipe.boxLoss = loss ?? recipe.boxLoss
        recipe.objectness = objectness
        recipe.anchors = anchors ?? recipe.anchors
    }
}
