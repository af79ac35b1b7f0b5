import CVCore

/// An error for a safetensors file that is malformed, or lacks what is requested.
public struct SafetensorsError: ToolkitError, Equatable {
    /// What is wrong.
    public enum Problem: Sendable, Equatable {
        // The whole file.
        /// The file has less than 8 bytes.
        case tooShort(bytes: Int)
        /// The header is longer than 100 MB.
        case headerTooLong(length: UInt64)
        /// The header is longer than the file.
        case headerBeyondFile(length: Int, fileBytes: Int)
        /// The header does not begin with `{`.
        case headerNotObject(found: UInt8?)
        /// The header is not JSON.
        case headerNotJSON(JSONError)
        /// The file has another format.
        case otherFormat(WeightsFormat)
        /// The metadata has a value that is not a string; `key` is nil if `__metadata__` itself is not an object.
        case metadataNotText(key: String?, found: String)

        // One tensor of the header. `found` is JSON or "nothing".
        /// The description of a tensor is not an object.
        case notDescribed(tensor: String, found: String)
        /// A field of a tensor is missing or invalid.
        case badField(tensor: String, field: String, expected: String, found: String)
        /// A tensor has a type of less than a byte.
        case unsupportedDType(tensor: String, dtype: String)
        /// The size of a tensor does not fit 64 bits.
        case sizeOverflow(tensor: String, shape: [Int])
        /// The data of a tensor end before they begin.
        case reversedOffsets(tensor: String, begin: Int, end: Int)
        /// The data of a tensor reach beyond the file.
        case offsetsBeyondData(tensor: String, begin: Int, end: Int, dataBytes: Int)
        /// Shape and range of a tensor disagree.
        case wrongSize(tensor: String, dtype: SafetensorsDType, shape: [Int], expected: Int, found: Int)

        // All tensors together.
        /// Two tensors overlap.
        case overlap(tensor: String, begin: Int, previous: String, previousEnd: Int)
        /// There is a gap before a tensor.
        case hole(tensor: String, begin: Int, previousEnd: Int)
        /// There are bytes after the last tensor.
        case trailingBytes(dataBytes: Int, covered: Int)

        // Reading tensors.
        /// There is no tensor of this name.
        case noTensor(String, nearest: String?)
        /// A tensor does not convert to floats.
        case notFloats(tensor: String, dtype: SafetensorsDType)
        /// Tensors contain NaN or infinity.
        case nonFinite([NonFiniteTensor])
        /// Variances of batch norms are negative.
        case negativeVariance([NegativeVariance])

        // Writing tensors.
        /// Two tensors to write have the same name.
        case nameTakenTwice(String)
        /// The name of a tensor to write is reserved by the format.
        case reservedName(String)
        /// A value to write is finite, but not as F16.
        case tooLargeForF16(tensor: String, index: Int, value: Float)
    }

    /// The path of the file; nil for bytes from memory.
    public let file: String?
    /// What is wrong.
    public let problem: Problem

    /// Creates an error.
    ///
    /// - Parameters:
    ///   - problem: what is wrong.
    ///   - file: the path of the file, if it is known.
    public init(_ problem: Problem, in file: String? = nil) {
        self.problem = problem
        self.file = file
    }

    /// The message.
    public var description: String { (file.map { $0.escapedForDisplay + ": " } ?? "") + problem.text }
}

extension SafetensorsError.Problem {
    /// The longest header that the reference library reads.
    package static let maxHeaderBytes = 100_000_000

    fileprivate var text: String {
        switch self {
        case .tooShort(let bytes):
            "has \(pluralized(bytes, "byte")), but a safetensors file begins with 8 bytes for the length of its header; "
                + "it may be empty or an incomplete download"
        case .headerTooLong(let length):
            "says that its header has \(length) bytes, but at most \(Self.maxHeaderBytes) are allowed; "
                + "it is damaged or not a safetensors file"
        case .headerBeyondFile(let length, let fileBytes):
            "says that its header has \(length) bytes after the first 8, but the whole file has \(fileBytes); "
                + "it may be an incomplete download"
        case .headerNotObject(let found):
            "its header must begin with '{', but " + (found.map { "the byte \($0) is there" } ?? "it is empty")
        case .headerNotJSON(let error): "its header is not valid JSON: \(error)"
        case .otherFormat(let format): "is \(format.name), not safetensors; \(format.hint)"
        case .metadataNotText(nil, let found): "__metadata__ must be an object of strings, but is \(found)"
        case .metadataNotText(let key?, let found):
            "__metadata__ may hold strings only, but \(quoted(key)) is \(found)"
        default: tensorText
        }
    }

