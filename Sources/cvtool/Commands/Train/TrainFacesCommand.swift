import ArgumentParser
import CVFaces
import CVModels
import CVNN
import CVTraining

extension FaceLoss: ExpressibleByArgument {}
extension TripletMining: ExpressibleByArgument {}

/// `cvtool train faces`: parses and checks; `TrainFacesRun` does the work.
struct TrainFacesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "faces",
        abstract: "Train a siamese network that tells whether two faces are the same person.",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            DATA is a folder with a folder of images for each person, a tar file of such a folder, a .csv file with lines of \
            path,label, or a folder of images whose names say whom they show: the person is what stands before the last digits \
            of the file's name, as in Ada_Lovelace_02.jpg; --person-pattern gives another rule. Faces should be cropped and \
            upright, or else --align finds them. The network compares people it was never trained on: so whole people are held \
            out for validation.

            The network makes an embedding of each face, a vector of 256 numbers: it is four small networks side by side, each \
            with a loss of its own, which together err less than one. With triplet, contrastive and arcface two \
            faces are compared by the distance of their embeddings, with logistic and chi-squared by a head that was trained \
            with it. Each batch has several images of several people, whose pairs and triplets the loss compares.

            Images that do not decode are reported, counted and left out. Ctrl-C saves and stops; the same command \
            with --resume continues, to the same result as without the pause. The same --seed gives the same weights, \
            with any number of threads.

            EXAMPLES
              cvtool train faces faces/ -o run/
              cvtool train faces faces/ --loss logistic -o run/
              cvtool train faces photos/ --align -o run/
              cvtool train faces faces/ --mining hardest --margin 0.3
              cvtool train faces faces/ --val-persons s1,s2,s3 -o run/
              cvtool train faces photos/ --person-pattern '^([^/]+)/'
              cvtool train faces faces/ -o run/ --resume
              cvtool evaluate faces others/ --weights run/best.safetensors

            NETWORKS
              siamese-small              for triplet, contrastive, arcface
              siamese-small-logistic     for logistic
              siamese-small-chi-squared  for chi-squared

            \(TrainFolder.help(
                best: "the weights of the last epoch; with --patience of the best",
                log: "loss, area under the ROC curve, equal error rate", failure: "too few images of each person"))
            """)

    @Argument(help: "A folder of person folders or of named images, a .tar file, or a .csv list.")
    var data: String

    @OptionGroup(title: "People") var people: PeopleOptions
    @OptionGroup(title: "Network") var input: FaceInputOptions
    @OptionGroup(title: "Loss") var loss: FaceLossOptions
    @OptionGroup(title: "Training") var training: FaceTrainingOptions
    @OptionGroup(title: "Output") var output: TrainOutputOptions

    func validate() throws {
        if people.valPersons != nil, training.learning.splitSeed != nil {
            throw ValidationError("--val-persons names the people to hold out, --split-seed draws them: choose one.")
        }
    }

    func run() throws { try perform(threads: output.threads) { try TrainFacesRun(self).run() } }

    /// The recipe that the options give; settings that are not given are those that suit the loss.
    var recipe: FaceRecipe {
        var recipe = FaceRecipe(loss.loss)
        people.apply(to: &recipe)
        input.apply(to: &recipe)
        loss.apply(to: &recipe)
        training.apply(to: &recipe)
        return recipe
    }
}

/// Who is on an image, and who is held out.
struct PeopleOptions: ParsableArguments {
    @OptionGroup var names: PersonPatternOptions

    @Option(
        help: .init(
            "People to hold out for validation, by the names of their folders or as their files are named. (default: "
                + "--holdout)", valueName: "name,name"))
    var valPersons: String?

    func validate() throws {
        guard let valPersons else { return }
        if split(valPersons).count < 2 {
            throw ValidationError("--val-persons \(valPersons): two people or more are expected, separated by commas.")
        }
    }

    private func split(_ text: String) -> [String] {
        text.split(separator: ",").map { String($0.drop { $0 == " " }) }.filter { !$0.isEmpty }
    }

    func apply(to recipe: inout FaceRecipe) {
        recipe.validationPeople = valPersons.map { split($0) }
        recipe.personPattern = names.personPattern
    }
}

/// `--person-pattern`.
struct PersonPatternOptions: ParsableArguments {
    @Option(
        help: .init(
            "Regular expression that finds the person in the path of an image inside a folder: its first group, or all that "
                + "it matches. (default: the folder, or the file's name before its last digits)", valueName: "regex"))
    var personPattern: String?

    func validate() throws {
        guard let personPattern else { return }
        do {
            _ = try Regex(personPattern)
        } catch {
            throw ValidationError("--person-pattern \(personPattern): is not a regular expression: \(error)")
        }
    }
}

/// The input of the network.
struct FaceInputOptions: ParsableArguments {
    @Option(
        help: .init(
            "Size of the network's input in pixels: one side, or WIDTHxHEIGHT; images are resized to it. (default: 32)",
            valueName: "size"),
        transform: InputSize.init)
    var imgsz: InputSize?

    @Option(help: .init("1 for gray images, 3 for RGB.", valueName: "1|3"))
    var channels = 1

    @Flag(
        help: .init(
            "Find the largest face in each image, and turn and scale it so that eyes and mouth lie in the same place in all: "
                + "for photographs that are not cropped. An image without a face stays as it is. The weights say so to "
                + "whoever uses them."))
    var align = false

    func validate() throws {
        if channels != 1, channels != 3 {
            throw ValidationError("--channels \(channels): 1 (gray) or 3 (RGB) is expected.")
        }
        do throws(ArchitectureError) {
            let recipe = recipe
            try ModelRegistry.spec(named: recipe.model, task: .embed).check(recipe.input)
        } catch {
            throw ValidationError("--imgsz: \(error.description).")
        }
    }

    private var recipe: FaceRecipe {
        var recipe = FaceRecipe()
        apply(to: &recipe)
        return recipe
    }

    func apply(to recipe: inout FaceRecipe) {
        recipe.input = .init(
            channels: channels, height: imgsz?.height ?? recipe.input.height,
            width: imgsz?.width ?? recipe.input.width)
        recipe.alignment = align ? .tight : nil
    }
}

/// The loss, and the images that it compares.
struct FaceLossOptions: ParsableArguments {
    @Option(
        help: .init(
            "A face is nearer to one of the same person than to another, by a margin; a logistic head on |f(a) - f(b)|; the "
                + "same on (f(a) - f(b))² / (f(a) + f(b)); equal pairs together, others apart; people as classes with a margin "
                + "in the angle."))
    var loss = FaceLoss.triplet

    @Option(
        help: .init(
            "Choice of triplets in a batch: any; the nearest negative beyond the positive; the farthest positive with the "
                + "nearest negative. (default: semi-hard)"))
    var mining: TripletMining?

    @Option(
        help: .init(
            "Margin of the loss. (default: 0.5 for triplet, 1 for contrastive, 0.3 radians for arcface)",
            valueName: "margin"))
    var margin: Double?

    @Flag(help: "Compare distances in triplets, as PyTorch; without it their squares, as FaceNet.")
    var plainDistances = false

    @Option(help: .init("People in a batch.", valueName: "n"))
    var personsPerBatch = FaceRecipe().peoplePerBatch

    @Option(help: .init("Images of each of them.", valueName: "n"))
    var imagesPerPerson = FaceRecipe().imagesPerPerson

    func validate() throws {
        try checkNumber("--persons-per-batch", personsPerBatch, in: 2...1000)
        try checkNumber("--images-per-person", imagesPerPerson, in: 2...100)
        if loss != .triplet {
            if mining != nil { throw ValidationError("--mining goes with --loss triplet.") }
            if plainDistances { throw ValidationError("--plain-distances goes with --loss triplet.") }
        }
        guard let margin else { return }
        guard loss.defaultMargin != nil else { throw ValidationError("--margin: --loss \(loss.rawValue) has none.") }
        try checkNumber("--margin", margin, in: loss == .arcFace ? 0...1.5 : 0...100)
    }

    func apply(to recipe: inout FaceRecipe) {
        recipe.mining = mining ?? recipe.mining
        recipe.margin = margin ?? recipe.margin
        recipe.squared = !plainDistances
        (recipe.peoplePerBatch, recipe.imagesPerPerson) = (personsPerBatch, imagesPerPerson)
    }
}

/// The options of training that faces share with other tasks: the size of a batch follows from its people and images.
struct FaceTrainingOptions: ParsableArguments {
    @OptionGroup var learning: LearningOptions<FaceTask>
    @OptionGroup var rates: RateOptions<FaceTask>
    @OptionGroup var regularization: RegularizationOptions<FaceTask>

    func apply(to recipe: inout FaceRecipe) {
        learning.apply(to: &recipe.settings)
        rates.apply(to: &recipe.settings)
        regularization.apply(to: &recipe.settings)
    }
}
