import CVCore

/// A layer of the content or style loss, with its weight.
public struct StyleLayer: Sendable, Equatable, CustomStringConvertible {
    /// The name, such as `conv3_1`: the feature maps after the ReLU of that convolution.
    public let name: String
    /// The weight relative to the other layers of the loss.
    public let weight: Float

    /// Creates a layer.
    ///
    /// - Parameters:
    ///   - name: the name, such as `conv3_1`.
    ///   - weight: the weight relative to the other layers, above 0.
    public init(_ name: String, weight: Float = 1) {
        precondition(weight > 0 && weight.isFinite, "\(name): a weight of \(weight)")
        self.name = name
        self.weight = weight
    }

    /// The form that `list` parses.
    public var description: String {
        if weight == 1 { return name }
        return name + "=" + (Int(exactly: weight).map { "\($0)" } ?? "\(weight)")
    }

    /// Parses `conv1_1,conv2_1=0.5`: comma-separated names, each with an optional weight after `=`, by default 1.
    ///
    /// `relu1_1` is an alias of `conv1_1`.
    ///
    /// - Parameters:
    ///   - text: the list.
    ///   - known: the names of the layers of the network.
    /// - Returns: the layers.
    /// - Throws: `StyleError.unknownLayer`, `.layerTwice` or `.badLayerWeight`.
    public static func list(_ text: String, known: [String]) throws(StyleError) -> [StyleLayer] {
        var layers: [StyleLayer] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let pieces = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = try found(String(pieces[0]), known)
            guard !layers.contains(where: { $0.name == name }) else { throw .layerTwice(name) }
            var weight: Float = 1
            if pieces.count > 1 {
                guard let number = Float(pieces[1]), number.isFinite, number > 0 else {
                    throw .badLayerWeight(layer: name, found: String(pieces[1]))
                }
                weight = number
            }
            layers.append(StyleLayer(name, weight: weight))
        }
        return layers
    }

    static func found(_ text: String, _ known: [String]) throws(StyleError) -> String {
        let name = text.hasPrefix("relu") ? "conv" + text.dropFirst(4) : text
        guard known.contains(name) else {
            throw .unknownLayer(text, nearest: nearestName(to: name, in: known), known: known)
        }
        return name
    }
}
