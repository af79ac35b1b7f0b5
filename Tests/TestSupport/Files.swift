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

public func goldenPath(_ name: String, file: String = #filePath) -> String {
    URL(fileURLWithPath: file).deletingLastPathComponent().appendingPathComponent("Golden/\(name)").path
}

/// A new folder that exists until the process ends or the system clears it.
public func temporaryFolder() throws -> String {
    let folder = NSTemporaryDirectory() + "cvtoolkit-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    return folder
}

public func makeFolder(_ path: String) throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
}

/// Removes a fixture's folder.
public func remove(_ path: String) { try? FileManager.default.removeItem(atPath: path) }
