import CVCore

/// How the samples of a pixel stand in memory, 8 bits each.
public enum PixelLayout: String, Sendable, Codable, CaseIterable {
    case rgb, rgba
    /// As cameras and screens have it; alpha is straight, not premultiplied.
    case bgra
    /// One sample: 0.299 red + 0.587 green + 0.114 blue, as Pillow's `convert("L")`.
    case gray

    /// 1, 3 or 4.
    public var bytesPerPixel: Int {
        switch self {
        case .gray: 1
        case .rgb: 3
        case .rgba, .bgra: 4
        }
    }

    /// What an image of such pixels is kept as.
    fileprivate var imageFormat: Image.Format {
        switch self {
        case .rgb, .gray: .rgb
        case .rgba, .bgra: .rgba
        }
    }
}

extension Image {
    /// Most pixels of an image that is made of pixels in memory: those of `DecodingOptions`.
    private static let maxPixels = DecodingOptions().maxPixels

    /// An image of pixels in memory, such as those of a camera or of another library.
    ///
    /// - Parameters:
    ///   - pixels: rows from the top, of `bytesPerRow` bytes each; what follows the last pixel of the last row is not read.
    ///   - width: in pixels, at least 1.
    ///   - height: in pixels, at least 1.
    ///   - format: how the samples of a pixel stand; gray becomes RGB, BGRA becomes RGBA.
    ///   - bytesPerRow: from the start of a row to that of the next; nil where they follow each other without a gap.
    /// - Throws: `ImageError` for a size that does not fit the bytes, or of more pixels than `DecodingOptions` allows.
    public init(
        pixels: some Collection<UInt8>, width: Int, height: Int, format: PixelLayout, bytesPerRow: Int? = nil
    ) throws(ImageError) {
        self = try pixels.withContiguous { bytes throws(ImageError) in
            try Image(pixels: bytes, width: width, height: height, format: format, bytesPerRow: bytesPerRow)
        }
    }

    /// An image of pixels at an address: they are converted into the image's own memory in one pass.
    ///
    /// - Parameters:
    ///   - pixels: rows from the top, of `bytesPerRow` bytes each; what follows the last pixel of the last row is not read.
    ///   - width: in pixels, at least 1.
    ///   - height: in pixels, at least 1.
    ///   - format: how the samples of a pixel stand; gray becomes RGB, BGRA becomes RGBA.
    ///   - bytesPerRow: from the start of a row to that of the next; nil where they follow each other without a gap.
    /// - Throws: `ImageError` for a size that does not fit the bytes, or of more pixels than `DecodingOptions` allows.
    public init(
        pixels: UnsafeRawBufferPointer, width: Int, height: Int, format: PixelLayout, bytesPerRow: Int? = nil
    ) throws(ImageError) {
        let stride = try Self.checkedStride(pixels.count, width, height, format, bytesPerRow)
        let own = format.imageFormat
        let count = width * height * own.rawValue
        let samples = [UInt8](unsafeUninitializedCapacity: count) { samples, initialized in
            HugePages.advise(samples.baseAddress, bytes: count)
            let (from, to) = (pixels.baseAddress!, samples.baseAddress!)
            Parallel.forRanges(height, grain: max(1, 65_536 / width)) { rows in
                for row in rows {
                    let start = from.advanced(by: row * stride).assumingMemoryBound(to: UInt8.self)
                    format.unpack(start, to: to + row * width * own.rawValue, count: width)
                }
            }
            initialized = count
        }
        self.init(width: width, height: height, format: own, pixels: samples)
    }

