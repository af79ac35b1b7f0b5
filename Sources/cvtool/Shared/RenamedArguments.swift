/// Commands with a former name, which works for one more version and says so on standard error.
enum RenamedCommands {
    private static let currentNames = ["inside": "activations"]

    /// Replaces the former name of a command, also after `help`, by its current one.
    ///
    /// - Parameter arguments: those of the process, without its name.
    /// - Returns: the arguments with the current name.
    static func replacingFormerName(in arguments: [String]) -> [String] {
        let index = arguments.first == "help" ? 1 : 0
        guard arguments.indices.contains(index), let name = currentNames[arguments[index]] else { return arguments }
        warnOfFormerName(arguments[index], current: name)
        var replaced = arguments
        replaced[index] = name
        return replaced
    }
}

/// Says on standard error that a command, an option or a value has another name now.
func warnOfFormerName(_ former: String, current: String) { warn("\(former) is called \(current) now") }
