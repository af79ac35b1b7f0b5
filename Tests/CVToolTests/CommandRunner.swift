import CVCore
import CVNN
import CVWeights
import Foundation
import Testing

/// What a run of the command wrote, and its exit code.
struct CommandResult {
    let output: String
    let errors: String
    let exitCode: Int32
}

extension CommandResult {
    /// The lines of standard output.
    var lines: [String] { output.split(separator: "\n").map(String.init) }

    /// The last line of standard error.
    var lastLine: String? { errors.split(separator: "\n").last.map(String.init) }

    /// The lines of standard output as JSON.
    var records: [JSONValue] { get throws { try lines.map { try JSONValue.parse($0) } } }
}

/// The `cvtool` that was built with the tests.
var commandPath: String { get throws { try #require(WeightsLocator.executableFolder) + "/cvtool" } }

/// Runs `cvtool`.
///
/// - Parameters:
///   - folder: the current folder of the command; nil for that of the tests.
///   - input: a file for standard input.
func runCommand(
    _ arguments: [String], environment: [String: String] = [:], in folder: String? = nil, input: String? = nil
) throws -> CommandResult {
    try runProgram(commandPath, arguments, environment: environment, in: folder, input: input)
}

/// Runs a line of the shell, in which `$CVTOOL` is the command.
func runShell(_ line: String, in folder: String) throws -> CommandResult {
    try runProgram("/bin/sh", ["-c", line], environment: ["CVTOOL": commandPath], in: folder)
}

private func runProgram(
    _ path: String, _ arguments: [String], environment: [String: String], in folder: String?, input: String? = nil
) throws -> CommandResult {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
    if let input { process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: input)) }
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    // Files, not pipes: a pipe that nobody empties meanwhile would hold up the command.
    let base = NSTemporaryDirectory() + "cvtool-\(UUID().uuidString)"
    let files = [base + ".out", base + ".err"]
    defer { for path in files { try? FileManager.default.removeItem(atPath: path) } }
    for path in files { try Data().write(to: URL(fileURLWithPath: path)) }
    process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: files[0]))
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: files[1]))
    try process.runInterruptible()
    process.waitUntilExit()
    let texts = try files.map { try String(contentsOfFile: $0, encoding: .utf8) }
    return CommandResult(output: texts[0], errors: texts[1], exitCode: process.terminationStatus)
}

extension Process {
    /// Starts it so that Ctrl-C and other signals to end reach it: threads of tests block them, and a program inherits what
    /// is blocked.
    func runInterruptible() throws {
        var (interrupts, before) = (sigset_t(), sigset_t())
        sigemptyset(&interrupts)
        for number in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&interrupts, number) }
        pthread_sigmask(SIG_UNBLOCK, &interrupts, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        try run()
    }
}