    /// The bytes from one row to the next, when all rows are inside of `count` bytes.
    private static func checkedStride(
        _ count: Int, _ width: Int, _ height: Int, _ format: PixelLayout, _ bytesPerRow: Int?
    ) throws(ImageError) -> Int {
        func bad(_ reason: String) -> ImageError { ImageError("image", .badPixels(reason: reason)) }
        guard width > 0, height > 0 else { throw bad("\(width)×\(height) pixels are none") }
        let (area, areaOverflows) = width.multipliedReportingOverflow(by: height)
        guard !areaOverflows, area <= maxPixels else {
            throw ImageError("image", .tooLarge(width: width, height: height, limit: maxPixels))
        }
        // The area is small, and so is the width.
        let rowBytes = width * format.bytesPerPixel
        let stride = bytesPerRow ?? rowBytes
        guard stride >= rowBytes else {
            throw bad("rows of \(stride) bytes are too short for \(width) pixels of \(format.bytesPerPixel)")
        }
        let (before, overflows) = stride.multipliedReportingOverflow(by: height - 1)
        let (needed, sumOverflows) = before.addingReportingOverflow(rowBytes)
        guard !overflows, !sumOverflows, needed <= count else {
            throw bad(
                "\(width)×\(height) \(format.rawValue) pixels in rows of \(stride) bytes do not fit \(count) bytes")
        }
        return stride
    }

    /// The samples of all pixels in another layout, rows from the top without gaps.
    ///
    /// - Parameter layout: `.rgb` and `.gray` drop transparency, `.rgba` and `.bgra` of an image without it are opaque.
    /// - Returns: `height × width × layout.bytesPerPixel` bytes.
    public func bytes(as layout: PixelLayout) -> [UInt8] {
        if layout.imageFormat == format, layout == .rgb || layout == .rgba { return pixels }
        let (area, size, channels) = (width * height, layout.bytesPerPixel, channels)
        return pixels.withUnsafeBufferPointer { source in
            [UInt8](unsafeUninitializedCapacity: area * size) { target, initialized in
                for index in 0..<area {
                    layout.pack(
                        source.baseAddress! + index * channels, channels, to: target.baseAddress! + index * size)
                }
                initialized = area * size
            }
        }
    }

    /// Calls `body` with the samples of all pixels where they are: `height × width × channels` bytes, not copied.
    ///
    /// - Parameter body: must not let the pointer escape.
    /// - Returns: what `body` returns.
    /// - Throws: what `body` throws.
    public func withPixels<Result, Failure: Error>(
        _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try pixels.withContiguous { bytes throws(Failure) in try body(bytes.assumingMemoryBound(to: UInt8.self)) }
    }
}

extension Collection<UInt8> {
    /// Calls `body` with the bytes where they are, or with a copy where they are not in one piece.
    fileprivate func withContiguous<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let found = withContiguousStorageIfAvailable { bytes in
            Swift.Result { () throws(Failure) in try body(UnsafeRawBufferPointer(bytes)) }
        }
        if let found { return try found.get() }
        return try Array(self).withContiguous(body)
    }
}

extension PixelLayout {
    /// `count` pixels of this layout to RGB or RGBA.
    fileprivate func unpack(_ source: UnsafePointer<UInt8>, to target: UnsafeMutablePointer<UInt8>, count: Int) {
        switch self {
        case .rgb, .rgba: target.update(from: source, count: count * bytesPerPixel)
        case .bgra:
            for index in 0..<count {
                let (from, to) = (source + 4 * index, target + 4 * index)
                (to[0], to[1], to[2], to[3]) = (from[2], from[1], from[0], from[3])
            }
        case .gray:
            for index in 0..<count {
                let to = target + 3 * index
                (to[0], to[1], to[2]) = (source[index], source[index], source[index])
            }
        }
    }

    /// One pixel of 3 or 4 channels to this layout.
    fileprivate func pack(_ source: UnsafePointer<UInt8>, _ channels: Int, to target: UnsafeMutablePointer<UInt8>) {
        let alpha = channels == 4 ? source[3] : 255
        switch self {
        case .rgb: (target[0], target[1], target[2]) = (source[0], source[1], source[2])
        case .rgba: (target[0], target[1], target[2], target[3]) = (source[0], source[1], source[2], alpha)
        case .bgra: (target[0], target[1], target[2], target[3]) = (source[2], source[1], source[0], alpha)
        case .gray: target[0] = UInt8(Image.luma(source))
        }
    }
}
