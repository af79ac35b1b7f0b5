public import CVCore

/// The format of a file that is not what is expected of weights.
public typealias WeightsFormat = FileKind
