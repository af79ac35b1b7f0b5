import CVCore

/// A file, a folder or a link inside a tar file.
struct TarEntry: Equatable {
    enum Kind: Equatable {
        /// `offset`: of its bytes, from the start of the tar file.
        case file(offset: Int, count: Int)
        case folder
        /// Another name of the entry at the path `to`, which is from the top of the tar file.
        case hardLink(to: String)
        /// `to` is relative to the folder of the link.
        case symbolicLink(to: String)
        /// A device or a pipe.
        case special
    }

    let path: String
    let kind: Kind
}

/// Walks through the headers of a tar file: ustar, with the long names of GNU tar and pax (POSIX.1-2001, "pax
/// Interchange Format"; GNU tar manual, "Basic Tar Format").
///
/// What a header says is checked before it is used: every size against the file, every header against its checksum.
struct TarReader {
    private let file: RandomAccessFile
    private var offset = 0
    /// From extended headers, for the entry that follows.
    private var longName: String?
    private var longTarget: String?
    private var size: Int?

    private static let block = 512
    /// Far beyond what any system allows for a path.
    private static let maxNameBytes = 1 << 16
    /// Of a pax header, which may hold more than the name.
    private static let maxHeaderBytes = 1 << 20

    init(_ file: RandomAccessFile) { self.file = file }

    /// The next entry; nil at the end.
    mutating func next() throws -> TarEntry? {
        while file.count - offset >= Self.block {
            let start = offset
            let header = try file.read(at: start, count: Self.block)
            // Two blocks of zeros mark the end; one is enough.
            if header.allSatisfy({ $0 == 0 }) {
                if start == 0 { throw error(.notTar(found: header)) }
                return nil
            }
            try checkSum(header)
            let entry = try read(TarHeader(header), at: start)
            if let entry { return entry }
        }
        guard offset == file.count else {
            throw error(offset == 0 ? .tooShort : .cutOff(at: offset, missing: Self.block - (file.count - offset)))
        }
        if offset == 0 { throw error(.tooShort) }
        return nil
    }

    /// Advances past the entry. Nil for a header that tells about another entry.
    private mutating func read(_ header: TarHeader, at start: Int) throws -> TarEntry? {
        guard var count = header.size else { throw error(.badSize(at: start)) }
        let isExtension = "LKxg".utf8.contains(header.kind)
        if !isExtension, let size { count = size }
        // Links, devices and folders have no data, whatever size is written there.
        if "123456".utf8.contains(header.kind) { count = 0 }
        let data = start + Self.block
        guard count <= file.count - data else {
            throw error(.cutOff(at: data, missing: count - (file.count - data)))
        }
        // The last entry's padding may be missing.
        offset = min(data + (count + Self.block - 1) / Self.block * Self.block, file.count)
        if isExtension {
            try readExtension(header.kind, at: data, count: count)
            return nil
        }
        let (path, target) = (longName ?? header.path, longTarget ?? header.target)
        (longName, longTarget, size) = (nil, nil, nil)
        guard let kind = try kind(of: header, path: path, target: target, data: data, count: count) else { return nil }
        return TarEntry(path: path, kind: kind)
    }

    /// Nil for what is neither a file nor what a file system has, such as the label of a volume.
    private func kind(
        of header: TarHeader, path: String, target: String, data: Int, count: Int
    ) throws(TarError) -> TarEntry.Kind? {
        switch header.kind {
        case UInt8(ascii: "S"): throw error(.sparse(path))
        case UInt8(ascii: "0"), UInt8(ascii: "7"), 0:
            // Before ustar, a folder was a file whose name ends in a slash.
            return path.utf8.last == UInt8(ascii: "/") ? .folder : .file(offset: data, count: count)
        case UInt8(ascii: "5"): return .folder
        case UInt8(ascii: "1"): return .hardLink(to: target)
        case UInt8(ascii: "2"): return .symbolicLink(to: target)
        case UInt8(ascii: "3"), UInt8(ascii: "4"), UInt8(ascii: "6"): return .special
        default: return nil
        }
    }

