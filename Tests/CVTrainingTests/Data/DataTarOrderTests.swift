import CVCore
import CVTraining
import Testing

/// What comes later in a tar file counts, and nothing of an entry passes to the next.
@Suite struct DataTarOrderTests {
    private func contents(_ build: (inout TarBuilder) -> Void) throws -> (texts: [String: String], dead: [String]) {
        var tar = TarBuilder()
        build(&tar)
        let scratch = try Scratch()
        let set = try ImageDataset.classification(contentsOf: scratch.write(tar.finished(), to: "set.tar"))
        let texts = try set.items.map { ($0.name, String(decoding: try set.bytes(of: $0), as: UTF8.self)) }
        let dead = set.skipped.groups.filter { $0.reason == .deadLink }.flatMap(\.examples)
        return (Dictionary(uniqueKeysWithValues: texts), dead)
    }

    @Test("tar files: of entries with one path the last counts, files and links alike") func theLastEntryCounts() throws
    {
        let found = try contents { tar in
            tar.add("a/0.png", Array("a0".utf8))
            tar.add("b/0.png", Array("b0".utf8))
            tar.link("a/1.png", kind: "2", to: "../b/0.png")
            tar.add("a/1.png", Array("a1".utf8))
            tar.add("a/2.png", Array("a2".utf8))
            tar.link("a/2.png", kind: "2", to: "0.png")
            tar.add("a/3.png", Array("a3".utf8))
            tar.link("a/3.png", kind: "2", to: "gone.png")
        }
        #expect(found.texts == ["a/0.png": "a0", "b/0.png": "b0", "a/1.png": "a1", "a/2.png": "a0"])
        #expect(found.dead == ["a/3.png"])
    }

    @Test("tar files: a hard link leads to a file by its path from the top, also to one that comes later")
    func hardLinksLeadFromTheTop() throws {
        let found = try contents { tar in
            tar.link("b/early.png", kind: "1", to: "a/0.png")
            tar.add("a/0.png", Array("a0".utf8))
            tar.link("b/late.png", kind: "1", to: "a/0.png")
        }
        #expect(found.texts == ["a/0.png": "a0", "b/early.png": "a0", "b/late.png": "a0"] && found.dead.isEmpty)
    }

    @Test("tar files: a long target of a link is that of one link only", arguments: ["K", "x"] as [Character])
    func aLongTargetIsOfOneLink(kind: Character) throws {
        let long = String(repeating: "n", count: 90) + ".png"
        let record = "linkpath=../a/\(long)\n"
        let found = try contents { tar in
            tar.add("a/\(long)", Array("long".utf8))
            tar.add("a/0.png", Array("a0".utf8))
            let header = kind == "K" ? "../a/\(long)\0" : "\(record.utf8.count + 4) \(record)"
            tar.add("././@LongLink", Array(header.utf8), kind: kind)
            tar.link("b/1.png", kind: "2", to: "cut")
            tar.link("b/2.png", kind: "2", to: "../a/0.png")
        }
        #expect(found.texts["b/1.png"] == "long" && found.texts["b/2.png"] == "a0" && found.dead.isEmpty)
    }

    @Test("tar files: a size in an extended header is that of one entry only") func aSizeIsOfOneEntry() throws {
        let found = try contents { tar in
            tar.add("x", Array("9 size=2\n".utf8), kind: "x")
            tar.add("a/0.png", Array("a0".utf8), size: "00000000000")
            tar.add("b/0.png", Array("long".utf8))
        }
        #expect(found.texts == ["a/0.png": "a0", "b/0.png": "long"])
    }
}
