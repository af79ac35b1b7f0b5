import CVCore

/// The header of a safetensors file: names, types, shapes and positions of the tensors, without the data.
///
/// The format: a little-endian 64-bit length N, a JSON object of N bytes that describes each tensor, then the data.
/// https://github.com/huggingface/safetensors#format. Everything is validated here, so that users of an entry can rely
/// on it: types are known, sizes fit, and the tensors cover the data without overlap or gap.
public struct SafetensorsHeader: Sendable {
    /// A tensor of the file.
    public struct Entry: Sendable, Equatable {
        /// The key.
        public let name: String
        /// The element type.
        public let dtype: SafetensorsDType
        /// The shape, empty for a scalar. A dimension may be 0; the product of the others does not overflow.
        public let shape: [Int]
        /// The range of its bytes, relative to the start of the data.
        public let range: Range<Int>

        /// The number of elements.
        public var elementCount: Int { shape.reduce(1, *) }
    }

    /// The tensors in the order of the data.
    public let entries: [Entry]
    /// The `__metadata__`.
    public let metadata: [String: String]
    /// The offset of the data in the file.
    public let dataOffset: Int
    /// The length of the whole file in bytes.
    public let fileBytes: Int
    /// The path of the file, for messages; nil for bytes in memory.
    public let file: String?
    private let indices: [String: Int]

    /// The length of the data in bytes.
    public var dataBytes: Int { fileBytes - dataOffset }

    /// The entry of a tensor; nil if there is none.
    ///
    /// - Parameter name: the name of the tensor.
    public subscript(name: String) -> Entry? { indices[name].map { entries[$0] } }

    /// Reads the header of a file without its data.
    ///
    /// - Parameter path: the path of the file.
    /// - Returns: the header.
    /// - Throws: `FileError` or `SafetensorsError`.
    public static func read(_ path: String) throws -> SafetensorsHeader {
        // Enough to recognize other formats.
        let (start, fileBytes) = try FileInput.readPrefix(path, count: 4096)
        let length = try headerLength(start, fileBytes: fileBytes, file: path)
        let bytes = 8 + length <= start.count ? start : try FileInput.readPrefix(path, count: 8 + length).bytes
        return try SafetensorsHeader(start: bytes, fileBytes: fileBytes, file: path)
    }

    /// Parses a header.
    ///
    /// - Parameters:
    ///   - start: the bytes of a file from its beginning to at least the end of the header.
    ///   - fileBytes: the length of the whole file.
    ///   - file: its path, for messages.
    /// - Throws: `SafetensorsError`.
    public init(start: [UInt8], fileBytes: Int, file: String? = nil) throws(SafetensorsError) {
        let length = try Self.headerLength(start, fileBytes: fileBytes, file: file)
        guard start.count >= 8 + length else {
            throw SafetensorsError(.headerBeyondFile(length: length, fileBytes: start.count), in: file)
        }
        let json: JSONValue
        do {
            json = try JSONValue.parse(start[8..<8 + length], maxValues: Self.maxValues)
        } catch {
            throw SafetensorsError(.headerNotJSON(error), in: file)
        }
        var entries: [Entry] = []
        var metadata: [String: String] = [:]
        do throws(SafetensorsError.Problem) {
            for member in json.object ?? [] {
                if member.key == Self.metadataKey {
                    metadata = try Self.parseMetadata(member.value)
                } else {
                    entries.append(
                        try Entry(member.key, member.value, dataBytes: fileBytes - 8 - length))
                }
            }
            try Self.checkCoverage(&entries, dataBytes: fileBytes - 8 - length)
        } catch {
            throw SafetensorsError(error, in: file)
        }
        self.entries = entries
        self.metadata = metadata
        self.dataOffset = 8 + length
        self.fileBytes = fileBytes
        self.file = file
        // The parser rejects duplicate names.
        self.indices = Dictionary(entries.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    static let metadataKey = "__metadata__"

    /// A tensor takes about ten JSON values: enough for 200,000 tensors, in less than 100 MB of memory.
    private static let maxValues = 2_000_000

    /// The length of the header, after checking that the file begins like safetensors.
    private static func headerLength(
        _ start: [UInt8], fileBytes: Int, file: String?
    ) throws(SafetensorsError) -> Int {
        func problem() -> SafetensorsError.Problem? {
            guard start.count >= 8 else { return .tooShort(bytes: fileBytes) }
            let length = start.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
            if length > UInt64(SafetensorsError.Problem.maxHeaderBytes) { return .headerTooLong(length: length) }
            if Int(length) > fileBytes - 8 { return .headerBeyondFile(length: Int(length), fileBytes: fileBytes) }
            let first = length > 0 && start.count > 8 ? start[8] : nil
            return first == UInt8(ascii: "{") ? nil : .headerNotObject(found: first)
        }
        guard let problem = problem() else {
            return Int(start.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) })
        }
        // If the file has another known format, name that instead of the problem.
        let format = WeightsFormat.recognize(start).flatMap { [.safetensors, .empty].contains($0) ? nil : $0 }
        throw SafetensorsError(format.map { .otherFormat($0) } ?? problem, in: file)
    }

