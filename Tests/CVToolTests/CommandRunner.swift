import CVNN
import Foundation
import Testing

/// What a run of the command wrote, and its exit code.
struct CommandResult {
    let output: String
    let errors: String
    let exitCode: Int32
}

/// Runs the `cvtool` that was built with the tests.
func runCommand(_ arguments: [String], environment: [String: String] = [:]) throws -> CommandResult {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(WeightsLocator.executableFolder) + "/cvtool")
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    // Files, not pipes: a pipe that nobody empties meanwhile would hold up the command.
    let base = NSTemporaryDirectory() + "cvtool-\(UUID().uuidString)"
    let files = [base + ".out", base + ".err"]
    defer { for path in files { try? FileManager.default.removeItem(atPath: path) } }
    for path in files { try Data().write(to: URL(fileURLWithPath: path)) }
    process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: files[0]))
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: files[1]))
    try process.run()
    process.waitUntilExit()
    let texts = try files.map { try String(contentsOfFile: $0, encoding: .utf8) }
    return CommandResult(output: texts[0], errors: texts[1], exitCode: process.terminationStatus)
}
