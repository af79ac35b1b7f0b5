import CVImage
import CVTask
import CVTensor

/// The patch of an image that activates a unit of a network most.
public struct ActivatingPatch: Sendable, Equatable {
    /// The unit's value there, after its activation function.
    public let value: Float
    /// The unit's receptive field there, in pixels of the image and clipped to it.
    public let box: Box
}

/// Finds the maximally activating patches of one unit of a network (Zeiler & Fergus 2013, arXiv:1311.2901).
///
/// A unit is a channel of a layer. Its patches show what it has learned to detect.
///
/// ```swift
/// let unit = try TopActivations(classifier, layer: "layer2", unit: 7)
/// if let found = unit.strongest(in: image) { print(found.value, found.box) }
/// ```
public struct TopActivations: Sendable {
    private let classifier: Classifier
    private let layer: String
    private let unit: Int

    /// Selects a unit.
    ///
    /// - Parameters:
    ///   - classifier: the classifier with the network.
    ///   - layer: one of `classifier.layers`, or a block of layers.
    ///   - unit: a channel of the layer's feature maps, from 0.
    /// - Throws: `LayerError` if the network has no such layer, `UnitError` if the layer has no such channel.
    public init(_ classifier: Classifier, layer: String, unit: Int) throws {
        self.classifier = classifier
        self.layer = layer
        self.unit = unit
        let units = try classifier.shape(ofLayer: layer)[0]
        guard (0..<units).contains(unit) else { throw UnitError(layer: layer, unit: unit, units: units) }
    }

    /// The patch of an image with the unit's largest activation.
    ///
    /// The patch is the region where the gradient of the activation with respect to the input is not 0: the receptive
    /// field, whatever the layers before it, without borders that have no influence in this image.
    ///
    /// - Parameters:
    ///   - image: of any size.
    ///   - least: only activations above this value count.
    /// - Returns: the patch; nil if the activation is not above `least` or does not depend on the image.
    /// - Throws: `NonFiniteOutput` if the layer's feature maps are NaN or infinite.
    public func strongest(in image: Image, above least: Float = -.infinity) throws(NonFiniteOutput) -> ActivatingPatch?
    {
        let x = classifier.preprocessing.tensor(image)
        let found = maps(ActivationCapture(of: x, needsGradient: false, run))
        guard found.isFinite else { throw NonFiniteOutput(NonFiniteOutput.cause(of: x) { _ = run($0) }) }
        // Most images end here, without a backward pass.
        let value = peak(found).value
        guard value > least else { return nil }
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
            preconditionFailure("\(error) — it was found by the initializer")
        }
    }

    /// The largest value of the unit's feature map, and its offset in `maps`.
    private func peak(_ maps: Tensor) -> (value: Float, position: Int) {
        let plane = maps.shape[2] * maps.shape[3]
        return maps.withValues { values in
            let mine = unit * plane..<(unit + 1) * plane
            let position = mine.max { values[$0] < values[$1] } ?? mine.lowerBound
            return (values[position], position)
        }
    }
}

/// The bounding box of the pixels where the gradient [1, C, H, W] of the input is not 0; nil if there are none.
private func receptiveField(_ gradient: Tensor) -> Box? {
    let (height, width) = (gradient.shape[2], gradient.shape[3])
    return gradient.withValues { values in
        // Winograd transforms leave rounding errors around the support of a convolution.
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
