import ArgumentParser
import CVTraining

/// `cvtool train detect`: parses and checks; `TrainDetectRun` does the work.
struct TrainDetectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "detect",
        abstract: "Train a detector: the boxes of objects and their classes.",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            DATA is a folder in Pascal VOC's form (JPEGImages, Annotations with an XML file for each image, perhaps lists in \
            ImageSets), in YOLO's (images and labels, or their data.yaml), a .json file in COCO's form, or a .csv list of \
            boxes. All annotations are checked before training begins, and what is wrong is reported with file and line. If nothing is assigned to validation, a fraction of the images is held out to choose the best epoch by.

            After each epoch the average precision on validation is measured, as COCO does it. The last epochs \
            (--no-aug-epochs) are without strong augmentation, so that the network ends with images as they are. With \
            --pretrained the network is initialized from weights for other images; if their classes are others, the layers that \
            predict classes are made anew, and named. Networks that look at regions (R-CNN, Fast and Faster) begin with \
            the weights of their classifier, and train for 30 epochs at a learning rate of 0.0005 where no others are given. Ctrl-C saves and stops; the same command with --resume continues, to \
            the same result as without the pause. The same --seed gives the same weights, with any number of threads.

            EXAMPLES
              cvtool train detect cells/ -o run/
              cvtool train detect cells/ --model yolox-tiny --imgsz 416x320
              cvtool train detect cells/ --augment mirror@0.5,hsv --no-aug-epochs 0
              cvtool train detect cells/ --multi-scale 0.25 --epochs 200
              cvtool train detect cells/ --pretrained yolox-nano.safetensors
              cvtool train detect cells/ --model faster-r-cnn --epochs 30
              cvtool train detect cells/data.yaml --model yolov3-tiny
              cvtool train detect cells/ -o run/ --resume
              cvtool detect blood.jpg --weights run/best.safetensors

            NETWORKS
            \(DetectionModelOptions.list)

            \(TrainFolder.help(
                best: "the weights with the best average precision on validation",
                log: "the parts of the loss and the average precision",
                sample: "images of validation with what was found, above the truth",
                failure: "annotations that make no sense"))
            """)

    @Argument(help: "A folder of images and annotations, or a data.yaml, .json or .csv file.")
    var data: String

    @OptionGroup(title: "Network") var model: DetectionModelOptions
    @OptionGroup(title: "Training") var training: TrainingOptions<DetectionTask>
    @OptionGroup(title: "Images and loss") var images: DetectionImageOptions
    @OptionGroup(title: "Output") var output: TrainOutputOptions

    func validate() throws {
        if images.anchors != nil, model.hasAnchors == false {
            throw ValidationError(
                "--anchors is for networks whose anchors are fitted, such as yolov3-tiny, not for \(model.model).")
        }
    }

    func run() throws { try perform(threads: output.threads) { try TrainDetectRun(self).run() } }

    /// The recipe that the options give; settings that are not given are those that suit the network.
    ///
    /// - Parameter pretrained: the weights that it is initialized from.
    /// - Returns: the recipe.
    /// - Throws: `ArchitectureError`.
    func recipe(_ pretrained: PretrainedDetector?) throws -> DetectionRecipe {
        var recipe = DetectionRecipe(try model.architecture(), pretrained: pretrained)
        model.apply(to: &recipe)
        training.apply(to: &recipe)
        images.apply(to: &recipe)
        return recipe
    }
}
