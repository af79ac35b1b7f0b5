import CVCore
import CVImage
import CVTensor
import CVWeights

extension Preprocessing {
    /// The network's input for an image.
    ///
    /// Resized in 8 bits, as in Pillow. Transparency is ignored: the colors below it count, as with Pillow's
    /// `convert("RGB")`.
    ///
    /// - Parameter image: of any size.
    /// - Returns: [1, C, height, width], `(pixel - mean) / std`; C is 3, or 1 for gray.
    public func tensor(_ image: Image) -> Tensor { batch([image]) }

    /// The network's input for several images, of any sizes.
    ///
    /// - Parameter images: N images.
    /// - Returns: [N, C, height, width], `(pixel - mean) / std`.
    public func batch(_ images: [Image]) -> Tensor {
        let levels = LevelTable(self)
        let count = channels.count * height * width
        return Tensor(shape: [images.count, channels.count, height, width]) { values in
            Parallel.forEach(images.count) { index in
                write(
                    images[index],
                    into: UnsafeMutableBufferPointer(rebasing: values[index * count..<(index + 1) * count]),
                    levels)
            }
        }
    }

    /// As `tensor`, for an image that is letterboxed or stretched; with the mapping between frame and image.
    ///
    /// The frame around a letterboxed image is exactly `fill`.
    ///
    /// - Parameter image: of any size.
    /// - Returns: [1, C, height, width] and the mapping.
    /// - Precondition: `resize` is `.letterbox` or `.stretch`.
    public func letterboxed(_ image: Image) -> (Tensor, Letterbox) {
        precondition(resize != .crop, "preprocessing by \(resize.rawValue), not letterbox or stretch")
        return (tensor(image), letterbox(width: image.width, height: image.height))
    }

    /// Where an image of this size lies in the input.
    ///
    /// - Parameters:
    ///   - sourceWidth: of the image, in pixels.
    ///   - sourceHeight: of the image, in pixels.
    /// - Returns: the mapping; it fills the input if `resize` is `.stretch`, else it centers the image unless `alignment` is
    ///   `.topLeft`.
    package func letterbox(width sourceWidth: Int, height sourceHeight: Int) -> Letterbox {
        Letterbox(
            width: sourceWidth, height: sourceHeight, into: (width, height),
            alignment: resize == .stretch ? .stretched : alignment == .topLeft ? .topLeft : .center)
    }

    /// Left and top of content of this size in the input.
    private func offset(of content: Image) -> (left: Int, top: Int) {
        alignment == .topLeft ? (0, 0) : ((width - content.width) / 2, (height - content.height) / 2)
    }

