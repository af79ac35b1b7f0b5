import CVCore

/// What a picture is for.
public enum DatasetPart: String, Sendable, CaseIterable {
    /// To learn from.
    case train
    /// Held back while developing: to choose among trainings.
    case dev
    /// Looked at once, at the end.
    case test
}

/// Places in a list of pictures, each in one part.
public struct DatasetSplit: Sendable, Equatable {
    public var train: [Int] = []
    public var dev: [Int] = []
    public var test: [Int] = []

    public init(train: [Int] = [], dev: [Int] = [], test: [Int] = []) {
        (self.train, self.dev, self.test) = (train, dev, test)
    }
}
