import CVCore

/// Finds the lines of a JSON text that errors are reported on.
///
/// Values do not know where they stand: this is only asked for what is wrong, in a text that is valid JSON.
struct JSONLines {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The line of a byte, from 1.
    func line(of offset: Int) -> Int {
        bytes.prefix(max(0, offset)).reduce(1) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) }
    }

    /// The lines that elements of a list begin on.
    ///
    /// - Parameters:
    ///   - indices: ascending, from 0.
    ///   - key: of the list in the outermost object.
    /// - Returns: the line of each, from 1, as far as there are such elements.
    func lines(ofElements indices: [Int], in key: String) -> [Int: Int] {
        let wanted = Set(indices)
        var scan = Scan(bytes: bytes, key: Array("\"\(key)\"".utf8))
        var result: [Int: Int] = [:]
        while result.count < wanted.count, let element = scan.next() {
            if wanted.contains(element.index) { result[element.index] = element.line }
        }
        return result
    }

    private struct Scan {
        let bytes: [UInt8]
        let key: [UInt8]
        private var position = 0
        private var line = 1
        private var depth = 0
        private var isInside = false
        private var count = 0
        private var expectsElement = false

        init(bytes: [UInt8], key: [UInt8]) { (self.bytes, self.key) = (bytes, key) }

        /// The next element of the list.
        mutating func next() -> (index: Int, line: Int)? {
            while position < bytes.count {
                let byte = bytes[position]
                let isValue = ![0x20, 0x09, 0x0A, 0x0D, UInt8(ascii: ","), UInt8(ascii: "]")].contains(byte)
                let starts = isInside && depth == 2 && expectsElement && isValue
                let start = line
                step(byte)
                if starts {
                    expectsElement = false
                    count += 1
                    return (count - 1, start)
                }
            }
            return nil
        }

        private mutating func step(_ byte: UInt8) {
            switch byte {
            case UInt8(ascii: "\""):
                let start = position
                skipString()
                if depth == 1, !isInside, bytes[start..<position].elementsEqual(key) { isInside = begins("[") }
                return
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                if isInside, depth == 2, byte == UInt8(ascii: "[") { expectsElement = true }
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if isInside, depth == 1 { isInside = false }
            case UInt8(ascii: ","): if isInside, depth == 2 { expectsElement = true }
            case UInt8(ascii: "\n"): line += 1
            default: break
            }
            position += 1
        }

        /// Whether a colon and this follow, with white space between; moves to it.
        private mutating func begins(_ opening: Unicode.Scalar) -> Bool {
            while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D, UInt8(ascii: ":")].contains(bytes[position]) {
                if bytes[position] == UInt8(ascii: "\n") { line += 1 }
                position += 1
            }
            return position < bytes.count && bytes[position] == UInt8(ascii: opening)
        }

        private mutating func skipString() {
            position += 1
            while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
                position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
            }
            position += 1
        }
    }
}