    private func write(_ image: Image, into values: UnsafeMutableBufferPointer<Float>, _ levels: LevelTable) {
        let small = resized(image)
        let samples = channels == .gray ? small.luma() : small.pixels
        if small.width == width, small.height == height {
            return samples.withUnsafeBufferPointer { levels.normalize($0, into: values) }
        }
        // Letterboxed: the fill need not be a whole level, so it is written first, and the image over it.
        let (left, top) = offset(of: small)
        let plane = small.width * small.height
        let content = [Float](unsafeUninitializedCapacity: samples.count) { buffer, count in
            count = samples.count
            samples.withUnsafeBufferPointer {
                levels.normalize($0, into: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
            }
        }
        content.withUnsafeBufferPointer { content in
            Parallel.forEach(channels.count) { channel in
                let frame = UnsafeMutableBufferPointer(
                    rebasing: values[channel * width * height..<(channel + 1) * width * height])
                frame.initialize(repeating: (fill[channel] - mean[channel]) / std[channel])
                for y in 0..<small.height {
                    (frame.baseAddress! + (y + top) * width + left).update(
                        from: content.baseAddress! + channel * plane + y * small.width, count: small.width)
                }
            }
        }
    }

    /// The image at its size in the input, opaque: smaller than the input only where it is letterboxed.
    private func resized(_ image: Image) -> Image {
        let opaque = image.withoutAlpha()
        switch resize {
        case .stretch: return opaque.scaled(width: width, height: height, filter)
        case .crop:
            let covering = Covering(width: image.width, height: image.height, by: cropFrame, cut: (width, height))
            let cut = covering.cut
            return opaque.resized(covering, filter: filter).cropped(
                x: cut.x, y: cut.y, width: cut.width, height: cut.height)
        case .letterbox:
            let letterbox = letterbox(width: image.width, height: image.height)
            return opaque.scaled(width: letterbox.resizedWidth, height: letterbox.resizedHeight, filter)
        }
    }

    /// The image as it enters the network, but in 8 bits: height × width × 3 in the order RGB, or × 1 for gray.
    ///
    /// A letterboxed image's frame is rounded to whole levels here.
    package func samples(_ image: Image) -> [UInt8] {
        let content = framed(image)
        return channels == .gray ? content.luma() : content.pixels
    }

    /// The image at the size of the input, in its own colors; letterboxed, with a frame of whole levels.
    package func framed(_ image: Image) -> Image {
        let content = resized(image)
        if content.width == width, content.height == height { return content }
        func level(_ sample: Int) -> UInt8 {
            UInt8(clamping: fill[channels == .gray ? 0 : channels.source(of: sample)].rounded())
        }
        var frame = Image(width: width, height: height, fill: Color(level(0), level(1), level(2)))
        let (left, top) = offset(of: content)
        frame.paste(content, x: left, y: top)
        return frame
    }

    /// The image that an input shows: what `framed` gave before it became numbers.
    ///
    /// - Parameters:
    ///   - input: [N, 3, H, W], made by this preprocessing in any size.
    ///   - index: of the image in the batch.
    /// - Returns: H × W pixels in color.
    package func image(_ input: Tensor, at index: Int = 0) -> Image {
        let (height, width) = (input.shape[2], input.shape[3])
        let plane = height * width
        let pixels = input.withValues { values in
            [UInt8](unsafeUninitializedCapacity: 3 * plane) { pixels, count in
                for channel in 0..<3 {
                    let (from, to) = ((index * 3 + channel) * plane, channels.source(of: channel))
                    for position in 0..<plane {
                        let level = values[from + position] * std[channel] + mean[channel]
                        pixels[position * 3 + to] = UInt8(clamping: level.rounded())
                    }
                }
                count = 3 * plane
            }
        }
        return Image(width: width, height: height, format: .rgb, pixels: pixels)
    }

    /// As darknet prepares an image: letterboxed with a gray of one half, RGB from 0 to 1.
    ///
    /// - Parameters:
    ///   - width: of the input, in pixels.
    ///   - height: of the input, in pixels.
    /// - Returns: the preprocessing.
    public static func darknet(width: Int, height: Int) -> Preprocessing {
        Preprocessing(width: width, height: height, resize: .letterbox, fill: [127.5, 127.5, 127.5])
    }
}

/// `(level - mean) / std` of each channel's 256 levels: the division is made once for each.
package struct LevelTable: Sendable {
    private let values: [Float]
    private let channels: Preprocessing.Channels

    package init(_ preprocessing: Preprocessing) {
        channels = preprocessing.channels
        let counts = [preprocessing.mean.count, preprocessing.std.count, preprocessing.fill.count]
        precondition(
            counts.allSatisfy { $0 == preprocessing.channels.count },
            "\(counts) numbers of mean, std and fill for \(preprocessing.channels.count) channels")
        values = (0..<channels.count).flatMap { channel in
            (0...255).map { (Float($0) - preprocessing.mean[channel]) / preprocessing.std[channel] }
        }
    }

    /// From samples [H, W, 3] in the order RGB, or [H, W, 1] gray, to planes [C, H, W].
    package func normalize(_ samples: UnsafeBufferPointer<UInt8>, into planes: UnsafeMutableBufferPointer<Float>) {
        let count = channels.count
        let plane = samples.count / count
        precondition(planes.count == samples.count, "\(samples.count) samples for \(planes.count) values")
        values.withUnsafeBufferPointer { values in
            for channel in 0..<count {
                let levels = values.baseAddress! + channel << 8
                let from = samples.baseAddress! + channels.source(of: channel)
                let to = planes.baseAddress! + channel * plane
                for pixel in 0..<plane { to[pixel] = levels[Int(from[count * pixel])] }
            }
        }
    }
}

extension Image {
    /// The image in another size, by a filter that weights name.
    func scaled(width: Int, height: Int, _ filter: Preprocessing.Filter) -> Image {
        if filter == .linear { return resizedLinearly(width: width, height: height) }
        return resized(width: width, height: height, filter: ResizeFilter(rawValue: filter.rawValue) ?? .bilinear)
    }
}

extension Preprocessing.Channels {
    /// Which of the samples of an RGB or gray image makes a channel of the input.
    package func source(of channel: Int) -> Int { self == .bgr ? 2 - channel : channel }
}

extension Image {
    /// 0.299 red + 0.587 green + 0.114 blue of each pixel, in the whole numbers of Pillow's `convert("L")` (ITU-R 601-2).
    fileprivate func luma() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: width * height) { gray, count in
            count = width * height
            pixels.withUnsafeBufferPointer { pixels in
                for position in 0..<count {
                    let pixel = pixels.baseAddress! + position * channels
                    let sum = Int(pixel[0]) * 19595 + Int(pixel[1]) * 38470 + Int(pixel[2]) * 7471
                    gray[position] = UInt8((sum + 0x8000) >> 16)
                }
            }
        }
    }
}
