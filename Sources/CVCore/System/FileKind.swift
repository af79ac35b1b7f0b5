/// What the content of a file is, recognized by its first bytes: to say of a file that is not what it should be what it
/// is, and what to do.
public enum FileKind: String, Sendable, Equatable, CaseIterable {
    // Not the file itself.
    case empty, lfsPointer, html, gzip
    // Weights and models.
    case pytorchZip, torchScript, pickle, keras, numpyZip, zip, hdf5, onnx, tflite, gguf, numpy, safetensors
    case darknetWeights, darknetConfig
    // Images and videos.
    case jpeg, png, gif, webP, heic, avif, tiff, bmp, jpeg2000, jpegXL, svg, pdf, video
    // Others.
    case tar, json

    /// What such a file is, with its article.
    public var name: String {
        switch self {
        case .empty: "an empty file"
        case .lfsPointer: "a Git LFS pointer, not the file that it points to"
        case .html: "an HTML page"
        case .gzip: "compressed by gzip"
        case .tar: "a tar archive"
        case .json: "JSON"
        default: modelName ?? imageName
        }
    }

    private var modelName: String? {
        switch self {
        case .pytorchZip: "a PyTorch checkpoint (.pth, .pt)"
        case .torchScript: "a TorchScript program"
        case .pickle: "a Python pickle (an old PyTorch checkpoint, .pth or .pt)"
        case .keras: "a Keras model (.keras)"
        case .numpyZip: "an archive of NumPy arrays (.npz)"
        case .zip: "a zip archive"
        case .hdf5: "an HDF5 file (.h5, of Keras)"
        case .onnx: "an ONNX model"
        case .tflite: "a TensorFlow Lite model"
        case .gguf: "a GGUF file"
        case .numpy: "a NumPy array (.npy)"
        case .safetensors: "a safetensors file"
        case .darknetWeights: "a darknet .weights file"
        case .darknetConfig: "a darknet .cfg file"
        default: nil
        }
    }

    private var imageName: String {
        switch self {
        case .jpeg: "a JPEG image"
        case .png: "a PNG image"
        case .gif: "GIF"
        case .webP: "WebP"
        case .heic: "HEIC"
        case .avif: "AVIF"
        case .tiff: "TIFF"
        case .bmp: "BMP"
        case .jpeg2000: "JPEG 2000"
        case .jpegXL: "JPEG XL"
        case .svg: "SVG"
        case .pdf: "PDF"
        default: "a video (MP4 or QuickTime)"
        }
    }

    /// What to do about a file of which something stands in the place of the content; nil where it is the content itself.
    public var remedy: String? {
        switch self {
        case .empty: "download or write it again"
        case .lfsPointer: "fetch the file with: git lfs pull"
        case .html: "a download gave a page instead, of an error or to log in; download the file itself"
        case .gzip: "unpack it with gunzip"
        default: nil
        }
    }

    /// How weights in such a file can be used, for messages.
    public var hint: String {
        if let remedy { return remedy }
        return switch self {
        case .pytorchZip, .pickle: "convert it to safetensors"
        case .torchScript: "save the weights alone in Python: torch.save(model.state_dict(), \"weights.pth\")"
        case .darknetWeights: "use it together with its configuration, a .cfg file"
        case .darknetConfig: "use it together with its weights, a .weights file"
        case .safetensors: "use it as it is"
        case .zip, .keras, .numpyZip, .hdf5, .onnx, .tflite, .gguf, .numpy:
            "only safetensors, or darknet's .cfg with .weights, can be used: "
                + "save its arrays in Python with safetensors.numpy.save_file"
        case .tar: "unpack it"
        default: "weights are expected here"
        }
    }

    /// Whether it is a format of images or videos.
    public var isImage: Bool {
        switch self {
        case .jpeg, .png, .gif, .webP, .heic, .avif, .tiff, .bmp, .jpeg2000, .jpegXL, .svg, .pdf, .video: true
        default: false
        }
    }

    /// Recognizes a format by the beginning of a file.
    ///
    /// - Parameter bytes: the beginning of the file; 4096 bytes are enough.
    /// - Returns: the format; nil if it is none of these.
    public static func recognize(_ bytes: some Collection<UInt8>) -> FileKind? {
        let start = FileStart(Array(bytes.prefix(4096)))
        if start.bytes.isEmpty { return .empty }
        return start.image ?? start.archive ?? start.model ?? start.text
    }
}

/// The first bytes of a file.
private struct FileStart {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func has(_ text: String, at offset: Int = 0) -> Bool { bytes.dropFirst(offset).starts(with: text.utf8) }
    func begins(_ signature: [UInt8]) -> Bool { bytes.starts(with: signature) }

