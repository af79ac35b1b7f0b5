import CVDetection
import CVImage
import Testing

@Suite struct YOLOLabelTests {
    private func boxes(_ text: String) throws -> [LabeledBox] {
        try YOLOText.boxes(in: Array(text.utf8), name: "a.txt", width: 200, height: 100)
    }

    @Test("YOLO labels: a byte order mark before the first line is no part of it") func aMarkIsDropped() throws {
        #expect(try boxes("\u{FEFF}0 0.5 0.5 0.5 0.5") == boxes("0 0.5 0.5 0.5 0.5"))
    }

    @Test("YOLO labels: lines become boxes in pixels") func linesAreBoxesInPixels() throws {
        let found = try boxes("2 0.5 0.5 0.25 0.5\n\n  7\t0 0 1 1 0.75\r\n")
        #expect(
            found == [
                LabeledBox(Box(minX: 75, minY: 25, maxX: 125, maxY: 75), label: 2),
                // Clipped to the image.
                LabeledBox(Box(minX: 0, minY: 0, maxX: 100, maxY: 50), label: 7),
            ])
        #expect(YOLOText.text([found[0]], width: 200, height: 100) == "2 0.500000 0.500000 0.250000 0.500000\n")
        #expect(try boxes("") == [] && boxes("\n \n") == [])
    }

    @Test(
        "YOLO labels: malformed lines are errors with their number",
        arguments: [
            "x 0.5 0.5 0.1 0.1", "-1 0.5 0.5 0.1 0.1", "1.5 0.5 0.5 0.1 0.1", "0 0.5 0.5 0.1",
            "0 0.5 0.5 0.1 0.1 0.5 9", "0 0.5 nan 0.1 0.1", "0 0.5 inf 0.1 0.1", "0 1.5 0.5 0.1 0.1",
            "0 0.5 0.5 -0.1 0.1", "99999999999999999999 0.5 0.5 0.1 0.1", "0 0,5 0,5 0,1 0,1", "\u{0}\u{FF}",
        ])
    func malformedLinesAreErrors(line: String) {
        #expect(throws: YOLOLabelError.self) { try boxes("0 0.5 0.5 1 1\n" + line) }
        do { _ = try boxes("0 0.5 0.5 1 1\n" + line) } catch let error as YOLOLabelError {
            #expect(error.line == 2 && error.found == line)
            #expect(error.description.hasPrefix("a.txt: line 2 should be 'class x y w h'"))
        } catch {}
    }
}
