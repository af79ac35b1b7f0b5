/// A face to enroll, or one that is enrolled.
public struct EnrolledFace: Sendable, Equatable, Codable {
    /// The number in the database; 0 before it is enrolled. No other face gets it later.
    public var id: Int
    /// Whose face it is.
    public var person: String
    /// Where it comes from, such as the path of an image.
    public var source: String
    /// The box in the image as it stands there: left, top, right and bottom edge in pixels.
    public var box: [Float]
    /// The numbers that the network gives for it.
    public var embedding: [Float]

    /// Describes a face to enroll.
    ///
    /// - Parameters:
    ///   - person: the name; spaces around it are dropped.
    ///   - source: where it comes from.
    ///   - box: left, top, right and bottom edge in pixels of the image.
    ///   - embedding: of the database's network.
    public init(person: String, source: String, box: [Float], embedding: [Float]) {
        (id, self.person, self.source, self.box, self.embedding) = (0, person, source, box, embedding)
    }
}

/// A person of a face database.
public struct EnrolledPerson: Sendable, Equatable, Codable {
    /// The name, once in a database.
    public var name: String
    /// How many faces are enrolled.
    public var faces: Int
    /// Where they come from, in the order of enrolling, each once.
    public var sources: [String]
}

/// An enrolled face that is like a given one.
public struct FaceMatch: Sendable, Equatable, Codable {
    /// The number of the enrolled face.
    public var id: Int
    /// Whose face that is.
    public var person: String
    /// Where it comes from.
    public var source: String
    /// How different the two are, by the metric of the network.
    public var distance: Float
}
