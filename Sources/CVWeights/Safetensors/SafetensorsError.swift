import CVCore

/// A safetensors file that is malformed, or that does not hold what is asked of it.
public struct SafetensorsError: ToolkitError, Equatable {
    public enum Problem: Sendable, Equatable {
        // The file as a whole.
        case tooShort(bytes: Int)
        case headerTooLong(length: UInt64)
        case headerBeyondFile(length: Int, fileBytes: Int)
        case headerNotObject(found: UInt8?)
        case headerNotJSON(JSONError)
        case otherFormat(WeightsFormat)
        /// `key` is nil when `__metadata__` itself is no object.
        case metadataNotText(key: String?, found: String)

        // One tensor of the header. `found` is JSON or "nothing".
        case notDescribed(tensor: String, found: String)
        case badField(tensor: String, field: String, expected: String, found: String)
        case unsupportedDType(tensor: String, dtype: String)
        case sizeOverflow(tensor: String, shape: [Int])
        case reversedOffsets(tensor: String, begin: Int, end: Int)
        case offsetsBeyondData(tensor: String, begin: Int, end: Int, dataBytes: Int)
        case wrongSize(tensor: String, dtype: SafetensorsDType, shape: [Int], expected: Int, found: Int)

        // The tensors together.
        case overlap(tensor: String, begin: Int, previous: String, previousEnd: Int)
        case hole(tensor: String, begin: Int, previousEnd: Int)
        case trailingBytes(dataBytes: Int, covered: Int)

        // Reading tensors.
        case noTensor(String, nearest: String?)
        case notFloats(tensor: String, dtype: SafetensorsDType)
        case nonFinite([NonFiniteTensor])

        // Writing tensors.
        case nameTakenTwice(String)
        case reservedName(String)
        case tooLargeForF16(tensor: String, index: Int, value: Float)
    }

    /// The path of the file; nil for bytes from memory.
    public let file: String?
    public let problem: Problem

    public init(_ problem: Problem, in file: String? = nil) {
        self.problem = problem
        self.file = file
    }

    public var description: String { (file.map { $0.escapedForDisplay + ": " } ?? "") + problem.text }
}

extension SafetensorsError.Problem {
    /// The longest header that the reference library reads.
    package static let maxHeaderBytes = 100_000_000

    fileprivate var text: String {
        switch self {
        case .tooShort(let bytes):
            "has \(counted(bytes, "byte")), but a safetensors file begins with 8 bytes for the length of its header; "
                + "it may be empty or an incomplete download"
        case .headerTooLong(let length):
            "says that its header has \(length) bytes, but at most \(Self.maxHeaderBytes) are allowed; "
                + "it is damaged or no safetensors file"
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
                + (tensors.count > 5 ? "; and \(counted(tensors.count - 5, "more tensor"))" : "")
                + ": such weights give no result; convert or download them again"
        case .nameTakenTwice(let name): "two tensors to be written have the name \(quoted(name))"
        case .reservedName(let name): "no tensor can be written under the name \(quoted(name)): the format reserves it"
        case .tooLargeForF16(let tensor, let index, let value):
            "tensor \(quoted(tensor)) cannot be stored as F16: element \(index) is \(value), "
                + "and the largest F16 is 65504; store it as F32 or BF16"
        default: ""
        }
    }
}

/// A tensor with values that are no numbers.
public struct NonFiniteTensor: Sendable, Equatable, CustomStringConvertible {
    public let name: String
    public let nanCount: Int
    public let infinityCount: Int
    /// The first such element, in row-major order.
    public let firstIndex: Int

    public var description: String {
        let counts = [(nanCount, "NaN"), (infinityCount, "infinite")].filter { $0.0 > 0 }
        return "tensor \(quoted(name)) has " + counts.map { "\($0) \($1)" }.joined(separator: " and ")
            + (nanCount + infinityCount == 1 ? " value" : " values") + ", the first at element \(firstIndex)"
    }
}
