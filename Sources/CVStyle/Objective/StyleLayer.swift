import CVCore

/// A layer whose maps are compared, and how much it counts beside the others.
public struct StyleLayer: Sendable, Equatable, CustomStringConvertible {
    /// As `conv3_1`: the maps after the ReLU of that convolution.
    public let name: String
    public let weight: Float

    public init(_ name: String, weight: Float = 1) {
        precondition(weight > 0 && weight.isFinite, "\(name): a weight of \(weight)")
        self.name = name
        self.weight = weight
    }

    /// As `list` reads it.
    public var description: String {
        if weight == 1 { return name }
        return name + "=" + (Int(exactly: weight).map { "\($0)" } ?? "\(weight)")
    }

    /// Reads `conv1_1,conv2_1=0.5`: names with commas between, each with a weight after `=` that is 1 if left out.
    ///
    /// `relu1_1` is another name of `conv1_1`. known: the names that there are.
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
