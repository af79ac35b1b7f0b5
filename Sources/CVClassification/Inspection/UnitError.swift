import CVCore

/// The layer has no channel of this index.
public struct UnitError: ToolkitError, Equatable {
    /// The name of the layer.
    public let layer: String
    /// The requested channel.
    public let unit: Int
    /// The number of the layer's channels.
    public let units: Int

    /// Creates an error.
    ///
    /// - Parameters:
    ///   - layer: the name of the layer.
    ///   - unit: the requested channel.
    ///   - units: the number of the layer's channels.
    public init(layer: String, unit: Int, units: Int) { (self.layer, self.unit, self.units) = (layer, unit, units) }

    public var description: String {
        "the layer \(layer.escapedForDisplay) has no unit \(unit): its \(pluralized(units, "unit")) are 0 to \(units - 1)"
    }
}

extension UnitError {
    public var category: ErrorCategory { .notFound }
}
