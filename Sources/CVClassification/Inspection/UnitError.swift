import CVCore

/// A channel that a layer does not have.
public struct UnitError: ToolkitError, Equatable {
    public let layer: String
    public let unit: Int
    public let units: Int

    public init(layer: String, unit: Int, units: Int) { (self.layer, self.unit, self.units) = (layer, unit, units) }

    public var description: String {
        "the layer \(layer.escapedForDisplay) has no unit \(unit): its \(pluralized(units, "unit")) are 0 to \(units - 1)"
    }
}

extension UnitError {
    public var category: ErrorCategory { .notFound }
}
