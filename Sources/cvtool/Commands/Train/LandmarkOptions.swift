import ArgumentParser
import CLISupport
import CVCore
import CVLandmarks
import CVModels
import CVTraining

extension PersonRule: ExpressibleByArgument {}

extension LandmarkLoss: ExpressibleByArgument {}

/// Which images show the same person.
struct PersonOptions: ParsableArguments {
    @Option(
        help: .init(
            "Which images show the same person, and are held out together: name (of Ann_Smith_21.jpg, Ann_Smith), folder, none, "
                + "or auto: what the column or key person says, else name if all names of images end as Smith_21, Smith-21.",
            valueName: "rule"))
    var person = PersonRule.automatic
}

/// The network that is trained, and its input.
struct LandmarkModelOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: .init("One of the list above.", valueName: "name"))
    var model = "landmarks-regression"

    @Option(
        help: .init(
            "Pretrained weights: none, a .safetensors file or a name that cvtool weights list shows, of the encoder or "
                + "of the network itself. (default: those of the encoder that come with cvtool, else none)",
            valueName: "file|name|none"))
    var pretrained: String?

    @Option(help: .init("Side of the network's square input in pixels, a multiple of 32.", valueName: "n"))
    var imgsz = 128

    @Option(
        help: .init(
            "The fraction of the input that the object takes, drawn anew each time: from a wide frame to a tight one.",
            valueName: "from:to"),
        transform: FillRange.init)
    var fill = FillRange(0.4...0.9)

    @Option(
        help: .init(
            "How far the object may be from the middle of the input, as a fraction of its side.", valueName: "fraction")
    )
    var shift = 0.12

    @Option(help: .init("By how many degrees the object is turned at most, either way.", valueName: "degrees"))
    var rotate = 30.0

    struct FillRange: CustomStringConvertible {
        let range: ClosedRange<Double>

        init(_ range: ClosedRange<Double>) { self.range = range }

        init(_ argument: String) throws {
            let numbers = argument.split(separator: ":", omittingEmptySubsequences: false).compactMap { Double($0) }
            guard (1...2).contains(numbers.count), numbers.allSatisfy((0.05...1).contains), numbers[0] <= numbers.last!
            else { throw ValidationError("a number from 0.05 to 1, or two in order, is expected, such as 0.4:0.9.") }
            range = numbers[0]...numbers[numbers.count - 1]
        }

        var description: String { "\(short(range.lowerBound)):\(short(range.upperBound))" }
    }

    /// A line for each network with its summary.
    static var list: String {
        let all = LandmarkRecipe.networks
        let width = all.map(\.name.count).max() ?? 0
        return all.map { "  \($0.name.padded(to: width))  \($0.summary.split(separator: " (").first ?? "")" }
            .joined(separator: "\n")
    }

    func validate() throws {
        try checkNumber("--shift", shift, in: 0...0.5)
        try checkNumber("--rotate", rotate, in: 0...180)
        do throws(ArchitectureError) {
            try architecture().check(.init(channels: 3, height: imgsz, width: imgsz))
        } catch {
            throw ValidationError("--model \(error.description).")
        }
    }

    func architecture() throws(ArchitectureError) -> ModelSpec {
        let spec = try ModelRegistry.spec(named: model, task: .landmarks)
        let known = LandmarkRecipe.networks.map(\.name)
        guard known.contains(spec.name) else { throw .unknown(model, nearest: nil, known: known) }
        return spec
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

    func apply(to recipe: inout LandmarkRecipe) {
        (recipe.side, recipe.fill, recipe.shift, recipe.degrees) = (imgsz, fill.range, shift, rotate)
    }
}

/// The options of training that landmarks alone have.
struct LandmarkLossOptions: ParsableArguments {
    @Option(
        help: .init(
            "Loss: squared, smooth-l1 or wing over the coordinates, heatmap for a network for heat maps, or a sum such as "
                + "heatmap+wing. (default: wing, or heatmap for a network for heat maps)", valueName: "loss"))
    var loss: LandmarkLoss?

    func apply(to recipe: inout LandmarkRecipe) { recipe.loss = loss ?? recipe.loss }
}
