import CVCore
import CVNN
import Foundation
import Testing

/// The command as a process: readers that leave, streams that are closed or full, Ctrl-C.
@Suite struct DetectProcessTests {
    let scratch: DetectScratch

    init() throws {
        scratch = try DetectScratch()
        try scratch.put("cat.jpg", as: "cat.jpg")
    }

    private func shell(_ line: String) throws -> CommandResult { try runShell(line, in: scratch.path) }

    @Test("cvtool detect: a closed pipe ends the run without an error")
    func aReaderThatLeavesEndsTheRunQuietly() throws {
        for index in 0..<20 { try scratch.put("cat.jpg", as: "in/\(index).jpg") }
        let result = try shell("{ \"$CVTOOL\" detect in --no-image --json; echo $? >&2; } | head -n 1")
        #expect(result.lines.count == 1)
        #expect(result.errors == "0\n")
    }

    @Test("cvtool detect: an unwritable standard output ends the run")
    func standardOutputThatCannotBeWrittenEndsTheRun() throws {
        let closed = try shell("\"$CVTOOL\" detect cat.jpg nope.jpg --no-image >&-")
        #expect(closed.exitCode == 1)
        #expect(closed.errors == "cvtool: standard output: cannot be written: Bad file descriptor\n")
        #if os(Linux)
        let full = try shell("\"$CVTOOL\" detect cat.jpg nope.jpg --json --no-image >/dev/full")
        #expect(full.exitCode == 1)
        #expect(full.errors == "cvtool: standard output: cannot be written: No space left on device\n")
        #endif
    }

    @Test("cvtool detect: files do not reuse closed standard streams")
    func closedStreamsAreNotTakenByFiles() throws {
        let errors = try shell("\"$CVTOOL\" detect cat.jpg -o a/ --save-txt 2>&-")
        #expect(errors.exitCode == 0 && errors.lines.count == 1)
        #expect(try shell("\"$CVTOOL\" detect cat.jpg nope.jpg -o b/ <&- 2>&-").exitCode == 2)
        #expect(try shell("\"$CVTOOL\" detect cat.jpg -o c/ <&- >&- 2>&-").exitCode == 1)
        for folder in ["a", "b", "c"] {
            #expect(try scratch.image("\(folder)/cat_detect.jpg").width == 512)
        }
        let input = try shell("\"$CVTOOL\" detect - --no-image <&-")
        #expect(input.exitCode == 1)
        #expect(input.errors == "cvtool: standard input: cannot be read: Bad file descriptor\n")
    }

    @Test("cvtool detect: Ctrl-C stops between two images")
    func interruptStopsBetweenTwoImages() throws {
        for index in 0..<100 {
            try FileManager.default.createSymbolicLink(
                atPath: scratch.path + "/in\(index).jpg", withDestinationPath: "cat.jpg")
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try commandPath)
        process.arguments = ["detect", scratch.path, "-o", scratch.path + "/out", "--json"]
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        try process.runInterruptible()
        // Once the first image is done.
        var text = output.fileHandleForReading.availableData
        process.interrupt()
        text += output.fileHandleForReading.readDataToEndOfFile()
        let remarks = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()

        #expect(process.terminationReason == .exit && process.terminationStatus == 130)
        let records = try String(decoding: text, as: UTF8.self).split(separator: "\n").map {
            try JSONValue.parse(String($0))
        }
        #expect((1..<101).contains(records.count))
        #expect(remarks.contains("interrupted: \(records.count) of 101 inputs were worked on\n"))
        let written = try scratch.names(in: "out")
        #expect(written.count == records.count)
        #expect(written.allSatisfy { $0.hasSuffix("_detect.jpg") })
        for name in written { #expect(try scratch.image("out/" + name).width == 512) }
    }
}
