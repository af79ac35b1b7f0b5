import CVCore
import CVFaceDatabase
import CVImage
import CVTask
import Foundation
import TestSupport
import Testing

/// `cvtool faces enroll`, `find`, `list` and `remove`, run as programs.
@Suite struct FacesDatabaseCommandTests {
    private let scratch: DetectScratch

    init() throws {
        scratch = try DetectScratch()
        try scratch.put("portrait.jpg", as: "eileen.jpg")
        try scratch.put("coffee.jpg", as: "cup.jpg")
        let portrait = try scratch.image("eileen.jpg")
        try portrait.flippedHorizontally().resized(width: 240, height: 240).write(to: scratch.path + "/again.png")
        // The larger face is on the right.
        var two = Image(width: 700, height: 400, fill: .white)
        two.paste(portrait.resized(width: 250, height: 250), x: 0, y: 0)
        two.paste(portrait.flippedHorizontally().resized(width: 400, height: 400), x: 300, y: 0)
        try two.write(to: scratch.path + "/two.png")
    }

    private func faces(_ arguments: String...) throws -> CommandResult {
        try runCommand(["faces"] + arguments, in: scratch.path)
    }

    @Test("cvtool faces: enroll one photograph, find the person again, list and remove") func oneShot() throws {
        let enrolled = try faces("enroll", "eileen.jpg", "--name", "Eileen Collins")
        #expect(enrolled.exitCode == 0 && enrolled.output == "eileen.jpg: Eileen Collins enrolled (face 1)\n")
        let known = try faces("enroll", "eileen.jpg", "--name", "Eileen Collins", "--json")
        let record = try #require(try known.records.first)
        #expect(record["enrolled"]?.array?.first?["id"] == .null && record["error"] == .null)

        let found = try faces("find", "again.png", "-o", "out/")
        #expect(found.exitCode == 0)
        #expect(found.output.hasPrefix("again.png: Eileen Collins at ") && found.output.contains("(distance 0."))
        #expect(try scratch.names(in: "out") == ["again_found.png"])
        let strict = try faces("find", "again.png", "--json", "--no-image", "--threshold", "0.00001")
        let person = try #require(try strict.records.first?["faces"]?.array?.first)
        #expect(person["person"] == .null && person["distance"]?.double ?? 0 > 0.00001)
        #expect(person["matches"]?.array?.first?["person"]?.string == "Eileen Collins")
        let text = try faces("find", "again.png", "--no-image", "--threshold", "0.00001")
        #expect(text.output.contains("not recognized at ") && text.output.contains("(nearest: Eileen Collins, 0."))

        let list = try faces("list", "--verify")
        #expect(list.output.contains("Eileen Collins") && list.output.contains("1 person with 1 face by "))
        let wrong = try faces("remove", "Eileen Colins")
        #expect(wrong.exitCode == 1 && wrong.errors.contains("did you mean \"Eileen Collins\"?"))
        #expect(try faces("remove", "Eileen Collins").output == "Eileen Collins: removed with 1 face\n")
        #expect(try faces("list").output == "nobody is enrolled\n")
        let nobody = try faces("find", "again.png", "--no-image")
        #expect(nobody.exitCode == 0 && nobody.output.contains("not recognized at "))
    }

    @Test("cvtool faces enroll: names from folders, and an image without a face fails alone") func namesFromFolders()
        throws
    {
        try scratch.put("portrait.jpg", as: "people/Eileen/1.jpg")
        try scratch.put("coffee.jpg", as: "people/Cup/2.jpg")
        let result = try faces("enroll", "people", "--recursive", "--names-from", "folder", "--json")
        #expect(result.exitCode == 2)
        let names = try result.records.map { $0["enrolled"]?.array?.first?["person"]?.string }
        #expect(names == [nil, "Eileen"])
        #expect(try result.records[0]["error"]?.string?.contains("no face found") == true)
        #expect(try faces("list", "--json").records.map { $0["person"]?.string } == ["Eileen"])
    }

    @Test("cvtool faces enroll: a face by its number, and a remark on several") func severalFaces() throws {
        let result = try faces("enroll", "two.png", "--name", "A")
        #expect(result.exitCode == 0 && result.errors.contains("faces; the largest is enrolled"))
        #expect(try faces("enroll", "two.png", "--name", "B", "--face", "2").output.contains("B enrolled (face 2)"))
        let none = try faces("enroll", "two.png", "--name", "C", "--face", "90")
        #expect(none.exitCode == 1 && none.errors.contains("no face 90"))
        let found = try #require(try faces("find", "two.png", "--json", "--no-image").records.first?["faces"]?.array)
        #expect(Set(found.compactMap { $0["person"]?.string }) == ["A", "B"])
    }

    @Test("cvtool faces: whose faces they are must be said, and once") func namesAreNeeded() throws {
        #expect(try faces("enroll", "eileen.jpg").exitCode == 64)
        #expect(try faces("enroll", "eileen.jpg", "--name", "A", "--names-from", "file").exitCode == 64)
        #expect(try faces("enroll", "-", "--names-from", "file").exitCode == 64)
        #expect(try !scratch.names().contains("people.faces"))
    }

    @Test("cvtool faces: a database of another network, a missing one, and one that is none") func badDatabases() throws
    {
        let model = EmbeddingModel(
            name: "other", sha256: String(repeating: "a", count: 64), dimension: 3, metric: .euclidean)
        _ = try FaceDatabase(scratch.path + "/other.faces", model: model, access: .create)
        for command in ["enroll eileen.jpg --name A", "find eileen.jpg --no-image"] {
            let words = command.split(separator: " ").map(String.init)
            let mixed = try runCommand(["faces"] + words + ["--database", "other.faces"], in: scratch.path)
            #expect(mixed.exitCode == 1 && mixed.errors.contains("those of two networks cannot be compared"))
            let none = try runCommand(["faces"] + words + ["--database", "cup.jpg"], in: scratch.path)
            #expect(none.exitCode == 1 && none.errors.contains("is not a database of SQLite"))
        }
        #expect(try faces("list", "--database", "other.faces").output == "nobody is enrolled\n")
        let missing = try faces("find", "eileen.jpg", "--no-image")
        #expect(missing.exitCode == 1 && missing.errors.contains("no such face database"))
        #expect(try faces("list").exitCode == 1)
    }

    @Test("cvtool faces enroll: killed at any moment, what was reported is kept") func killedEnrolling() throws {
        let portrait = try scratch.image("eileen.jpg").resized(width: 200, height: 200)
        for index in 0..<30 {
            let brightness = UInt8(index)
            var copy = portrait
            copy[0, 0] = Color(brightness, 0, 0)
            try copy.rotated(degrees: Double(index) - 15).write(to: scratch.path + "/\(index + 10).png")
        }
        for lines in [1, 7] {
            let result = try runShell(
                """
                rm -f people.faces; "$CVTOOL" faces enroll *0.png *1.png *2.png *3.png --name Eileen > out & pid=$!
                until [ $(wc -l < out) -ge \(lines) ]; do sleep 0.01; done
                kill -KILL $pid; wait $pid; wc -l < out
                """, in: scratch.path)
            let reported = try #require(
                result.output.split(separator: "\n").last.flatMap { Int($0.trimmingCharacters(in: .whitespaces)) })
            let database = try FaceDatabase(scratch.path + "/people.faces", access: .change)
            try database.verify()
            // One may have been committed and not reported yet.
            #expect((reported...reported + 1).contains(try database.faceCount()))
            #expect(reported >= lines)
        }
    }
}