    var image: FileKind? {
        if begins([0xFF, 0xD8, 0xFF]) { return .jpeg }
        if begins([0x89] + Array("PNG\r\n".utf8) + [0x1A, 0x0A]) { return .png }
        if has("GIF8") { return .gif }
        if has("RIFF"), has("WEBP", at: 8) { return .webP }
        if has("II*\0") || has("MM\0*") { return .tiff }
        if has("BM"), bytes.count >= 26, bytes[6..<10].allSatisfy({ $0 == 0 }) { return .bmp }
        if has("%PDF") { return .pdf }
        if has("ftyp", at: 4) { return isoMedia }
        if has("\0\0\0\u{0C}jP  ") { return .jpeg2000 }
        return begins([0xFF, 0x0A]) || has("\0\0\0\u{0C}JXL ") ? .jpegXL : nil
    }

    /// Containers that start with a "file type" box: its brand distinguishes images from videos.
    private var isoMedia: FileKind {
        if has("avif", at: 8) || has("avis", at: 8) { return .avif }
        let brands = ["heic", "heix", "hevc", "heim", "heis", "mif1", "msf1"]
        return brands.contains { has($0, at: 8) } ? .heic : .video
    }

    var archive: FileKind? {
        if begins([0x1F, 0x8B]) { return .gzip }
        if has("ustar", at: 257) { return .tar }
        guard begins([0x50, 0x4B, 0x03, 0x04]) else { return nil }
        guard bytes.count > 30 else { return .zip }
        // The first entry; in a TorchScript program its code, or its constants, follow soon.
        let length = Int(bytes[26]) | Int(bytes[27]) << 8
        let name = String(decoding: bytes.dropFirst(30).prefix(length), as: UTF8.self)
        if name.hasSuffix(".npy") { return .numpyZip }
        if name == "metadata.json" || name == "config.json" || name == "model.weights.h5" { return .keras }
        if name.contains("/code/") || name.hasSuffix("/constants.pkl") { return .torchScript }
        let isPyTorch = ["/data.pkl", "/.format_version", "/version"].contains { name.hasSuffix($0) }
        return isPyTorch ? .pytorchZip : .zip
    }

    var model: FileKind? {
        if begins([0x89] + Array("HDF\r\n".utf8) + [0x1A, 0x0A]) { return .hdf5 }
        if has("GGUF") { return .gguf }
        if begins([0x93] + Array("NUMPY".utf8)) { return .numpy }
        if has("TFL3", at: 4) { return .tflite }
        if bytes.count >= 2, bytes[0] == 0x80, (2...5).contains(bytes[1]) { return .pickle }
        if isSafetensors { return .safetensors }
        if isDarknetWeights { return .darknetWeights }
        // ONNX (protocol buffers) has no signature. Field 1 (ir_version) as a small number, then field 2 (producer_name),
        // 3, 4, or 7 (graph), each with a length.
        if bytes.count >= 4, bytes[0] == 0x08, (1...32).contains(bytes[1]), [0x12, 0x1A, 0x22, 0x3A].contains(bytes[2])
        {
            return .onnx
        }
        return nil
    }

    /// A length of at most 100 MB, then a JSON object.
    private var isSafetensors: Bool { bytes.count > 8 && bytes[4..<8].allSatisfy { $0 == 0 } && bytes[8] == 0x7B }

    /// Three little-endian 32-bit numbers: version 0.1 or 0.2, and a small revision.
    private var isDarknetWeights: Bool {
        guard bytes.count >= 16 else { return false }
        let numbers = bytes.withUnsafeBytes { bytes in
            (0..<3).map { UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)) }
        }
        return numbers[0] == 0 && (1...2).contains(numbers[1]) && numbers[2] < 100
    }

    var text: FileKind? {
        // The middle of a character may be cut off at the end.
        let text = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        if text.hasPrefix("version https://git-lfs.github.com/spec/") { return .lfsPointer }
        let trimmed = text.drop { $0.isWhitespace || $0 == "\u{FEFF}" }
        let lower = trimmed.prefix(400).lowercased()
        if lower.hasPrefix("<!doctype html") || lower.hasPrefix("<html") { return .html }
        if lower.hasPrefix("<svg") || (lower.hasPrefix("<?xml") && lower.contains("<svg")) { return .svg }
        if lower.hasPrefix("<?xml"), lower.contains("<html") { return .html }
        if isDarknetConfig(text) { return .darknetConfig }
        return lower.hasPrefix("{\"") ? .json : nil
    }

    /// The first line that is neither empty nor a comment opens the section `[net]`, or `[network]`.
    private func isDarknetConfig(_ text: String) -> Bool {
        let first = text.split(whereSeparator: \.isNewline).first { line in
            line.contains { !$0.isWhitespace } && !line.hasPrefix("#") && !line.hasPrefix(";")
        }
        return first.map { $0.hasPrefix("[net]") || $0.hasPrefix("[network]") } ?? false
    }
}
