import ArgumentParser
import CVCore
import CVTraining

extension ShapeLesson: ExpressibleByArgument {}

/// `cvtool train shapes`: parses and checks; `TrainShapesRun` does the work.
struct TrainShapesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shapes",
        abstract: "Train the small networks that lead to a detector, on shapes that are drawn.",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            A detector in four lessons, each a small network that trains in about a minute. No data are needed: images of \
            64x64 pixels with ellipses, rectangles and triangles are drawn for each step, and others, which are held out, \
            to measure the result.

              box      is there a shape, where, of which class: p_c, b_x, b_y, b_h, b_w, c
              corners  the four corners of a sheet, as landmarks
              grid     several shapes: each cell of a grid says all that, for its own
              anchors  shapes that overlap: three boxes a cell, non-max suppression

            ap50 is the average precision where an overlap of 0.5 is enough, raw-ap50 the same without non-max suppression; iou \
            is the mean overlap with the true boxes, pixels the mean distance of corners, presence how often p_c is right. \
            Ctrl-C saves and stops; the same command with --resume continues. The same --seed gives the same weights, with any \
            number of threads.

            EXAMPLES
              cvtool train shapes box -o run/
              cvtool train shapes corners -o corners/ --seed 2
              cvtool train shapes grid -o grid/ --coordinate-weight 1
              cvtool train shapes anchors -o anchors/ --steps 4000
              cvtool train shapes anchors -o anchors/ --steps 4000 --resume

            \(TrainFolder.help(
                best: "the weights of the last tenth that was finished", log: "the parts of the loss and the scores",
                predictions: "held-out images: the truth in white, below what was found",
                failure: "a loss that became NaN"))
            """)

    @Argument(help: "What is learned.")
    var lesson: ShapeLesson

    @OptionGroup(title: "Training") var learning: ShapeLearningOptions
    @OptionGroup(title: "Output") var output: TrainOutputOptions

    func run() throws { try perform(threads: output.threads) { try TrainShapesRun(self).run() } }

    /// The recipe that the options give.
    var recipe: ShapeRecipe {
        var recipe = ShapeRecipe(lesson)
        learning.apply(to: &recipe)
        return recipe
    }
}

/// Length, learning rate and weights of the loss.
struct ShapeLearningOptions: ParsableArguments {
    private static let usual = ShapeRecipe(.grid)
    private static let whole = ShapeRecipe(.box)

    @Option(
        help: .init(
            "Steps in all, rounded up to a multiple of \(usual.epochs); after each tenth of them the network is measured.",
            valueName: "n"))
    var steps = usual.steps

    @Option(help: .init("Images in a step; all are new.", valueName: "n"))
    var batchSize = usual.batchSize

    @Option(help: .init("Learning rate of Adam; it falls to 0 along half a cosine.", valueName: "rate"))
    var learningRate = usual.learningRate

    @Option(
        help: .init(
            "Weight of the squared error of coordinates, λ_coord. (default: \(short(usual.loss.coordinateWeight)) for grid and "
                + "anchors, \(short(whole.loss.coordinateWeight)) for box and corners)", valueName: "x"))
    var coordinateWeight: Double?

    @Option(
        help: .init(
            "Weight of p_c where there is no object, λ_noobj. (default: \(short(usual.loss.emptyWeight)) for grid and "
                + "anchors, \(short(whole.loss.emptyWeight)) for box and corners)", valueName: "x"))
    var emptyWeight: Double?

    @OptionGroup var seeds: SeedOptions

    func validate() throws {
        try checkNumber("--steps", steps, in: 1...10_000_000)
        try checkNumber("--batch-size", batchSize, in: 1...4096)
        try checkNumber("--learning-rate", learningRate, in: SettingLimits.rates)
        try checkNumber("--coordinate-weight", coordinateWeight, in: 0...1e6)
        try checkNumber("--empty-weight", emptyWeight, in: 0...1e6)
    }

    func apply(to recipe: inout ShapeRecipe) {
        recipe.steps = steps
        (recipe.batchSize, recipe.learningRate) = (batchSize, learningRate)
        recipe.loss.coordinateWeight = coordinateWeight ?? recipe.loss.coordinateWeight
        recipe.loss.emptyWeight = emptyWeight ?? recipe.loss.emptyWeight
        seeds.apply(to: &recipe.settings)
    }
}
