import ArgumentParser
import CVClassification
import CVTraining

/// `cvtool train`: a subcommand for each task.
struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train", abstract: "Train a network on pictures of your own.",
        subcommands: [TrainClassifyCommand.self, TrainSegmentCommand.self, TrainStyleCommand.self])
}

/// `cvtool train classify`: parses and checks; `TrainClassifyRun` does the work.
struct TrainClassifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "classify",
        abstract: "Train a network to tell what a picture shows.",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            DATA is a folder with a folder of pictures for each class, a tar file of such a folder (read without \
            unpacking it), or a .csv file with lines of path,label. Part of each class is held back, to tell how well \
            the network does on pictures that it has not learnt from; which ones depends on --seed and their names.

            Pictures that do not decode are reported, counted and left out. Ctrl-C saves and stops; the same command \
            with --resume goes on, to the same result as without the pause. The same --seed gives the same weights, \
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

            WEIGHTS THAT WERE LEARNT BEFORE
            --pretrained begins from weights such as those of ImageNet, with their preprocessing; with --freeze backbone \
            only the last layers are trained, which takes minutes and needs but a few dozen pictures of each class. \
            Pictures are then looked at as they are; with --augment in a few changed copies (--copies). Frozen \
            normalisations keep their statistics. The result is a whole network all the same.

            NETWORKS
            \(ModelOptions.list)

            \(TrainFolder.help(
                best: "the weights that did best on what is held back", log: "loss and accuracy",
                failure: "a loss that is no number any more"))
            """)

    @Argument(help: "A folder of class folders, a .tar file of it, or a .csv list.")
    var data: String

    @OptionGroup(title: "Network") var model: ModelOptions
    @OptionGroup(title: "What it begins from") var transfer: TransferOptions
    @OptionGroup(title: "How it learns") var learning: LearningOptions
    @OptionGroup(title: "How its steps are made") var steps: StepOptions
    @OptionGroup(title: "Output") var output: TrainOutputOptions

    func validate() throws {
        try transfer.check(augmentation: learning.augment)
    }

    func run() throws { try perform(threads: output.threads) { try TrainClassifyRun(self).run() } }

    /// What the options say, and where they say nothing, what suits the network.
    func recipe(_ pretrained: PretrainedWeights?) throws -> ClassificationRecipe {
        var recipe =
            try pretrained.map { .init($0, frozen: transfer.freeze, optimizer: learning.optimizer) }
            ?? ClassificationRecipe(model.architecture(), optimizer: learning.optimizer)
        model.apply(to: &recipe)
        learning.apply(to: &recipe)
        steps.apply(to: &recipe)
        transfer.apply(to: &recipe)
        return recipe
    }
}
