import CVCore

/// A zip archive as of `torch.save`, with deviations that a test sets.
struct ZipFixture {
    struct Entry {
        var name: String
        var bytes: [UInt8]
        /// The size in the directory; nil for the true one.
        var size: UInt32?
        var offset: UInt32?
        var checksum: UInt32?
        var method: UInt16 = 0
        var flags: UInt16 = 0
        /// The name in the local header; nil for the same.
        var ownName: String?
    }

    var entries: [Entry]

    init(_ entries: [(String, [UInt8])]) { self.entries = entries.map { Entry(name: $0.0, bytes: $0.1) } }

    var bytes: [UInt8] {
        var file: [UInt8] = []
        var directory: [UInt8] = []
        for entry in entries {
            let start = UInt32(file.count)
            let (name, own) = (Array(entry.name.utf8), Array((entry.ownName ?? entry.name).utf8))
            let size = little(entry.size ?? UInt32(entry.bytes.count))
            let sum = little(entry.checksum ?? CRC32.checksum(entry.bytes))
            let head = little(entry.flags) + little(entry.method) + [0, 0, 0, 0] + sum + size + size
            file += [0x50, 0x4B, 3, 4, 0, 0] + head + little(UInt16(own.count)) + [0, 0] + own + entry.bytes
            directory +=
                [0x50, 0x4B, 1, 2, 0, 0, 0, 0] + head + little(UInt16(name.count)) + [UInt8](repeating: 0, count: 12)
            directory += little(entry.offset ?? start) + name
        }
        let count = little(UInt16(entries.count))
        let start = file.count
        return file + directory + [0x50, 0x4B, 5, 6, 0, 0, 0, 0] + count + count + little(UInt32(directory.count))
            + little(UInt32(start)) + [0, 0]
    }
}

func little<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
}

/// Fragments of a pickle.
enum Pickle {
    static let proto: [UInt8] = [0x80, 2]

    static func text(_ text: String) -> [UInt8] {
        [UInt8(ascii: "X")] + little(UInt32(text.utf8.count)) + Array(text.utf8)
    }

    static func integer(_ value: Int) -> [UInt8] {
        value == Int(Int32(truncatingIfNeeded: value))
            ? [UInt8(ascii: "J")] + little(Int32(value)) : [0x8A, 8] + little(Int64(value))
    }

    static func name(_ module: String, _ name: String) -> [UInt8] { Array("c\(module)\n\(name)\n".utf8) }

    static func tuple(_ items: [UInt8]...) -> [UInt8] { Array("(".utf8) + items.flatMap { $0 } + Array("t".utf8) }

    static func dictionary(_ members: [(String, [UInt8])]) -> [UInt8] {
        Array("}(".utf8) + members.flatMap { text($0.0) + $0.1 } + Array("u".utf8)
    }

    static func tensor(
        key: String = "0", type: String = "FloatStorage", count: Int = 4, offset: Int = 0, shape: [Int] = [4],
        strides: [Int] = [1]
    ) -> [UInt8] {
        let storage =
            tuple(text("storage"), name("torch", type), text(key), text("cpu"), integer(count)) + Array("Q".utf8)
        let sizes = [shape, strides].map { Array("(".utf8) + $0.flatMap(integer) + Array("t".utf8) }
        return name("torch._utils", "_rebuild_tensor_v2")
            + tuple(storage, integer(offset), sizes[0], sizes[1], [0x89], Array("}".utf8)) + Array("R".utf8)
    }
}

/// A checkpoint with this pickle, and one storage of the floats 1, 2, 3, 4.
func checkpoint(pickle: [UInt8], _ storages: [(String, [UInt8])]? = nil) -> ZipFixture {
    let floats = [1, 2, 3, 4].flatMap { little(Float($0).bitPattern) }
    let data = (storages ?? [("0", floats)]).map { ("archive/data/" + $0.0, $0.1) }
    return ZipFixture(
        [("archive/data.pkl", Pickle.proto + pickle + [0x2E]), ("archive/byteorder", Array("little".utf8))] + data)
}
