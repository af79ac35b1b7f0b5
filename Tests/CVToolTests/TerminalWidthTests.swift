import CVCore
import Foundation
import Testing

/// Tables and help fit the terminal.
@Suite struct TerminalWidthTests {
    @Test("text table: within a width cells go on below, and nothing is lost") func cellsGoOnBelow() {
        var table = TextTable(["name", "size", "file"], rightAligned: [1])
        table.add(["a", "12", "/a/long/folder/with/many/parts/and/a-file.safetensors"])
        table.add(["some-name-with-parts", "3", "b"])
        #expect(table.text.split(separator: "\n").count == 3)
        for width in [34, 40, 60] {
            let lines = table.text(width: width).split(separator: "\n").map(String.init)
            #expect(lines.allSatisfy { $0.count <= width }, "\(width)")
            let letters = lines.joined().filter { $0 != " " }.sorted()
            #expect(letters == table.text.filter { !" \n".contains($0) }.sorted(), "\(width)")
        }
        #expect(table.text(width: 200) == table.text)
        // Numbers are never broken.
        #expect(table.text(width: 1).contains("  12  "))
    }

    @Test("text: lines break at spaces, after marks, else anywhere") func linesBreakAtSpaces() {
        #expect("one two three".wrapped(to: 8) == ["one two", "three"])
        #expect("aaa/bbb/ccc".wrapped(to: 5) == ["aaa/", "bbb/", "ccc"])
        #expect("abcdefgh".wrapped(to: 3) == ["abc", "def", "gh"])
        #expect("".wrapped(to: 3) == [""] && "abc".wrapped(to: 0) == ["a", "b", "c"])
    }

    @Test(
        "cvtool: tables fit COLUMNS, and without a terminal a row is a line",
        arguments: [["weights", "list"], ["model"], ["activations", "--list"]])
    func tablesFitColumns(_ command: [String]) throws {
        let fitted = try runCommand(command, environment: ["COLUMNS": "72"])
        #expect(fitted.exitCode == 0 && fitted.lines.allSatisfy { $0.count <= 72 })
        let whole = try runCommand(command, environment: ["COLUMNS": ""])
        #expect(whole.lines.count <= fitted.lines.count)
        #expect(whole.output.filter { !" \n".contains($0) }.count == fitted.output.filter { !" \n".contains($0) }.count)
    }

    /// The parser breaks long lines itself; a list in columns must not need it.
    @Test("cvtool benchmark: the list of steps in the help is not broken") func helpOfBenchmarkIsNotBroken() throws {
        let help = try runCommand(["help", "benchmark"], environment: ["COLUMNS": "80"]).lines
        let steps = help.filter { line in
            ["decode", "resize", "prepare", "draw", "encode"].contains { line.hasPrefix("  \($0) ") }
        }
        #expect(steps.count == 5)
        #expect(help.contains("  encode   the image to JPEG of quality 90"))
    }
}