    private static func parseMetadata(_ value: JSONValue) throws(SafetensorsError.Problem) -> [String: String] {
        guard let members = value.object else { throw .metadataNotText(key: nil, found: value.kind) }
        var metadata: [String: String] = [:]
        for member in members {
            guard let text = member.value.string else {
                throw .metadataNotText(key: member.key, found: member.value.kind)
            }
            metadata[member.key] = text
        }
        return metadata
    }

    /// Sorts the entries by position, and checks that they cover the data exactly.
    private static func checkCoverage(_ entries: inout [Entry], dataBytes: Int) throws(SafetensorsError.Problem) {
        entries.sort {
            ($0.range.lowerBound, $0.range.upperBound, $0.name) < ($1.range.lowerBound, $1.range.upperBound, $1.name)
        }
        var end = 0
        var previous = ""
        for entry in entries {
            let begin = entry.range.lowerBound
            if begin < end {
                throw .overlap(tensor: entry.name, begin: begin, previous: previous, previousEnd: end)
            }
            if begin > end { throw .hole(tensor: entry.name, begin: begin, previousEnd: end) }
            end = entry.range.upperBound
            previous = entry.name
        }
        if end < dataBytes { throw .trailingBytes(dataBytes: dataBytes, covered: end) }
    }
}

extension SafetensorsError.Problem: Error {}

extension SafetensorsHeader.Entry {
    /// Parses the member `name` of the header.
    fileprivate init(_ name: String, _ value: JSONValue, dataBytes: Int) throws(SafetensorsError.Problem) {
        guard case .object = value else { throw .notDescribed(tensor: name, found: value.kind) }
        let dtypeName = value["dtype"]
        guard let dtype = dtypeName?.string.flatMap(SafetensorsDType.init(rawValue:)) else {
            let expected = "one of " + SafetensorsDType.allCases.map(\.rawValue).joined(separator: ", ")
            throw .badField(tensor: name, field: "dtype", expected: expected, found: Self.text(dtypeName))
        }
        guard let elementBytes = dtype.byteCount else {
            throw .unsupportedDType(tensor: name, dtype: dtype.rawValue)
        }
        guard let shape = Self.sizes(value["shape"]) else {
            let expected = "an array of whole numbers from 0 to 2^63 - 1"
            throw .badField(tensor: name, field: "shape", expected: expected, found: Self.text(value["shape"]))
        }
        guard let offsets = Self.sizes(value["data_offsets"]), offsets.count == 2 else {
            let expected = "two whole numbers from 0 to 2^63 - 1"
            let found = Self.text(value["data_offsets"])
            throw .badField(tensor: name, field: "data_offsets", expected: expected, found: found)
        }
        let (begin, end) = (offsets[0], offsets[1])
        guard begin <= end else { throw .reversedOffsets(tensor: name, begin: begin, end: end) }
        guard end <= dataBytes else {
            throw .offsetsBeyondData(tensor: name, begin: begin, end: end, dataBytes: dataBytes)
        }
        guard let bytes = Self.byteCount(shape, elementBytes) else { throw .sizeOverflow(tensor: name, shape: shape) }
        guard bytes == end - begin else {
            throw .wrongSize(tensor: name, dtype: dtype, shape: shape, expected: bytes, found: end - begin)
        }
        self.init(name: name, dtype: dtype, shape: shape, range: begin..<end)
    }

    /// An array of non-negative integers; nil for anything else.
    private static func sizes(_ value: JSONValue?) -> [Int]? {
        guard let values = value?.array else { return nil }
        let sizes = values.compactMap { $0.integer.flatMap { $0 >= 0 ? $0 : nil } }
        return sizes.count == values.count ? sizes : nil
    }

    /// The size in bytes; nil on overflow. The product of the non-zero dimensions must not overflow either, so that any
    /// partial product is safe.
    private static func byteCount(_ shape: [Int], _ elementBytes: Int) -> Int? {
        var product = elementBytes
        for dimension in shape where dimension != 0 {
            let (next, overflow) = product.multipliedReportingOverflow(by: dimension)
            if overflow { return nil }
            product = next
        }
        return shape.contains(0) ? 0 : product
    }

    private static func text(_ value: JSONValue?) -> String { value?.text ?? "missing" }
}
