import Foundation

/// A file beside the test that asks for it: `golden("Golden/operations.json")`.
public func besideTest(_ path: String, file: String = #filePath) -> URL {
    URL(filePath: file).deletingLastPathComponent().appending(path: path)
}

/// A JSON file beside the test, decoded.
public func decoded<Value: Decodable>(_ path: String, as _: Value.Type, file: String = #filePath) throws -> Value {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(Value.self, from: Data(contentsOf: besideTest(path, file: file)))
}

/// The folder of the package, for `SampleImages` and `Weights`.
public let packageFolder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
