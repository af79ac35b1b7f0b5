import CVImage
import CVTensor

/// A place in a picture that excites a unit of a network.
public struct ActivatingPatch: Sendable, Equatable {
    /// The unit's value there, after its activation.
    public let value: Float
    /// What the unit sees of the picture, in its pixels and inside it.
    public let box: Box
}

/// Looks in pictures for the patches that excite one unit of a network most: what has it learnt to see? (Zeiler & Fergus
/// 2013, arXiv:1311.2901.)
///
/// A unit is a channel of a layer: one detector, that looks everywhere.
///
/// ```swift
/// let unit = try TopActivations(classifier, layer: "layer2", unit: 7)
/// if let found = unit.strongest(in: image) { print(found.value, found.box) }
/// ```
public struct TopActivations: Sendable {
    private let classifier: Classifier
    private let layer: String
    private let unit: Int

    /// layer: one of `classifier.layers`, or a block of them. unit: a channel of its maps, from 0.
    ///
    /// - Throws: `LayerError`, or `UnitError` for a channel that the layer does not have.
    public init(_ classifier: Classifier, layer: String, unit: Int) throws {
        self.classifier = classifier
        self.layer = layer
        self.unit = unit
        let units = try classifier.shape(ofLayer: layer)[0]
        guard (0..<units).contains(unit) else { throw UnitError(layer: layer, unit: unit, units: units) }
    }

    /// Where in the picture the unit is excited most, if by more than `least`; nil otherwise, and where nothing in the
    /// picture moves it.
    ///
    /// What it sees there is where the gradient of its value with respect to the input is not 0. That is its receptive
    /// field, whatever the layers before it, less the borders that cannot matter in this picture.
    public func strongest(in image: Image, above least: Float = -.infinity) -> ActivatingPatch? {
        let x = classifier.preprocessing.tensor(image)
        // Most pictures end here: those are not differentiated.
        guard let value = peak(maps(ActivationCapture(of: x, needsGradient: false, run))).value, value > least else {
            return nil
        }
        let capture = ActivationCapture(of: x, run)
        let maps = maps(capture)
        let (_, position) = peak(maps)
        let seed = Tensor(shape: maps.shape) { values in
            values.initialize(repeating: 0)
            values[position] = 1
        }
        guard let gradient = capture.gradient(of: maps, seed: seed, withRespectTo: capture.input),
            let part = receptiveField(gradient)
        else { return nil }
        let frame = classifier.preprocessing.frame(width: image.width, height: image.height)
        let box = frame.toSource(part).clipped(width: image.width, height: image.height)
        return box.area > 0 ? ActivatingPatch(value: value, box: box) : nil
    }

    private func run(_ x: Tensor) -> Tensor { classifier.network(x) }

    private func maps(_ capture: ActivationCapture) -> Tensor {
        do throws(LayerError) {
            return try capture[layer]
        } catch {
            preconditionFailure("\(error) — it was there when the probe was made")
        }
    }

    /// The largest value of the unit's map, and its place in all of `maps`; nil for a NaN.
    private func peak(_ maps: Tensor) -> (value: Float?, position: Int) {
        let plane = maps.shape[2] * maps.shape[3]
        return maps.withValues { values in
            let mine = unit * plane..<(unit + 1) * plane
            let position = mine.max { values[$0] < values[$1] } ?? mine.lowerBound
            return (values[position].isNaN ? nil : values[position], position)
        }
    }
}

/// The pixels of the input that a gradient [1, C, H, W] says to matter; nil where none does.
private func receptiveField(_ gradient: Tensor) -> Box? {
    let (height, width) = (gradient.shape[2], gradient.shape[3])
    return gradient.withValues { values in
        // Winograd's transforms leave a little of their rounding around what a convolution reaches.
        let least = (values.map(abs).max() ?? 0) * 1e-5
        guard least > 0 else { return nil }
        var (minX, minY, maxX, maxY) = (width, height, -1, -1)
        for index in values.indices where abs(values[index]) > least {
            let (x, y) = (index % width, index / width % height)
            (minX, maxX) = (min(minX, x), max(maxX, x))
            (minY, maxY) = (min(minY, y), max(maxY, y))
        }
        guard maxX >= minX else { return nil }
        return Box(minX: Float(minX), minY: Float(minY), maxX: Float(maxX + 1), maxY: Float(maxY + 1))
    }
}

extension ActivatingPatch: Codable {}
