/// Something that needs more memory than there is, found before it is allocated: where memory runs out, the process ends.
public struct MemoryError: ToolkitError, Equatable {
    /// What needs the memory, such as "training resnet50 with 64 images of 3×4096×4096".
    public let subject: String
    /// About how many bytes it needs.
    public let needed: Int
    /// How many bytes are available; nil if unknown.
    public let available: Int?

    /// - Parameters:
    ///   - subject: what needs the memory.
    ///   - needed: about how many bytes.
    ///   - available: how many there are; nil if unknown.
    public init(_ subject: String, needed: Int, available: Int?) {
        (self.subject, self.needed, self.available) = (subject, needed, available)
    }

    public var description: String {
        "\(subject) needs about \(readableBytes(needed)) of memory, "
            + (available.map { "and \(readableBytes($0)) are available" } ?? "more than the system gives")
            + ": smaller images, or fewer at a time, need less"
    }

    public var category: ErrorCategory { .limit }
}
