import CCodecs
import CVCore

/// A JPEG file of which parts are replaced, without coding the others anew.
///
/// A JPEG that is decoded and encoded again changes everywhere. Here only the blocks of 8 to 32 pixels that the parts touch are
/// coded, with the file's own tables; the coefficients of all others stay as they are, to the bit.
public struct JPEGRedaction: Sendable {
    private let file: [UInt8]
    private let components: Int
    private let name: String
    private let options: DecodingOptions

    /// Takes a file whose parts can be replaced.
    ///
    /// - Parameters:
    ///   - data: the bytes of the file.
    ///   - options: limits of decoding.
    ///   - name: stands for the file in errors.
    /// - Returns: nil for what is no JPEG, and for one in CMYK.
    public init?(data: some Collection<UInt8>, options: DecodingOptions = .init(), name: String = "image") {
        let bytes = data as? [UInt8] ?? Array(data)
        guard case .jpeg? = ImageContainer(recognizing: bytes) else { return nil }
        let components = bytes.withUnsafeBufferPointer { Int(cvc_jpeg_components($0.baseAddress, $0.count)) }
        guard [1, 3].contains(components) else { return nil }
        (file, self.components, self.name, self.options) = (bytes, components, name, options)
    }

    /// The file with the changed parts of an image.
    ///
    /// Besides, whatever could show the parts as they were is removed: the previews in EXIF, JFIF, XMP and the notes of the
    /// camera's maker, and segments that the format does not know. Color profile, comment, orientation and the other entries
    /// of EXIF stay.
    ///
    /// - Parameters:
    ///   - parts: what was changed, in pixels of the image.
    ///   - image: all of it, upright, as decoding gives it.
    ///   - removesLocation: whether to remove the position in EXIF, and XMP, which tells places in many forms.
    /// - Returns: the bytes of the file.
    /// - Throws: `ImageError` if the file cannot be coded in this way, such as one whose tables change between its scans; decode
    ///   and encode it then.
    /// - Precondition: the image has the size of the decoded file.
    public func file(
        replacing parts: [Box], with image: Image, removesLocation: Bool = false
    ) throws(ImageError) -> [UInt8] {
        let orientation = ImageContainer.jpeg.orientation(of: file)
        let stored = image.withoutAlpha().oriented(orientation.inverse)
        let regions = parts.map { $0.region(in: image, orientation) }
        let samples =
            components == 3
            ? stored.pixels
            : Swift.stride(from: 0, to: stored.pixels.count, by: 3).map {
                stored.pixels[$0]
            }
        let cleaned = JPEGMetadata(file).cleaned(orientation, removesLocation: removesLocation)
        return try Image.bytes(named: name) {
            cvc_jpeg_replace(
                cleaned, cleaned.count, Int32(clamping: options.maxScans), samples, Int32(components), regions,
                regions.count)
        }
    }
}

extension Orientation {
    /// The orientation that undoes this one.
    fileprivate var inverse: Orientation {
        switch self {
        case .right: .left
        case .left: .right
        default: self
        }
    }
}

extension Box {
    /// The box in pixels of the stored image.
    fileprivate func region(in image: Image, _ orientation: Orientation) -> cvc_region {
        let (width, height) = (Float(image.width), Float(image.height))
        func stored(_ x: Float, _ y: Float) -> (Float, Float) {
            switch orientation {
            case .up: (x, y)
            case .upMirrored: (width - x, y)
            case .down: (width - x, height - y)
            case .downMirrored: (x, height - y)
            case .leftMirrored: (y, x)
            case .right: (y, width - x)
            case .rightMirrored: (height - y, width - x)
            case .left: (height - y, x)
            }
        }
        let (a, b) = (stored(minX, minY), stored(maxX, maxY))
        func pixel(_ value: Float) -> UInt32 { UInt32(clamping: max(value, 0)) }
        return cvc_region(
            left: pixel(min(a.0, b.0)), top: pixel(min(a.1, b.1)), right: pixel(max(a.0, b.0)),
            bottom: pixel(max(a.1, b.1)))
    }
}

/// The segments of a JPEG file beside its image.
private struct JPEGMetadata {
    private let file: [UInt8]

    init(_ file: [UInt8]) { self.file = file }

    private enum Marker {
        static let comment = 0xFFFE, applications = 0xFFE0...0xFFEF
        static let jfif = 0xFFE0, exif = 0xFFE1, profile = 0xFFE2, adobe = 0xFFEE
    }

    private static let exifPrefix = Array("Exif\0\0".utf8)
    private static let xmpPrefix = Array("http://ns.adobe.com/xap/1.0/\0".utf8)

    /// The file without previews and what is not known, and with its orientation in EXIF.
    func cleaned(_ orientation: Orientation, removesLocation: Bool) -> [UInt8] {
        var exif: [UInt8]?
        var rest: [UInt8] = []
        let scan = JPEGSegments(file).visit { marker, content in
            if marker == Marker.exif, content.starts(with: Self.exifPrefix) {
                exif = (exif ?? []) + content.dropFirst(Self.exifPrefix.count)
            } else if keeps(marker, content, removesLocation) {
                rest += Self.segment(marker, content)
            }
        }
        guard let scan else { return file }
        return [0xFF, 0xD8] + cleaned(exif, orientation, removesLocation) + rest + file[scan...]
    }

    /// The segment of EXIF; none where there is nothing to say.
    private func cleaned(_ exif: [UInt8]?, _ orientation: Orientation, _ removesLocation: Bool) -> [UInt8] {
        guard exif != nil || orientation != .up else { return [] }
        var block = exif.flatMap { ExifBlock(tiff: Exif.withoutPrefix($0[...])) } ?? ExifBlock()
        block.remove(ExifBlock.Tag.makerNote)
        if removesLocation { block.remove(ExifBlock.Tag.location) }
        block.set(orientation)
        if block.tiff.count > Self.largest {
            block = ExifBlock()
            block.set(orientation)
        }
        return Self.segment(Marker.exif, (Self.exifPrefix + block.tiff)[...])
    }

    private static let largest = 65000

    private func keeps(_ marker: Int, _ content: ArraySlice<UInt8>, _ removesLocation: Bool) -> Bool {
        guard Marker.applications.contains(marker) else { return true }
        return switch marker {
        case Marker.jfif: content.starts(with: "JFIF\0".utf8)
        // Previews stand in XMP as text, in elements whose names end in these.
        case Marker.exif:
            content.starts(with: Self.xmpPrefix) && !removesLocation
                && !["xmpGImg:image", "GImage:Data", "GDepth:Data", "xapGImg:image"].contains {
                    content.contains(Array($0.utf8))
                }
        case Marker.profile: content.starts(with: "ICC_PROFILE\0".utf8)
        case Marker.adobe: content.starts(with: "Adobe".utf8)
        default: false
        }
    }

    private static func segment(_ marker: Int, _ content: ArraySlice<UInt8>) -> [UInt8] {
        let length = content.count + 2
        return [
            0xFF, UInt8(truncatingIfNeeded: marker), UInt8(truncatingIfNeeded: length >> 8),
            UInt8(truncatingIfNeeded: length),
        ] + content
    }
}