    /// L: a long name; K: a long target of a link; x: pax records for the next entry; g holds nothing that is needed here.
    private mutating func readExtension(_ kind: UInt8, at data: Int, count: Int) throws {
        let limit = "LK".utf8.contains(kind) ? Self.maxNameBytes : Self.maxHeaderBytes
        guard count <= limit else { throw error(.longHeader(at: data, bytes: count, limit: limit)) }
        if kind == UInt8(ascii: "L") {
            longName = TarHeader.text(try file.read(at: data, count: count)[...])
        } else if kind == UInt8(ascii: "K") {
            longTarget = TarHeader.text(try file.read(at: data, count: count)[...])
        } else if kind == UInt8(ascii: "x") {
            try readRecords(file.read(at: data, count: count), at: data)
        }
    }

    /// Records "<length> <key>=<value>\n", the length that of the whole record, in decimal.
    private mutating func readRecords(_ bytes: [UInt8], at data: Int) throws {
        var rest = bytes[...]
        while let first = rest.first, first != 0 {
            guard let space = rest.prefix(20).firstIndex(of: UInt8(ascii: " ")),
                let length = Self.decimal(rest[..<space]), length <= rest.count, length > space - rest.startIndex + 1,
                rest[rest.startIndex + length - 1] == UInt8(ascii: "\n"),
                let equals = rest[space..<rest.startIndex + length].firstIndex(of: UInt8(ascii: "="))
            else { throw error(.badRecord(at: data + rest.startIndex)) }
            let value = rest[(equals + 1)..<rest.startIndex + length - 1]
            switch String(decoding: rest[(space + 1)..<equals], as: UTF8.self) {
            case "path": longName = TarHeader.text(value)
            case "linkpath": longTarget = TarHeader.text(value)
            case "size":
                guard let number = Self.decimal(value) else { throw error(.badRecord(at: data + rest.startIndex)) }
                size = number
            case let key where key.hasPrefix("GNU.sparse."): throw error(.sparse(longName ?? ""))
            default: break
            }
            rest = rest.dropFirst(length)
        }
    }

    /// Nil for anything but up to 18 digits.
    private static func decimal(_ digits: ArraySlice<UInt8>) -> Int? {
        guard (1...18).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return digits.reduce(0) { 10 * $0 + Int($1 - 0x30) }
    }

    /// The sum of the header's bytes, its own field counted as spaces; some old programs added signed bytes.
    private func checkSum(_ header: [UInt8]) throws {
        let field = 148..<156
        let unsigned = header.indices.reduce(0) { $0 + (field.contains($1) ? 32 : Int(header[$1])) }
        let signed = header.indices.reduce(0) { $0 + (field.contains($1) ? 32 : Int(Int8(bitPattern: header[$1]))) }
        let stored = TarHeader.number(header[field])
        guard stored == unsigned || stored == signed else {
            throw error(offset == 0 ? .notTar(found: header) : .badChecksum(at: offset))
        }
    }

    private func error(_ problem: TarError.Problem) -> TarError { TarError(file.path, problem) }
}

/// The fields of one header block that are needed.
private struct TarHeader {
    /// "0" a file, "5" a folder …
    let kind: UInt8
    let path: String
    /// Of a link.
    let target: String
    /// Nil if it is not a number.
    let size: Int?

    init(_ block: [UInt8]) {
        kind = block[156]
        size = Self.number(block[124..<136])
        target = Self.text(block[157..<257])
        let name = Self.text(block[0..<100])
        // Only POSIX's own headers have a prefix; GNU's keep times there.
        let prefix = block[257..<263].elementsEqual(Array("ustar\0".utf8)) ? Self.text(block[345..<500]) : ""
        path = prefix.isEmpty ? name : prefix + "/" + name
    }