    private var tensorText: String {
        switch self {
        case .notDescribed(let tensor, let found):
            "tensor \(quoted(tensor)) must be described by an object, but is \(found)"
        case .badField(let tensor, let field, let expected, let found):
            "tensor \(quoted(tensor)): \(field) must be \(expected), but is \(abbreviated(found))"
        case .unsupportedDType(let tensor, let dtype):
            "tensor \(quoted(tensor)) has the type \(dtype) of less than a byte an element, which is not supported; "
                + "save it as F16 or F32"
        case .sizeOverflow(let tensor, let shape):
            "tensor \(quoted(tensor)): the size of the shape \(abbreviated("\(shape)")) does not fit 64 bits"
        case .reversedOffsets(let tensor, let begin, let end):
            "tensor \(quoted(tensor)): data_offsets [\(begin), \(end)] end before they begin"
        case .offsetsBeyondData(let tensor, let begin, let end, let dataBytes):
            "tensor \(quoted(tensor)): data_offsets [\(begin), \(end)] reach beyond the data of \(dataBytes) bytes; "
                + "the file may be an incomplete download"
        case .wrongSize(let tensor, let dtype, let shape, let expected, let found):
            "tensor \(quoted(tensor)) of type \(dtype.rawValue) and shape \(abbreviated("\(shape)")) "
                + "needs \(expected) bytes, but its data_offsets span \(found)"
        case .overlap(let tensor, let begin, let previous, let previousEnd):
            "tensor \(quoted(tensor)) begins at byte \(begin) of the data, before the end of \(quoted(previous)) "
                + "at \(previousEnd)"
        case .hole(let tensor, let begin, let previousEnd):
            "tensor \(quoted(tensor)) begins at byte \(begin) of the data, but the one before it ends at "
                + "\(previousEnd): the bytes between belong to no tensor"
        case .trailingBytes(let dataBytes, let covered):
            "the data has \(dataBytes) bytes, but the tensors cover only \(covered): bytes are left over at the end"
        default: useText
        }
    }

    private var useText: String {
        switch self {
        case .noTensor(let name, let nearest):
            "has no tensor \(quoted(name))" + (nearest.map { "; did you mean \(quoted($0))?" } ?? "")
        case .notFloats(let tensor, let dtype):
            "tensor \(quoted(tensor)) has the type \(dtype.rawValue), but F32, F16, BF16 or F64 is needed here"
        case .nonFinite(let tensors):
            tensors.prefix(5).map(\.description).joined(separator: "; ")
                + (tensors.count > 5 ? "; and \(pluralized(tensors.count - 5, "more tensor"))" : "")
                + ": such weights give no result; convert or download them again"
        case .negativeVariance(let tensors):
            tensors.prefix(5).map(\.description).joined(separator: "; ")
                + (tensors.count > 5 ? "; and \(pluralized(tensors.count - 5, "more tensor"))" : "")
                + ": a variance is at least 0; the file is damaged, convert or download it again"
        case .nameTakenTwice(let name): "two tensors to be written have the name \(quoted(name))"
        case .reservedName(let name): "no tensor can be written under the name \(quoted(name)): the format reserves it"
        case .tooLargeForF16(let tensor, let index, let value):
            "tensor \(quoted(tensor)) cannot be stored as F16: element \(index) is \(value), "
                + "and the largest F16 is 65504; store it as F32 or BF16"
        default: ""
        }
    }
}

/// A tensor that contains NaN or infinity.
public struct NonFiniteTensor: Sendable, Equatable, CustomStringConvertible {
    /// The name of the tensor.
    public let name: String
    /// The number of NaN elements.
    public let nanCount: Int
    /// The number of infinite elements.
    public let infinityCount: Int
    /// The first such element, in row-major order.
    public let firstIndex: Int

    /// The counts in words.
    public var description: String {
        let counts = [(nanCount, "NaN"), (infinityCount, "infinite")].filter { $0.0 > 0 }
        return "tensor \(quoted(name)) has " + counts.map { "\($0) \($1)" }.joined(separator: " and ")
            + (nanCount + infinityCount == 1 ? " value" : " values") + ", the first at element \(firstIndex)"
    }
}

/// A variance of a batch norm that has negative values.
public struct NegativeVariance: Sendable, Equatable, CustomStringConvertible {
    /// The name of the tensor.
    public let name: String
    /// The number of negative elements.
    public let count: Int
    /// The first of them, in row-major order.
    public let firstIndex: Int
    /// Its value.
    public let value: Float

    /// The counts in words.
    public var description: String {
        "tensor \(quoted(name)) has \(pluralized(count, "negative variance")), the first at element \(firstIndex): \(value)"
    }
}

extension SafetensorsError {
    public var category: ErrorCategory {
        switch problem {
        case .noTensor: .notFound
        case .otherFormat, .unsupportedDType, .notFloats: .unsupported
        case .headerTooLong, .tooLargeForF16: .limit
        default: .invalid
        }
    }
}
