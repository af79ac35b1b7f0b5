import CVCore

/// How a part of an image is made unrecognizable.
public enum Redaction: String, Sendable, CaseIterable, Codable {
    /// A Gaussian blur of a fifth of the part's longer side, within an ellipse. What it leaves can partly be sharpened again.
    case gaussian
    /// Squares of an eighth of the longer side, each the mean of its pixels.
    case pixelate
    /// One color: nothing of the part is left.
    case box
}

extension Image {
    /// Makes parts of the image unrecognizable. Pixels outside the parts stay as they are.
    ///
    /// - Parameters:
    ///   - boxes: in pixels; each is widened by `margin`, rounded outward and clipped to the image. One that is not finite or
    ///     lies outside changes nothing.
    ///   - redaction: how.
    ///   - margin: the share of a box's width and height that is added at each edge, at least 0.
    ///   - color: for `.box`.
    /// - Returns: the parts of the image that were changed, in whole pixels.
    @discardableResult
    public mutating func redact(
        _ boxes: [Box], by redaction: Redaction, margin: Float = 0.15, color: Color = .black
    ) -> [Box] {
        var changed: [Box] = []
        for box in boxes where [box.minX, box.minY, box.maxX, box.maxY].allSatisfy(\.isFinite) {
            let (x, y) = (box.width * margin, box.height * margin)
            let wider = Box(minX: box.minX - x, minY: box.minY - y, maxX: box.maxX + x, maxY: box.maxY + y)
            guard let part = pixelBox(of: wider) else { continue }
            let (left, top) = (Int(clamping: part.minX), Int(clamping: part.minY))
            var content = cropped(
                x: left, y: top, width: Int(clamping: part.width), height: Int(clamping: part.height))
            switch redaction {
            case .gaussian: content.blurEllipse()
            case .pixelate: content = content.pixelated()
            case .box: content.fillColors(color)
            }
            paste(content, x: left, y: top)
            changed.append(part)
        }
        return changed
    }

    /// The box in whole pixels of the image; nil if none of them lies in it.
    private func pixelBox(of box: Box) -> Box? {
        let columns = Self.pixels(from: Double(box.minX), to: Double(box.maxX), limit: width)
        let rows = Self.pixels(from: Double(box.minY), to: Double(box.maxY), limit: height)
        guard !columns.isEmpty, !rows.isEmpty else { return nil }
        return Box(
            minX: Float(columns.lowerBound), minY: Float(rows.lowerBound), maxX: Float(columns.upperBound),
            maxY: Float(rows.upperBound))
    }

    /// Blurs the ellipse that touches the edges.
    private mutating func blurEllipse() {
        let blurred = blurred(sigma: min(Double(max(width, height)) / 5, 1000))
        let (stride, channels) = (stride, channels)
        for y in 0..<height {
            let v = (Double(y) + 0.5) / Double(height) * 2 - 1
            let half = (1 - v * v).squareRoot() * Double(width) / 2
            let columns = Self.pixels(from: Double(width) / 2 - half, to: Double(width) / 2 + half, limit: width)
            let samples = y * stride + columns.lowerBound * channels..<y * stride + columns.upperBound * channels
            pixels.replaceSubrange(samples, with: blurred.pixels[samples])
        }
    }

    private func pixelated() -> Image {
        let side = (max(width, height) + 7) / 8
        var result = self
        for top in Swift.stride(from: 0, to: height, by: side) {
            for left in Swift.stride(from: 0, to: width, by: side) {
                let square = cropped(
                    x: left, y: top, width: min(side, width - left), height: min(side, height - top))
                let mean = square.resized(width: 1, height: 1, filter: .box)
                result.paste(
                    Image(width: square.width, height: square.height, format: format, fill: mean[0, 0]), x: left, y: top
                )
            }
        }
        return result
    }

    /// Alpha stays, so that what is transparent stays so; its hidden color is overwritten, too.
    private mutating func fillColors(_ color: Color) {
        let channels = channels
        for pixel in Swift.stride(from: 0, to: pixels.count, by: channels) {
            (pixels[pixel], pixels[pixel + 1], pixels[pixel + 2]) = (color.red, color.green, color.blue)
        }
    }
}
