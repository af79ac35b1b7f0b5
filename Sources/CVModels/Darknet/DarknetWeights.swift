import CVCore

/// The values of a darknet `.weights` file, read in the order of its layers.
///
/// A header of three 32-bit integers (major, minor, revision) and the count of training images (64 bits from version 0.2
/// on, 32 before; some programs write the other), then 32-bit floats, all little-endian.
struct DarknetWeights {
    private let bytes: [UInt8]
    private let name: String
    private var position: Int

    /// Number of values after the header.
    private(set) var count: Int

    /// If the values are not as many as needed, but would be with a header of the other length, that one counts: the size
    /// of the file is surer than its version.
    ///
    /// Both must fit: what is the upper half of a long count is zero, and a weight hardly ever is. So a file that lacks one
    /// value is not read as one with a short header.
    mutating func fit(_ needed: Int) {
        guard count != needed, bytes.count >= 20 else { return }
        let hasLongCount = bytes[16..<20].allSatisfy { $0 == 0 }
        let header = hasLongCount ? 20 : 16
        if bytes.count - header == 4 * needed { (position, count) = (header, needed) }
    }

    init(bytes: [UInt8], name: String) throws(DarknetError) {
        if let kind = FileKind.recognize(bytes), let remedy = kind.remedy {
            throw DarknetError(name, .syntax("is \(kind.name), not a darknet .weights file; \(remedy)"))
        }
        guard bytes.count >= 16 else {
            throw DarknetError(
                name, .syntax("\(bytes.count) bytes are not a darknet .weights file: the header alone has 16"))
        }
        func integer(_ at: Int) -> Int32 {
            Int32(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[at + $1]) << UInt32(8 * $1) })
        }
        let (major, minor) = (integer(0), integer(4))
        guard (0..<1000).contains(major), (0..<1000).contains(minor) else {
            throw DarknetError(
                name, .syntax("its header gives version \(major).\(minor): this is not a darknet .weights file"))
        }
        let header = major * 10 + minor >= 2 ? 20 : 16
        guard bytes.count >= header, (bytes.count - header) % 4 == 0 else {
            throw DarknetError(
                name, .syntax("\(bytes.count) bytes are not a header of \(header) and whole 32-bit numbers"))
        }
        self.bytes = bytes
        self.name = name
        position = header
        count = (bytes.count - header) / 4
    }

    /// Reads the next values. The caller has compared `count` with the parameters of all layers.
    mutating func read(_ number: Int, for layer: String) throws(DarknetError) -> [Float] {
        let start = position
        precondition(start + 4 * number <= bytes.count, "\(number) values past the end")
        let values = [Float](unsafeUninitializedCapacity: number) { buffer, count in
            bytes.withUnsafeBytes { bytes in
                for index in 0..<number {
                    let bits = bytes.loadUnaligned(fromByteOffset: start + 4 * index, as: UInt32.self)
                    buffer[index] = Float(bitPattern: UInt32(littleEndian: bits))
                }
            }
            count = number
        }
        let broken = values.reduce(0) { $0 + ($1.isFinite ? 0 : 1) }
        guard broken == 0 else { throw DarknetError(name, .notFinite(layer: layer, count: broken)) }
        position = start + 4 * number
        return values
    }
}