    /// Up to the first zero.
    static func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) }

    /// Octal digits between blanks; or, with the top bit set, the bytes of a large number (GNU). Nil for neither, and
    /// for what is negative or more than an Int holds.
    static func number(_ field: ArraySlice<UInt8>) -> Int? {
        guard let first = field.first else { return nil }
        if first & 0x80 != 0 {
            let digits = [first & 0x7F] + field.dropFirst()
            guard digits.dropLast(7).allSatisfy({ $0 == 0 }) else { return nil }
            return digits.suffix(7).reduce(0) { $0 << 8 | Int($1) }
        }
        let blanks: [UInt8] = [0, 32]
        let digits = field.drop { $0 == 32 }.prefix { !blanks.contains($0) }
        guard digits.allSatisfy({ (0x30...0x37).contains($0) }) else { return nil }
        // 12 digits at most: 36 bits.
        return digits.reduce(0) { $0 << 3 | Int($1 - 0x30) }
    }
}

/// A tar file that is malformed or cut short.
public struct TarError: ToolkitError, Equatable {
    /// What is wrong with a tar file; positions are in bytes.
    public enum Problem: Sendable, Equatable {
        case tooShort
        /// `found` are its first bytes.
        case notTar(found: [UInt8])
        case badChecksum(at: Int)
        case badSize(at: Int)
        case cutOff(at: Int, missing: Int)
        case longHeader(at: Int, bytes: Int, limit: Int)
        case badRecord(at: Int)
        case sparse(String)
    }

    /// Of the tar file.
    public let path: String
    /// What is wrong.
    public let problem: Problem

    /// - Parameters:
    ///   - path: of the tar file.
    ///   - problem: what is wrong with it.
    public init(_ path: String, _ problem: Problem) {
        self.path = path
        self.problem = problem
    }

    /// The path and the problem.
    public var description: String { "\(path.escapedForDisplay): \(explanation)" }

    private var explanation: String {
        switch problem {
        case .tooShort: "is too short for a tar file: 512 bytes or more expected"
        case .notTar(let found): Self.explainOther(found)
        case .badChecksum(let at):
            "the header at byte \(at) does not match its checksum: the tar file is damaged; pack it anew"
        case .badSize(let at): "the header at byte \(at) has a size that is not a number; pack the tar file anew"
        case .cutOff(let at, let missing):
            "ends too soon: \(pluralized(missing, "byte")) of what begins at byte \(at) \(missing == 1 ? "is" : "are") "
                + "missing; copy or download it again"
        case .longHeader(let at, let bytes, let limit):
            "the extended header at byte \(at) has \(bytes) bytes; at most \(limit) are read"
        case .badRecord(let at): "the record at byte \(at) of an extended header is malformed; pack the tar file anew"
        case .sparse(let name):
            "\(quoted(name)) is stored as a sparse file, which is not read; pack it as an ordinary one"
        }
    }

    private static func explainOther(_ start: [UInt8]) -> String {
        func begins(_ bytes: [UInt8]) -> Bool { start.starts(with: bytes) }
        let expected = "a folder of class folders, a tar file of one, or a .csv list is expected"
        if begins([0x1F, 0x8B]) { return "is compressed by gzip; unpack it with gunzip first" }
        if begins(Array("BZh".utf8)) { return "is compressed by bzip2; unpack it with bunzip2 first" }
        if begins([0xFD, 0x37, 0x7A, 0x58, 0x5A]) { return "is compressed by xz; unpack it with unxz first" }
        if begins([0x28, 0xB5, 0x2F, 0xFD]) { return "is compressed by zstd; unpack it with unzstd first" }
        if begins(Array("PK".utf8)) { return "is a zip file; unpack it to a folder first" }
        return "is not a tar file; " + expected
    }
}

extension TarError {
    public var category: ErrorCategory {
        switch problem {
        case .longHeader: .limit
        case .sparse: .unsupported
        default: .invalid
        }
    }
}
