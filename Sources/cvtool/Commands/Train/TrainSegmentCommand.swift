import ArgumentParser
import CVSegmentation
import CVTraining

/// `cvtool train segment`: parses and checks; `TrainSegmentRun` does the work.
struct TrainSegmentCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "segment",
        abstract: "Train a network to tell what each pixel of a picture shows.",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            DATA is a folder with pictures in images/ and a PNG for each in masks/, whose values (indices of a palette, \
            or grey) are the classes of the pixels; or with the folders train/ and trainannot/ (and val/, valannot/), as \
            CamVid has them, or train/images/ and train/masks/; or a folder of pictures with .json files of labelme; or \
            a .json file of COCO. Names of classes are read from classes.txt or labels.txt in the folder, one on each \
            line, from class 0 on; without it they are numbers.

            All pictures and masks are checked before training begins: sizes that differ, values that are no classes \
            and missing partners are counted and named together. Where no folder is for validation, part of the pictures \
            is held back to choose the best epoch by. Ctrl-C saves and stops; the same command with --resume goes on, to \
            the same result as without the pause. The same --seed gives the same weights, with any number of threads.

            EXAMPLES
              cvtool train segment streets/ -o run/
              cvtool train segment camvid/ --labels camvid-classes.txt --ignore 11
              cvtool train segment cells/ --model unet-w32 --crop 256
              cvtool train segment leaves.json --loss cross-entropy+dice
              cvtool train segment streets/ --model unet-mobilenet_v2 --size 480x360
              cvtool train segment streets/ -o run/ --resume
              cvtool evaluate segment streets/ --weights run/best.safetensors

            NETWORKS
            \(SegmentModelOptions.list)

            \(TrainFolder.help(
                best: "the weights with the best mean IoU on validation", log: "loss, mean IoU and accuracy",
                failure: "masks that do not fit their pictures"))
            """)

    @Argument(help: "A folder of pictures and masks, or a .json file of COCO.")
    var data: String

    @OptionGroup(title: "Classes") var classes: SegmentClassOptions
    @OptionGroup(title: "Network") var model: SegmentModelOptions
    @OptionGroup(title: "How it learns") var learning: SegmentLearningOptions
    @OptionGroup(title: "Output") var output: TrainOutputOptions

    func run() throws { try perform(threads: output.threads) { try TrainSegmentRun(self).run() } }

    /// What the options say, and where they say nothing, what suits the network.
    func recipe(_ pretrained: PretrainedSegmentation?) throws -> SegmentationRecipe {
        var recipe = SegmentationRecipe(try model.architecture(), pretrained: pretrained)
        model.apply(to: &recipe)
        learning.apply(to: &recipe)
        return recipe
    }
}
