import CVCore
import CVTensor

/// The output of a network of these lessons, by images and places.
public struct ShapeOutput: Sendable {
    /// What it means.
    public let layout: ShapeLayout
    /// The number of images.
    public let images: Int
    /// The number of rows of cells.
    public let rows: Int
    /// The number of columns of cells.
    public let columns: Int
    private let values: [Float]

    /// - Parameters:
    ///   - output: [N, channels of the layout, rows, columns].
    ///   - layout: what it means.
    public init(_ output: Tensor, _ layout: ShapeLayout) {
        let shape = output.shape
        precondition(
            shape.rank == 4 && shape[1] == layout.channels,
            "an output of \(shape), [N, \(layout.channels), rows, columns] expected")
        (self.layout, images, rows, columns) = (layout, shape[0], shape[2], shape[3])
        values = output.values
    }

    /// All places, anchor by anchor and row by row.
    public var places: [ShapePlace] {
        (0..<layout.boxesPerCell).flatMap { anchor in
            (0..<rows * columns).map { ShapePlace(row: $0 / columns, column: $0 % columns, anchor: anchor) }
        }
    }

    /// The vector at a place.
    ///
    /// - Parameters:
    ///   - image: its index in the batch.
    ///   - place: the cell and which of its boxes.
    /// - Returns: raw values with what they mean.
    public func vector(_ image: Int, _ place: ShapePlace) -> Vector {
        Vector(raw: (0..<layout.length).map { values[index(image, place, $0)] }, coordinateCount: layout.coordinates)
    }

    /// Where a number of a vector stands among the values of the output.
    func index(_ image: Int, _ place: ShapePlace, _ number: Int) -> Int {
        ((image * layout.boxesPerCell + place.anchor) * layout.length + number) * rows * columns
            + place.row * columns + place.column
    }

    /// A vector y of the output.
    public struct Vector: Sendable {
        /// The logit of p_c, coordinates, logits of classes.
        public let raw: [Float]
        let coordinateCount: Int

        /// p_c: the probability that there is an object.
        public var presence: Float { Float(probability(Double(raw[0]))) }
        /// As they are.
        public var coordinates: [Float] { Array(raw[1..<1 + coordinateCount]) }
        /// The logits of the classes.
        var classLogits: ArraySlice<Float> { raw[(1 + coordinateCount)...] }

        /// The softmax of the classes.
        public var classProbabilities: [Float] { softmaxProbabilities(classLogits).map { Float($0) } }
    }
}

/// The softmax in double precision; empty for no logits.
func softmaxProbabilities(_ logits: some Collection<Float>) -> [Double] {
    let highest = Double(logits.max() ?? 0)
    let powers = logits.map { exp(Double($0) - highest) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
}
