import ArgumentParser
import CVLandmarks
import CVTraining

/// `cvtool train landmarks`: parses and checks; `TrainLandmarksRun` does the work.
struct TrainLandmarksCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "landmarks",
        abstract: "Train a network for landmarks: a fixed set of points of an object.",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            DATA is a folder with keypoints.csv or keypoints.json and the images, perhaps in a folder images, or such a \
            file. A table has a line for each image: image,x0,y0,x1,y1,… in pixels, or image,NAME_x,NAME_y,…; empty \
            fields are points that are not known, and an image without any shows no object. Columns person and split \
            (train, val or test) may follow. The JSON form also says which points swap in a mirror image, which lines \
            connect them, and which are the eyes; beside a table, points.json says it:

              {"points": ["left eye", "right eye", "mouth"], "pairs": [[0, 1]],
               "contours": [{"name": "eyes", "points": [0, 1], "closed": false}],
               "eyes": {"left": [0], "right": [1], "corners": [0, 1]},
               "images": [{"image": "a.jpg", "points": [[9, 8], [30, 8], null]}]}

            Tables of 68 points without names are those of 300-W (iBUG), and of 5 those of face detectors: all of that is \
            known of them. Images are mirrored only where it is known which points swap.

            Each step trains on a square around the object, of random size, position and angle. A fraction of the \
            persons is held out for validation, on which the mean error is measured, normalized by the distance of the outer \
            corners of the eyes, or for objects without eyes by their size. Ctrl-C saves and stops; the same command with \
            --resume continues, to the same result as without the pause. The same --seed gives the same weights, with any \
            number of threads.

            EXAMPLES
              cvtool train landmarks faces/ -o run/
              cvtool train landmarks faces/ --model landmarks-heatmap --epochs 40
              cvtool train landmarks hands.json --loss smooth-l1 --person folder
              cvtool train landmarks faces/ -o run/ --resume
              cvtool evaluate landmarks faces/ --weights run/best.safetensors
              cvtool landmarks face.jpg --whole --weights run/best.safetensors

            NETWORKS
            \(LandmarkModelOptions.list)

            \(TrainFolder.help(
                best: "the weights with the least mean error on validation", log: "loss and errors",
                sample: "images of validation with what was found (green) and the truth",
                failure: "a loss that became NaN"))
            """)

    @Argument(help: "A folder with keypoints.csv or keypoints.json, or such a file.")
    var data: String

    @OptionGroup(title: "Images") var persons: PersonOptions
    @OptionGroup(title: "Network") var model: LandmarkModelOptions
    @OptionGroup(title: "Training") var training: TrainingOptions<LandmarkTask>
    @OptionGroup(title: "Loss") var loss: LandmarkLossOptions
    @OptionGroup(title: "Output") var output: TrainOutputOptions

    func run() throws { try perform(threads: output.threads) { try TrainLandmarksRun(self).run() } }

    /// The recipe that the options give; settings that are not given are those that suit the network.
    ///
    /// - Parameters:
    ///   - pretrained: the weights that it is initialized from.
    ///   - scheme: of the data.
    /// - Returns: the recipe.
    /// - Throws: `ArchitectureError`.
    func recipe(_ pretrained: PretrainedEncoder?, _ scheme: LandmarkScheme) throws -> LandmarkRecipe {
        var recipe = LandmarkRecipe(try model.architecture(), pretrained: pretrained)
        model.apply(to: &recipe)
        training.apply(to: &recipe)
        loss.apply(to: &recipe)
        if training.learning.augment == nil, !scheme.isMirrorKnown { recipe.leaveOutMirroring() }
        return recipe
    }
}
