import CVCore
import CVNN
import CVTraining
import TestSupport
import Testing

@Suite struct DataTarTests {
    private func names(_ bytes: [UInt8]) throws -> [String] {
        let scratch = try Scratch()
        let path = try scratch.write(bytes, to: "set.tar")
        return try ImageDataset.classification(contentsOf: path).items.map(\.name)
    }

    private func problem(_ bytes: [UInt8]) throws -> TarError.Problem? {
        #expect(throws: TarError.self) { try names(bytes) }?.problem
    }

    /// Every entry's bytes come from its own position.
    @Test("tar files: images are read at their offsets") func imagesAreReadFromWhereTheyLie() throws {
        var tar = TarBuilder()
        tar.add("set/", kind: "5")
        tar.add("set/train/", kind: "5")
        tar.add("set/train/b/", kind: "5")
        tar.add("./set/train/b/1.JPG", Array("b1".utf8))
        tar.add("set//train/a/2.png", [UInt8](repeating: 7, count: 1024))
        tar.add("set/train/notes.txt", [1])
        tar.add("set/train/a/._2.png", [1])
        tar.add("set/train/a/link.png", kind: "2", size: "00000000777")
        tar.add("set/train/a/1.jpeg", Array("old".utf8))
        tar.add("set/train/a/1.jpeg", Array("new".utf8))
        let scratch = try Scratch()
        let path = try scratch.write(tar.finished(), to: "set.tar")
        let dataset = try ImageDataset.classification(contentsOf: path)
        #expect(dataset.classes == ["a", "b"])
        #expect(dataset.items.map(\.name) == ["a/1.jpeg", "a/2.png", "b/1.JPG"])
        #expect(dataset.counts == [2, 1])
        #expect(dataset.skipped.groups.map(\.reason) == [.notAnImage, .folderLoop])
        #expect(
            dataset.skipped.groups.map(\.examples) == [
                ["a/._2.png", "notes.txt"].map { "set/train/" + $0 }, ["set/train/a/link.png"],
            ])
        let contents = try dataset.items.map { try dataset.bytes(of: $0) }
        #expect(contents == [Array("new".utf8), [UInt8](repeating: 7, count: 1024), Array("b1".utf8)])
    }

    /// Written by Python's tarfile (`Tools/golden/tar_files.py`) in its three formats, with names of more than 100 and of
    /// more than 255 bytes.
    @Test("tar files: every format of tar is read", arguments: ["ustar", "gnu", "pax"]) func everyFormatOfTarIsRead(
        format: String
    ) throws {
        let path = goldenPath("\(format).tar")
        let dataset = try ImageDataset.classification(contentsOf: path)
        let long = String(repeating: "long", count: format == "ustar" ? 20 : 70)
        #expect(dataset.classes == ["cat", "größe", long].sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        #expect(
            dataset.items.map(\.name)
                == ["cat/0.png", "größe/ä.png", "\(long)/\(long.prefix(90)).png"]
                .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        for item in dataset.items {
            #expect(try String(decoding: dataset.bytes(of: item), as: UTF8.self) == "content of \(item.name)")
        }
    }

    /// Headers of GNU tar have times where those of POSIX have the beginning of a long name.
    @Test("tar files: only a POSIX header has a prefix of the name") func onlyPOSIXHeadersHaveAPrefix() throws {
        func archive(_ magic: String) -> [UInt8] {
            var tar = TarBuilder()
            for (name, time) in [("a/1.png", "14717003405"), ("b/1.png", "14717003406")] {
                tar.add(name, [1]) { header in
                    for (index, byte) in magic.utf8.enumerated() { header[257 + index] = byte }
                    for (index, byte) in time.utf8.enumerated() { header[345 + index] = byte }
                }
            }
            return tar.finished()
        }
        #expect(try names(archive("ustar  \0")) == ["a/1.png", "b/1.png"])
        #expect(try names(archive("\0\0\0\0\0\0\0\0")) == ["a/1.png", "b/1.png"])
        // In POSIX's, the times are two folders above those of the classes.
        #expect(throws: DatasetError.self) { try names(archive("ustar\u{0}00")) }
    }

    @Test("tar files: checksums of signed bytes are accepted, others are not") func signedChecksumsAreAccepted() throws
    {
        var tar = TarBuilder()
        tar.add("größe/1.png", [1])
        tar.add("b/1.png", [1])
        var bytes = tar.finished()
        func set(_ sum: Int) {
            let digits = String(sum, radix: 8)
            for (index, byte) in (String(repeating: "0", count: 6 - digits.count) + digits).utf8.enumerated() {
                bytes[148 + index] = byte
            }
        }
        let signed = (0..<512).reduce(0) { $0 + ((148..<156).contains($1) ? 32 : Int(Int8(bitPattern: bytes[$1]))) }
        let unsigned = (0..<512).reduce(0) { $0 + ((148..<156).contains($1) ? 32 : Int(bytes[$1])) }
        #expect(signed != unsigned)
        for sum in [signed, unsigned] {
            set(sum)
            #expect(try names(bytes) == ["b/1.png", "größe/1.png"])
        }
        set(signed + 1)
        #expect(throws: TarError.self) { try names(bytes) }
    }

    @Test("tar files: damaged files are typed errors") func damagedFilesAreTypedErrors() throws {
        var tar = TarBuilder()
        tar.add("a/1.png", [UInt8](repeating: 1, count: 700))
        tar.add("b/1.png", [1])
        let good = tar.finished()
        #expect(try names(good) == ["a/1.png", "b/1.png"])
        // Without the marks of the end, it ends with its last entry.
        #expect(try names(tar.bytes) == ["a/1.png", "b/1.png"])

        #expect(try problem([]) == .tooShort)
        #expect(try problem([1, 2, 3]) == .tooShort)
        #expect(try problem(Array(good[..<900])) == .cutOff(at: 512, missing: 312))
        #expect(try problem(Array(good[..<1600])) == .cutOff(at: 1536, missing: 448))
        var bytes = good
        bytes[1540] ^= 1
        #expect(try problem(bytes) == .badChecksum(at: 1536))
        #expect(
            try problem([0x1F, 0x8B] + good.dropFirst(2)).map { "\(TarError("x", $0))" }
                == "x: is compressed by gzip; unpack it with gunzip first")
        #expect(
            try problem([UInt8](repeating: 0, count: 1024))
                == .notTar(found: [UInt8](repeating: 0, count: 512)))
    }

    @Test("tar files: sizes are checked before they are used") func sizesAreCheckedBeforeTheyAreUsed() throws {
        func size(_ text: String, _ change: (inout [UInt8]) -> Void = { _ in }) throws -> TarError.Problem? {
            var tar = TarBuilder()
            tar.add("a/1.png", [1], size: text, change: change)
            return try problem(tar.finished())
        }
        #expect(try size("77777777777") == .cutOff(at: 512, missing: 0o77777777777 - 1536))
        #expect(try size("12x") == .badSize(at: 0))
        #expect(try size("-1") == .badSize(at: 0))
        // Numbers of GNU tar in bytes: too large for an Int, negative, and just too large for the file.
        #expect(try size("") { for position in 124..<136 { $0[position] = 0xFF } } == .badSize(at: 0))
        #expect(
            try size("") { for position in 124..<136 { $0[position] = position == 124 ? 0x80 : 0x7F } }
                == .badSize(at: 0))
        #expect(
            try size("") {
                $0[124] = 0x80
                $0[134] = 0x07
            } == .cutOff(at: 512, missing: 0x700 - 1536))
    }

    @Test("tar files: extended headers are checked") func extendedHeadersAreChecked() throws {
        func pax(_ records: String) throws -> TarError.Problem? {
            var tar = TarBuilder()
            tar.add("x", Array(records.utf8), kind: "x")
            tar.add("a/1.png", [1])
            return try problem(tar.finished())
        }
        for records in [
            "99 path=a\n", "x path=a\n", "11 path=abcd", "12 path-abcde\n", "999999999999999999999 path=a\n", "0 \n",
            "3 \n", "12 size=-100\n", "13 size=1e100\n", "path",
        ] {
            #expect(try pax(records) == .badRecord(at: 512), "\(records)")
        }
        #expect(try pax("27 size=999999999999999999\n") == .cutOff(at: 1536, missing: 999_999_999_999_999_999 - 1536))
        #expect(try pax("22 GNU.sparse.major=1\n") == .sparse(""))
        var tar = TarBuilder()
        tar.add("x", [UInt8](repeating: 65, count: 70_000), kind: "L")
        #expect(try problem(tar.finished()) == .longHeader(at: 512, bytes: 70_000, limit: 65_536))
        tar = TarBuilder()
        tar.add("a/1.png", [1], kind: "S")
        #expect(try problem(tar.finished()) == .sparse("a/1.png"))
    }

    @Test("tar files: class folders without images are named") func classFoldersWithoutImagesAreNamed() throws {
        var tar = TarBuilder()
        for name in ["top/a/", "top/b/", "top/empty/"] { tar.add(name, kind: "5") }
        tar.add("top/a/1.png", [1])
        tar.add("top/b/1.png", [1])
        let scratch = try Scratch()
        let path = try scratch.write(tar.finished(), to: "set.tar")
        let error = #expect(throws: DatasetError.self) { try ImageDataset.classification(contentsOf: path) }
        guard case .emptyClass("empty", _) = error?.problem else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    /// Train and test together would be learned from together.
    @Test("tar files: class folders at two levels are an error") func classFoldersAtTwoLevelsAreAnError() throws {
        var tar = TarBuilder()
        for name in ["train/a/1.png", "train/b/1.png", "test/a/1.png"] { tar.add(name, [1]) }
        let scratch = try Scratch()
        let path = try scratch.write(tar.finished(), to: "set.tar")
        #expect(throws: DatasetError(path, .severalRoots(["test", "train"]))) {
            try ImageDataset.classification(contentsOf: path)
        }
    }

    /// One byte changed anywhere in the headers, or the file cut anywhere: a data set or a typed error.
    @Test("tar files: no damage crashes") func noDamageIsACrash() throws {
        let scratch = try Scratch()
        var outcomes: Set<String> = []
        for format in ["gnu", "pax"] {
            let good = try FileInput.read(goldenPath("\(format).tar"))
            var numbers = SplitMix64(seed: 1)
            for round in 0..<600 {
                var bytes = good
                if round % 3 == 0 {
                    bytes.removeLast(Int(numbers.next() % UInt64(bytes.count)))
                } else {
                    // Checksums are made to fit again, so that more than they is tested.
                    let position = Int(numbers.next() % 4096)
                    bytes[position] = UInt8(truncatingIfNeeded: numbers.next() >> 8)
                    if round % 3 == 1 { repairChecksum(&bytes, around: position) }
                }
                let path = try scratch.write(bytes, to: "set.tar")
                do {
                    let dataset = try ImageDataset.classification(contentsOf: path)
                    for item in dataset.items { _ = try dataset.bytes(of: item) }
                    outcomes.insert("read")
                } catch let error as any ToolkitError {
                    outcomes.insert("\(type(of: error))")
                }
            }
        }
        #expect(outcomes == ["read", "TarError", "DatasetError"])
    }

    private func repairChecksum(_ bytes: inout [UInt8], around position: Int) {
        let start = position / 512 * 512
        for index in 148..<156 { bytes[start + index] = 32 }
        let sum = String(bytes[start..<start + 512].reduce(0) { $0 + Int($1) }, radix: 8)
        for (index, byte) in sum.utf8.enumerated() { bytes[start + 148 + index] = byte }
    }
}
