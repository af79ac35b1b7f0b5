/// A weight format other than safetensors, recognized by content.
public enum WeightsFormat: String, Sendable, Equatable, CaseIterable {
    /// A format; `name` describes it.
    case pytorchZip, pickle, zip, hdf5, onnx, tflite, gguf, numpy, darknetWeights, darknetConfig

    /// The name of the format with its article, for messages.
    public var name: String {
        switch self {
        case .pytorchZip: "a PyTorch checkpoint (.pth, .pt)"
        case .pickle: "a Python pickle (an old PyTorch checkpoint, .pth or .pt)"
        case .zip: "a zip archive (such as .npz or .keras)"
        case .hdf5: "an HDF5 file (.h5, of Keras)"
        case .onnx: "an ONNX model"
        case .tflite: "a TensorFlow Lite model"
        case .gguf: "a GGUF file"
        case .numpy: "a NumPy array (.npy)"
        case .darknetWeights: "a darknet .weights file"
        case .darknetConfig: "a darknet .cfg file"
        }
    }

    /// How such a file can be used, for messages.
    public var hint: String {
        switch self {
        case .pytorchZip, .pickle:
            "convert it to safetensors"
        case .darknetWeights: "use it together with its configuration, a .cfg file"
        case .darknetConfig: "use it together with its weights, a .weights file"
        case .zip, .hdf5, .onnx, .tflite, .gguf, .numpy:
            "only safetensors, or darknet's .cfg with .weights, can be used: "
                + "save its arrays in Python with safetensors.numpy.save_file"
        }
    }

    /// Recognizes a format by the beginning of a file.
    ///
    /// ONNX (protocol buffers) has no signature: it is recognized by its first fields, the version and the producer.
    ///
    /// - Parameter bytes: the beginning of the file; 4096 bytes are enough.
    /// - Returns: the format; nil if it is none of these.
    public static func recognize(_ bytes: some Collection<UInt8>) -> WeightsFormat? {
        let start = Array(bytes.prefix(4096))
        func begins(_ signature: [UInt8]) -> Bool { start.starts(with: signature) }
        if begins([0x50, 0x4B, 0x03, 0x04]) { return isPyTorchZip(start) ? .pytorchZip : .zip }
        if begins([0x89] + Array("HDF\r\n".utf8) + [0x1A, 0x0A]) { return .hdf5 }
        if begins(Array("GGUF".utf8)) { return .gguf }
        if begins([0x93] + Array("NUMPY".utf8)) { return .numpy }
        if start.dropFirst(4).starts(with: Array("TFL3".utf8)) { return .tflite }
        if start.count >= 2, start[0] == 0x80, (2...5).contains(start[1]) { return .pickle }
        if isDarknetWeights(start) { return .darknetWeights }
        if isDarknetConfig(start) { return .darknetConfig }
        // Field 1 (ir_version) as a small number, then field 2 (producer_name), 3, 4, or 7 (graph), each with a length.
        if start.count >= 4, start[0] == 0x08, (1...32).contains(start[1]), [0x12, 0x1A, 0x22, 0x3A].contains(start[2])
        {
            return .onnx
        }
        return nil
    }

    /// Whether the first entry is one of PyTorch's: `NAME/data.pkl`, or `NAME/.format_version` in recent versions.
    private static func isPyTorchZip(_ start: [UInt8]) -> Bool {
        guard start.count > 30 else { return false }
        let length = Int(start[26]) | Int(start[27]) << 8
        let name = String(decoding: start.dropFirst(30).prefix(length), as: UTF8.self)
        return name.hasSuffix("/data.pkl") || name.hasSuffix("/.format_version") || name.hasSuffix("/version")
    }

    /// Three little-endian 32-bit numbers: version 0.1 or 0.2, and a small revision.
    private static func isDarknetWeights(_ start: [UInt8]) -> Bool {
        guard start.count >= 16 else { return false }
        let numbers = start.withUnsafeBytes { bytes in
            (0..<3).map { UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)) }
        }
        return numbers[0] == 0 && (1...2).contains(numbers[1]) && numbers[2] < 100
    }

    /// The first line that is neither empty nor a comment opens the section `[net]`, or `[network]`.
    private static func isDarknetConfig(_ start: [UInt8]) -> Bool {
        let lines = String(decoding: start, as: UTF8.self).split(whereSeparator: \.isNewline)
        let first = lines.first { line in
            line.contains { !$0.isWhitespace } && !line.hasPrefix("#") && !line.hasPrefix(";")
        }
        return first.map { $0.hasPrefix("[net]") || $0.hasPrefix("[network]") } ?? false
    }
}
