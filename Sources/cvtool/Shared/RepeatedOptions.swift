import ArgumentParser
import CVCore

/// Options that are given more than once, though only the last value counts: the parser says nothing about it.
enum RepeatedOptions {
    /// An option of a command, as the parser's own description has it.
    private struct Definition {
        let name: String
        /// With their dashes.
        let spellings: [String]

        init?(_ json: JSONValue) {
            guard json["kind"]?.string == "option", json["isRepeating"]?.bool == false, let names = json["names"]?.array
            else { return nil }
            spellings = names.compactMap { name in
                name["name"]?.string.map { (name["kind"]?.string == "long" ? "--" : "-") + $0 }
            }
            guard let name = spellings.first(where: { $0.hasPrefix("--") }) ?? spellings.first else { return nil }
            self.name = name
        }
    }

    /// Warns of options that are given with several values.
    ///
    /// - Parameters:
    ///   - arguments: those of the process, without its name.
    ///   - command: the command whose subcommand they name.
    static func warn(of arguments: [String], command: any ParsableCommand.Type) {
        for (name, values) in repeated(in: arguments, command: command) {
            cvtool.warn(
                "\(name) is given \(values.count) times (\(values.map { quoted($0) }.joined(separator: ", "))); the last counts"
            )
        }
    }

    /// The options with the values that they are given, where these differ, in the order of the arguments.
    ///
    /// - Parameters:
    ///   - arguments: those of the process, without its name.
    ///   - command: the command whose subcommand they name.
    /// - Returns: names with dashes, and two values or more.
    static func repeated(
        in arguments: [String], command: any ParsableCommand.Type
    ) -> [(name: String, values: [String])] {
        // The description takes some milliseconds: only where two arguments may be the same option.
        guard arguments.first != "help", mayRepeat(arguments) else { return [] }
        var (command, rest) = (command, arguments[...])
        while let name = rest.first,
            let next = command.configuration.subcommands.first(where: { $0.configuration.commandName == name })
        {
            (command, rest) = (next, rest.dropFirst())
        }
        let description = try? JSONValue.parse(command._dumpHelp().utf8)
        let definitions = (description?["command"]?["arguments"]?.array ?? []).compactMap(Definition.init)
        var found: [(name: String, values: [String])] = []
        while let argument = rest.popFirst(), argument != "--" {
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard argument.hasPrefix("-"),
                let definition = definitions.first(where: { $0.spellings.contains(parts[0]) })
            else { continue }
            // A value may be missing, as after --pretrained; the parser takes nothing for it that begins with a dash.
            let isNext = rest.first.map { !$0.hasPrefix("-") || $0 == "-" } ?? false
            let value = parts.count > 1 ? parts[1] : isNext ? rest.removeFirst() : ""
            if let position = found.firstIndex(where: { $0.name == definition.name }) {
                found[position].values.append(value)
            } else {
                found.append((definition.name, [value]))
            }
        }
        return found.filter { Set($0.values.map { PathKey($0) }).count > 1 }
    }

    /// Whether two arguments are the same option, or may be its short and long form.
    private static func mayRepeat(_ arguments: [String]) -> Bool {
        let names = arguments.prefix { $0 != "--" }.filter { $0.hasPrefix("-") }
            .map { String($0.prefix { $0 != "=" }) }
        let letters = Set(names.filter { !$0.hasPrefix("--") }.compactMap { $0.dropFirst().first })
        return Set(names).count < names.count
            || names.contains { $0.hasPrefix("--") && $0.dropFirst(2).first.map(letters.contains) == true }
    }
}
