import ArgumentParser
import CLISupport
import CVCore
import CVModels
import CVTask
import CVWeights

/// `cvtool convert`: parses and checks; `ConvertRun` does the work.
struct ConvertCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Make a checkpoint of PyTorch a weight file of this toolkit.",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            Takes what torch.save writes (.pth, .pt, .bin; the format of version 1.6 and the one before) and \
            .safetensors, with the keys of torchvision. Nothing in the file is run. Weights that a script of training \
            has wrapped (state_dict, model, …; module., _orig_mod., …) are found, also where some other tensors stand \
            beside them without the prefix. Keys and shapes must be those of the network; all differences are listed. \
            Where the names that are left over fit in only one way, the --rename that does it is proposed.

            The file that is written carries the labels and the preprocessing of images, so that cvtool classify (detect, \
            segment, stylize) needs nothing else. Networks of ImageNet are prepared for as torchvision evaluates them: the shorter side to \
            256, the middle 224 x 224 (342 and 299 for inception_v3), bilinear, mean 0.485,0.456,0.406 and deviation \
            0.229,0.224,0.225 (0.5 each for googlenet and inception_v3, whose published weights want it so); for the \
            others, images are stretched to the network's input, from 0 to 1.

            EXAMPLES
              cvtool convert resnet50.pth --model resnet50 --labels imagenet.txt \\
                -o resnet50.safetensors
              cvtool convert best.pt -m mobilenet_v2 --labels names.txt --half \\
                -o flowers.safetensors
              cvtool convert cifar.pth -m resnet20 --mean 0.491,0.482,0.447 \\
                --std 0.247,0.243,0.262 -o cifar.safetensors
              cvtool convert resnet20.th -m resnet20 --rename linear=fc \\
                -o cifar.safetensors
              cvtool convert moco.pth -m resnet50 --features \\
                --strip-prefix encoder_q -o backbone.safetensors
              cvtool convert streets.pt -m unet-mobilenet_v2 -o streets.safetensors
              cvtool classify photo.jpg --weights resnet50.safetensors

            NETWORKS
            \(Self.networks)

            \(ExitStatus.help(interrupted: "nothing was written"))
            """)

    @Argument(help: "A .pth, .pt or .bin file of PyTorch, or a .safetensors file.")
    var checkpoint: String

    @Option(name: .shortAndLong, help: .init("Which network the weights are of.", valueName: "name"))
    var model: String

    @Option(name: .shortAndLong, help: .init("The file to write.", valueName: "file"))
    var output: String

    @Option(help: .init("Names of the classes, one a line. (default: their numbers)", valueName: "file"))
    var labels: String?

    @Option(help: .init("How many classes. (default: as many as the last layer has)", valueName: "n"))
    var classes: Int?

    @Flag(help: "Keep the backbone alone, without the layers that decide between the classes: to begin trainings from.")
    var features = false

    @OptionGroup(title: "Names of tensors") var keys: ConvertKeyOptions
    @OptionGroup(title: "Preprocessing of images") var images: ConvertImageOptions

    @Flag(help: "Store 16-bit floats: half the size, three decimal digits.")
    var half = false

    @Flag(help: "Overwrite the output.")
    var force = false

    @Flag(name: .shortAndLong, help: "No progress bar and no remarks; only errors.")
    var quiet = false

    func validate() throws {
        let known: ModelSpec
        do throws(ArchitectureError) {
            known = try ModelRegistry.spec(named: model)
            try known.check(classes: classes ?? known.limits.classes.lowerBound, input: known.defaultInput)
        } catch {
            throw ValidationError("--model \(error.description).")
        }
        if features, labels != nil || classes != nil {
            throw ValidationError("--features goes without --labels and --classes: a backbone has no classes.")
        }
        try images.validate(for: known)
    }

    /// The networks by what they do.
    private static var networks: String {
        VisionTask.allCases.filter { $0 != .classify }.reduce(ModelOptions.list) { text, task in
            let names = ModelRegistry.specs(for: task).map(\.name).joined(separator: ", ")
            return text + "\n  \(task.rawValue): \(names)"
        }
    }

    func run() throws { try perform { try ConvertRun(self).run() } }
}

/// Changes of the names of tensors.
struct ConvertKeyOptions: ParsableArguments {
    @Option(
        help: .init(
            "Call a tensor, or all in a scope, by another name: linear=fc makes fc.weight of linear.weight. May be given "
                + "several times.", valueName: "from=to"))
    var rename: [KeyMapping.Rename] = []

    @Option(
        help: .init(
            "Take this off the names, after --rename; tensors whose names do not begin with it are left out.",
            valueName: "prefix"))
    var stripPrefix: String?

    func validate() throws {
        if stripPrefix?.isEmpty == true {
            throw ValidationError("--strip-prefix: a prefix, such as model., is expected.")
        }
    }

    var mapping: KeyMapping { KeyMapping(renames: rename, strippedPrefix: stripPrefix) }
}

extension KeyMapping.Rename: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}
