import ArgumentParser
import CVSegmentation
import CVTraining

/// `cvtool train segment`: parses and checks; `TrainSegmentRun` does the work.
struct TrainSegmentCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "segment",
        abstract: "Train a segmentation of images: the class of each pixel.",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            DATA is a folder with images in images/ and a PNG for each in masks/, whose values (indices of a palette, \
            or gray) are the classes of the pixels; or with the folders train/ and trainannot/ (and val/, valannot/), as \
            CamVid has them, or train/images/ and train/masks/; or a folder of images with .json files of labelme; or \
            a .json file of COCO, or the folder with its annotations/instances_*.json. Names of classes are read from classes.txt or labels.txt in the folder, one on each \
            line, from class 0 on; without it they are numbers.

            All images and masks are checked before training begins: sizes that differ, values that are not classes \
            and missing partners are counted and named together. If no folder is for validation, a fraction of the images \
            is held out to choose the best epoch by. Ctrl-C saves and stops; the same command with --resume continues, \
            to the same result as without the pause. The same --seed gives the same weights, with any number of threads.

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
                failure: "masks that do not fit their images"))
            """)

    @Argument(help: "A folder of images and masks, or a .json file of COCO.")
    var data: String

    @OptionGroup(title: "Classes") var classes: SegmentClassOptions
    @OptionGroup(title: "Network") var model: SegmentModelOptions
    @OptionGroup(title: "Training") var training: TrainingOptions<SegmentationTask>
    @OptionGroup(title: "Loss") var loss: SegmentLossOptions
    @OptionGroup(title: "Output") var output: TrainOutputOptions

    func run() throws { try perform(threads: output.threads) { try TrainSegmentRun(self).run() } }

    /// The recipe that the options give; settings that are not given are those that suit the network.
    ///
    /// - Parameter pretrained: the weights that it is initialized from.
    /// - Returns: the recipe.
    /// - Throws: `ArchitectureError`.
    func recipe(_ pretrained: PretrainedEncoder?) throws -> SegmentationRecipe {
        var recipe = SegmentationRecipe(try model.architecture(), pretrained: pretrained)
        model.apply(to: &recipe)
        training.apply(to: &recipe)
        loss.apply(to: &recipe)
        return recipe
    }
}
