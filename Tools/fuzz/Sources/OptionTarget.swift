import ArgumentParser

@testable import cvtool

extension FuzzTarget {
    /// The arguments of the command, one a line: parsed and checked, without the work.
    static let options = FuzzTarget(
        name: "options", share: 1,
        seeds: {
            let examples = helpTexts.flatMap { $0.split(separator: "\n") }.filter { $0.contains("  cvtool ") }
            let words = examples.map { $0.split(separator: " ").dropFirst() }
            return Set(words.map { $0.joined(separator: "\n") }).sorted().map { Array($0.utf8) }
                + commands.map { Array(($0.path + ["a.png", "b.png"]).joined(separator: "\n").utf8) }
        },
        words: {
            let words = helpTexts.flatMap { $0.split { !($0.isLetter || $0.isNumber || "-.".contains($0)) } }
            return Set(words.filter { $0.hasPrefix("-") && $0.count < 40 }).map { "\n" + $0 + "\n" }
                + [
                    "nan", "inf", "-1", "1e30", "9223372036854775807", "9223372036854775808", "--", "640x480", "0.5..1",
                    "-",
                ]
        },
        run: { bytes in
            let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            let arguments = lines.map { String(decoding: $0, as: UTF8.self) }
            do {
                _ = try CVTool.parseAsRoot(RenamedCommands.replacingFormerName(in: arguments))
            } catch {
                let code = CVTool.exitCode(for: error)
                precondition(code == .success || code == .validationFailure, "exit code \(code)")
                _ = CVTool.fullMessage(for: error)
            }
        })

    private static let commands = subcommands(of: CVTool.self, path: [])

    private static func subcommands(
        of command: any ParsableCommand.Type, path: [String]
    ) -> [(path: [String], type: any ParsableCommand.Type)] {
        command.configuration.subcommands.flatMap { subcommand in
            let path = path + [subcommand.configuration.commandName ?? ""]
            return [(path, subcommand)] + subcommands(of: subcommand, path: path)
        }
    }

    private static var helpTexts: [String] { commands.map { CVTool.helpMessage(for: $0.type, columns: 200) } }
}
