import Foundation

/// The URL of a file beside the test: `besideTest("Golden/operations.json")`.
public func besideTest(_ path: String, file: String = #filePath) -> URL {
    URL(filePath: file).deletingLastPathComponent().appending(path: path)
}

/// Decodes a JSON file beside the test.
public func decoded<Value: Decodable>(_ path: String, as _: Value.Type, file: String = #filePath) throws -> Value {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(Value.self, from: Data(contentsOf: besideTest(path, file: file)))
}

/// The root folder of the package, for `SampleImages` and `Weights`.
public let packageFolder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

/// The path of a file in the `Golden` folder beside the test.
public func goldenPath(_ name: String, file: String = #filePath) -> String {
    URL(fileURLWithPath: file).deletingLastPathComponent().appendingPathComponent("Golden/\(name)").path
}

/// Creates a temporary folder, which is not removed.
public func temporaryFolder() throws -> String {
    let folder = NSTemporaryDirectory() + "cvtoolkit-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    return folder
}

/// Creates a folder and its parents.
public func makeFolder(_ path: String) throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
}

/// Removes a file or folder.
public func remove(_ path: String) { try? FileManager.default.removeItem(atPath: path) }
