import CVCore

/// The contents of a weight file, read from its header alone.
public struct WeightsInspection: Sendable {
    /// The path of the file.
    public let path: String
    /// Names, types, shapes and metadata.
    public let header: SafetensorsHeader

    /// Reads the header of a file.
    ///
    /// - Parameter path: the path of a safetensors file.
    /// - Throws: `FileError` or `SafetensorsError`.
    public init(path: String) throws {
        self.path = path
        self.header = try SafetensorsHeader.read(path)
    }

    /// The number of elements of all tensors: parameters, and the running statistics of batch norms.
    public var parameterCount: Int { header.entries.reduce(0) { $0 + $1.elementCount } }

    /// The contents as JSON:
    /// `{"file", "bytes", "header_bytes", "tensors": [{"name", "dtype", "shape", "bytes"}], "parameters", "metadata"}`.
    public var json: JSONValue {
        let tensors = header.entries.map { entry -> JSONValue in
            [
                "name": .string(entry.name), "dtype": .string(entry.dtype.rawValue),
                "shape": .array(entry.shape.map { .integer($0) }), "bytes": .integer(entry.range.count),
            ]
        }
        let metadata = header.metadata.sorted { $0.key < $1.key }.map { JSONMember($0.key, .string($0.value)) }
        return [
            "file": .string(path), "bytes": .integer(header.fileBytes), "header_bytes": .integer(header.dataOffset),
            "tensors": .array(tensors), "parameters": .integer(parameterCount), "metadata": .object(metadata),
        ]
    }
}

extension WeightsLocator.Found {
    /// The file as JSON:
    /// `{"file", "name", "origin", "bytes", "tensors", "model", "task", "license", "source"}`, or an `"error"`.
    public var json: JSONValue {
        switch header {
        case .failure(let error):
            return ["file": .string(path), "name": .string(name), "error": .string("\(error)")]
        case .success(let header):
            func text(_ key: WeightsMetadata.Key) -> JSONValue? { header.metadata[key.rawValue].map { .string($0) } }
            return .members([
                "file": .string(path), "name": .string(name), "origin": .string(searchPath.origin),
                "bytes": .integer(header.fileBytes), "tensors": .integer(header.entries.count),
                "model": text(.model), "task": text(.task), "license": text(.license), "source": text(.source),
            ])
        }
    }
}
