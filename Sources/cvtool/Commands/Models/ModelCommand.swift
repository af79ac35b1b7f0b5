import ArgumentParser
import CVCore
import CVModels
import CVNN
import CVTask

/// `cvtool model`: what networks there are, and what one of them does layer by layer.
struct ModelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model",
        abstract: "Show the layers of a network: shapes, parameters and multiply-adds.",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            Without a name, the networks are listed with their parameters and their papers. With one, each operation has \
            a line: the layer by its key in a checkpoint, the shape of its result for one image (channels × height × \
            width), the numbers that are trained in it, and its multiply-adds. Those of convolutions, transposed \
            convolutions and linear layers are counted, without biases, as in papers and torchvision's tables. \
            The network is run on shapes alone: nothing is computed, whatever the size.

            With --plan, the steps that run for an image are listed instead: what was fused, by which algorithm a             convolution is computed, and in which layout. With --profile, the plan is run and each step measured.

            EXAMPLES
              cvtool model
              cvtool model resnet50
              cvtool model mobilenet_v2 --imgsz 96 --classes 2
              cvtool model run/best.safetensors
              cvtool model unet-camvid
              cvtool model yolov4.cfg --imgsz 320
              cvtool model vgg16 --json | jq .multiply_adds
              cvtool model resnet50 --plan
              cvtool model resnet50 --profile --threads 1
              cvtool model googlenet --graphviz | dot -Tsvg > googlenet.svg
            """)

    @Argument(
        help: .init(
            "A network or weights by name, a .safetensors file, or a darknet .cfg. (default: list the networks)",
            valueName: "name|file"))
    var model: String?

    @Flag(help: "List the networks.")
    var list = false

    @Option(
        name: [.customLong("imgsz"), .customLong("size")],
        help: .init(
            "Size of the image: one side, or WIDTHxHEIGHT. (default: what the network was described for, or the "
                + "weights were trained with)", valueName: "size"),
        transform: InputSize.init)
    var imgsz: InputSize?

    @Option(help: .init("Classes to distinguish. (default: the network's own)", valueName: "n"))
    var classes: Int?

    @Option(
        help: .init("Channels of the image: 3 for color, 1 for gray. (default: the network's own)", valueName: "n"))
    var channels: Int?

    @Flag(help: "List the steps that run for an image.")
    var plan = false

    @Flag(help: "Run these steps, and measure each.")
    var profile = false

    @Flag(help: "Print the fused graph in the language of Graphviz.")
    var graphviz = false

    @OptionGroup var threads: ComputingOptions

    @Flag(help: "Print one JSON object, or for the list one a line.")
    var json = false

    func validate() throws {
        if list, model != nil { throw ValidationError("--list goes without a name.") }
        if model == nil, imgsz != nil || classes != nil || channels != nil {
            throw ValidationError("--imgsz, --classes and --channels go with the name of a network.")
        }
        if model == nil, plan || profile || graphviz {
            throw ValidationError("--plan, --profile and --graphviz go with the name of a network.")
        }
        if graphviz, json || plan || profile {
            throw ValidationError("--graphviz goes without --plan, --profile and --json.")
        }
    }

    func run() throws {
        try reportingFailure {
            guard let model else { return try writeList() }
            threads.apply()
            let asked = try AskedModel(model, self)
            if plan || profile || graphviz {
                let report = try PlanReport(asked, isProfiled: profile)
                return try writeLine(graphviz ? report.graphviz : json ? report.json.text : report.text)
            }
            let summary = try asked.spec.summary(classes: asked.classes, input: asked.input)
            try writeLine(json ? summary.json(of: asked).text : summary.text(of: asked))
        }
    }

    private func writeList() throws {
        var table = TextTable(["name", "input", "parameters", "what it is"], rightAligned: [2])
        for model in ModelRegistry.all {
            let count = model.parameterCount()
            if json {
                let fields: JSONValue = [
                    "model": .string(model.name), "about": .string(model.summary), "input": model.defaultInput.json,
                    "classes": model.hasClasses ? .integer(model.defaultClasses) : .null,
                    "parameters": .integer(count),
                ]
                try writeLine(fields.text)
            } else {
                table.add([model.name, model.defaultInput.description, grouped(count), model.summary])
            }
        }
        if !json { try writeLine(table.fitted) }
    }
}

/// A network with the classes and the input that are asked for.
struct AskedModel {
    let spec: ModelSpec
    let classes: Int
    let input: ModelSpec.Input
    private let model: NamedModel

    /// With the weights of the file, if it is one and they are for these classes and this input; else with random ones.
    func network() throws -> ModelNetwork {
        if case .weights(let file) = model, !file.isHeadless, file.classes == classes,
            input == file.input || spec.takesAnySize && input.channels == file.input.channels
        {
            return try file.network()
        }
        return ParameterSet.initialize(seed: 1) { spec.make(classes: classes, input: input, $0) }.network
    }

    /// - Parameters:
    ///   - name: of a network; else of weights, whose metadata name their network, or a `.cfg`.
    ///   - command: what changes them.
    /// - Throws: `ArchitectureError` for a name that neither is, and what reading a file throws.
    init(_ name: String, _ command: ModelCommand) throws {
        let model = try NamedModel(name, prefersWeights: false)
        if case .weights(let file) = model { try file.check() }
        let own = model.input
        self.model = model
        spec = model.spec
        classes = command.classes ?? model.classes
        input = ModelSpec.Input(
            channels: command.channels ?? own.channels, height: command.imgsz?.height ?? own.height,
            width: command.imgsz?.width ?? own.width)
        try model.check(input)
    }
}
