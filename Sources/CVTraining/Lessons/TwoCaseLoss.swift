import CVCore
import CVTensor

/// The loss of classification with localization, for each vector y = (p_c, coordinates, classes) of an output.
///
/// There are two cases. Where there is an object, all of y counts: the cross-entropy of p_c, λ_coord times the squared error of
/// the coordinates, and the cross-entropy of the classes. Where there is none, only p_c counts, λ_noobj times: what the other numbers
/// say does not matter, and they get no gradient. Summed over the places of an image, and averaged over the batch.
///
/// The weights are those of YOLO (Redmon et al. 2016, arXiv:1506.02640): boxes must be exact, and most cells of a grid are empty.
public struct TwoCaseLoss: Sendable, Equatable {
    /// λ_coord, of the squared error of coordinates.
    public var coordinateWeight: Double
    /// λ_noobj, of p_c where there is no object.
    public var emptyWeight: Double

    /// - Parameters:
    ///   - coordinateWeight: λ_coord.
    ///   - emptyWeight: λ_noobj.
    public init(coordinateWeight: Double = 5, emptyWeight: Double = 0.5) {
        (self.coordinateWeight, self.emptyWeight) = (coordinateWeight, emptyWeight)
    }

    /// The loss of a batch, and its parts.
    public struct Value: Sendable {
        /// The sum of the parts, a scalar that a tape watches.
        public let total: Tensor
        /// The cross-entropy of p_c.
        public fileprivate(set) var presence = 0.0
        /// The squared error of the coordinates with its weight.
        public fileprivate(set) var coordinates = 0.0
        /// The cross-entropy of the classes.
        public fileprivate(set) var classes = 0.0
    }

    /// Compares an output with what it should say.
    ///
    /// - Parameters:
    ///   - output: [N, channels of the layout, rows, columns].
    ///   - targets: the places with an object, of each of N images.
    ///   - layout: what the output means.
    /// - Returns: the loss.
    public func callAsFunction(_ output: Tensor, _ targets: [ShapeTargets], _ layout: ShapeLayout) -> Value {
        let values = ShapeOutput(output, layout)
        precondition(values.images == targets.count, "targets of \(targets.count) images for \(output.shape)")
        var sum = Sum(loss: self, output: values, gradient: [Float](repeating: 0, count: output.shape.count))
        let places = values.places
        for (image, targets) in targets.enumerated() {
            for place in places { sum.add(image, place, targets[place]) }
        }
        let slopes = Tensor(sum.gradient, shape: output.shape)
        let total = Float(sum.presence + sum.coordinates + sum.classes)
        return Value(
            total: Tensor([total], shape: []).recorded(as: .loss("TwoCaseLoss"), (output, { slopes * $0.item })),
            presence: sum.presence, coordinates: sum.coordinates, classes: sum.classes)
    }

    /// The loss as it is summed up, with its gradient.
    private struct Sum {
        let loss: TwoCaseLoss
        let output: ShapeOutput
        var gradient: [Float]
        var presence = 0.0, coordinates = 0.0, classes = 0.0

        private var scale: Double { 1 / Double(output.images) }

        mutating func add(_ image: Int, _ place: ShapePlace, _ target: ShapeTarget?) {
            let vector = output.vector(image, place)
            let (value, slope) = ObjectnessLoss.crossEntropy(Double(vector.raw[0]), target == nil ? 0 : 1)
            let weight = (target == nil ? loss.emptyWeight : 1) * scale
            presence += weight * value
            set(image, place, 0, weight * slope)
            guard let target else { return }
            addCoordinates(image, place, vector, target)
            if let label = target.label { addClass(image, place, vector, label) }
        }

        private mutating func addCoordinates(
            _ image: Int, _ place: ShapePlace, _ vector: ShapeOutput.Vector, _ target: ShapeTarget
        ) {
            precondition(
                target.coordinates.count == output.layout.coordinates,
                "a target of \(target.coordinates.count) coordinates for \(output.layout)")
            let weight = loss.coordinateWeight * scale
            for (number, (found, wanted)) in zip(vector.coordinates, target.coordinates).enumerated() {
                let difference = Double(found) - Double(wanted)
                coordinates += weight * difference * difference
                set(image, place, 1 + number, weight * 2 * difference)
            }
        }

        private mutating func addClass(
            _ image: Int, _ place: ShapePlace, _ vector: ShapeOutput.Vector, _ label: Int
        ) {
            let layout = output.layout
            precondition((0..<layout.classes).contains(label), "class \(label) of \(layout.classes)")
            let probabilities = softmaxProbabilities(vector.classLogits)
            classes -= scale * log(max(probabilities[label], .leastNormalMagnitude))
            for (number, probability) in probabilities.enumerated() {
                let slope = probability - (number == label ? 1 : 0)
                set(image, place, 1 + layout.coordinates + number, scale * slope)
            }
        }

        private mutating func set(_ image: Int, _ place: ShapePlace, _ number: Int, _ slope: Double) {
            gradient[output.index(image, place, number)] = Float(slope)
        }
    }
}
