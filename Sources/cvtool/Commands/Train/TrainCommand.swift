import ArgumentParser
import CVClassification
import CVTraining

/// `cvtool train`: a subcommand for each task.
struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train", abstract: "Train a network on your own images.",
        subcommands: [
            TrainClassifyCommand.self, TrainDetectCommand.self, TrainSegmentCommand.self, TrainLandmarksCommand.self,
            TrainFacesCommand.self, TrainStyleCommand.self, TrainShapesCommand.self,
        ])
}

/// `cvtool train classify`: parses and checks; `TrainClassifyRun` does the work.
struct TrainClassifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "classify",
        abstract: "Train a classifier.",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            DATA is a folder with a folder of images for each class, a tar file of such a folder (read without \
            unpacking it), or a .csv file with lines of path,label. A fraction of each class is held out for validation, \
            on which the network is evaluated; which images depends on --seed and their names. A .csv file may have a \
            column split: train, val or test. Rows of test are left out, and counted; cvtool evaluate classify with \
            --split test evaluates them.

            Images that do not decode are reported, counted and left out. Ctrl-C saves and stops; the same command \
            with --resume continues, to the same result as without the pause. The same --seed gives the same weights, \
            with any number of threads.

            EXAMPLES
              cvtool train classify animals/ -o run/
              cvtool train classify cifar10-train.tar --model resnet20 -o run/
              cvtool train classify digits/ --model lenet5 --epochs 20 -o digits/
              cvtool train classify animals/ --augment mirror@0.5,rotate=15,hsv
              cvtool train classify animals/ --pretrained --freeze backbone
              cvtool train classify animals/ --pretrained run/best.safetensors
              cvtool train classify animals/ -o run/ --resume
              cvtool evaluate classify animals/ --weights run/best.safetensors
              cvtool classify photo.jpg --weights run/best.safetensors

            PRETRAINED WEIGHTS
            --pretrained initializes the network from weights such as those of ImageNet, with their preprocessing; with \
            --freeze backbone only the classification head is trained, which takes minutes and needs only a few dozen \
            images of each class. Images are then not augmented, or with --augment in a few copies (--copies). Frozen \
            normalization layers keep their statistics. The result is a complete network in either case.

            NETWORKS
            \(ModelOptions.list)

            \(TrainFolder.help(
                best: "the weights that are best on validation", log: "loss and accuracy",
                failure: "a loss that became NaN"))
            """)

    @Argument(help: "A folder of class folders, a .tar file of it, or a .csv list.")
    var data: String

    @OptionGroup(title: "Network") var model: ModelOptions
    @OptionGroup(title: "Initial weights") var transfer: TransferOptions
    @OptionGroup(title: "Training") var training: TrainingOptions<ClassificationTask>
    @OptionGroup(title: "Loss") var loss: ClassifierLossOptions
    @OptionGroup(title: "Output") var output: TrainOutputOptions

    func validate() throws {
        try transfer.check(augmentation: training.learning.augment)
    }

    func run() throws { try perform(threads: output.threads) { try TrainClassifyRun(self).run() } }

    /// The recipe that the options give; settings that are not given are those that suit the network.
    ///
    /// - Parameter pretrained: the weights that `--pretrained` names.
    /// - Returns: the recipe.
    /// - Throws: `ArchitectureError`.
    func recipe(_ pretrained: PretrainedWeights?) throws -> ClassificationRecipe {
        var recipe =
            try pretrained.map { .init($0, frozen: transfer.freeze, optimizer: training.learning.optimizer) }
            ?? ClassificationRecipe(model.architecture(), optimizer: training.learning.optimizer)
        model.apply(to: &recipe)
        training.apply(to: &recipe)
        loss.apply(to: &recipe)
        transfer.apply(to: &recipe)
        return recipe
    }
}
