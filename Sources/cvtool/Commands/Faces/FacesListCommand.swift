import ArgumentParser
import CLISupport
import CVCore
import CVFaceDatabase

/// `cvtool faces list`.
struct FacesListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the people of a database.",
        discussion: """
            EXAMPLES
              cvtool faces list
              cvtool faces list --database staff.faces --json
              cvtool faces list --verify

            EXIT CODES
              0    done
              1    failed, or the database is damaged
              64   the arguments make no sense
            """)

    @OptionGroup var database: FacesDatabaseOptions

    @Flag(help: "Check all of the file for damage first.")
    var verify = false

    @Flag(help: "Print JSON instead: one object a line for each person.")
    var json = false

    func run() throws {
        try reportingFailure {
            let database = try database.open(.read)
            if verify { try database.verify() }
            let people = try database.people()
            if json {
                for person in people { try writeLine(person.json.text) }
                return
            }
            guard !people.isEmpty else { return try writeLine("nobody is enrolled") }
            var table = TextTable(["name", "faces", "sources"])
            for person in people {
                let sources = person.sources.prefix(3).joined(separator: ", ")
                let others = person.sources.count > 3 ? " and \(person.sources.count - 3) more" : ""
                table.add([person.name, "\(person.faces)", sources + others])
            }
            try writeLine(table.fitted)
            let faces = people.reduce(0) { $0 + $1.faces }
            try writeLine(
                "\(people.count == 1 ? "1 person" : "\(people.count) people") with \(pluralized(faces, "face")) by "
                    + "\(database.model)")
        }
    }
}

extension EnrolledPerson {
    fileprivate var json: JSONValue {
        ["person": .string(name), "faces": .integer(faces), "sources": .array(sources.map { .string($0) })]
    }
}

/// `cvtool faces remove`.
struct FacesRemoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Forget people of a database, with all their faces.",
        discussion: """
            All of them or, if one of the names is not there, nobody. What was written is overwritten with zeros in the \
            file.

            EXAMPLES
              cvtool faces remove "Ada Lovelace"
              cvtool faces remove Bob Eve --database staff.faces

            EXIT CODES
              0    done
              1    failed
              64   the arguments make no sense
            """)

    @Argument(help: "Names, as `cvtool faces list` shows them.")
    var names: [String]

    @OptionGroup var database: FacesDatabaseOptions

    func run() throws {
        try reportingFailure {
            let removed = try database.open(.change).remove(people: names)
            for (name, faces) in zip(names, removed) {
                try writeLine("\(name.escapedForDisplay): removed with \(pluralized(faces, "face"))")
            }
        }
    }
}
