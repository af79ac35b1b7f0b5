import CVCore

/// A coordinate map: backward for pixels, from output to input; forward for labels, from input to output.
protocol PlaneMap: Sendable {
    /// The input coordinates of the center of output pixel (x, y).
    func source(x: Int, y: Int) -> (x: Double, y: Double)
    func apply(_ point: Point) -> Point
    /// The bounding box of the image of `box`.
    func apply(_ box: Box) -> Box
}

struct InvertibleMap: PlaneMap {
    let map, inverse: AffineMap

    init(_ map: AffineMap) {
        guard let inverse = map.inverse else { preconditionFailure("\(map) has no inverse") }
        (self.map, self.inverse) = (map, inverse)
    }

    @inline(__always)
    func source(x: Int, y: Int) -> (x: Double, y: Double) { inverse.apply(x: Double(x) + 0.5, y: Double(y) + 0.5) }
    func apply(_ point: Point) -> Point { map.apply(point) }
    func apply(_ box: Box) -> Box { map.apply(box) }
}

/// Deterministic geometric transforms: a fixed crop or rotation of an image with its labels.
extension Sample {
    /// The sample with the transformed `image`, and with its labels transformed by `map`.
    ///
    /// Boxes are clipped at the border, or dropped (see ``leastVisiblePart``). Masks are sampled at the nearest pixel,
    /// and become `Mask.ignore` outside the input. Keypoints outside become invisible.
    func moved(to image: Image, by map: some PlaneMap) -> Sample {
        let (width, height) = (image.width, image.height)
        var result = self
        result.image = image
        result.boxes = boxes.compactMap { labeled in
            let box = map.apply(labeled.box)
            return visiblePart(of: box, width: width, height: height).map { LabeledBox($0, label: labeled.label) }
        }
        result.masks = masks.map { $0.resampled(width: width, height: height, map.source) }
        result.keypoints = keypoints.map { group in
            group.map { keypoint in
                let to = map.apply(keypoint.position)
                let isInside = to.x >= 0 && to.x < Float(width) && to.y >= 0 && to.y < Float(height)
                return Keypoint(to, isVisible: keypoint.isVisible && isInside)
            }
        }
        return result
    }

    /// The visible part of a box; nil if it is too small.
    private func visiblePart(of box: Box, width: Int, height: Int) -> Box? {
        let inside = box.clipped(width: width, height: height)
        // NaN fails these comparisons, so it is dropped.
        guard inside.width >= 1, inside.height >= 1, inside.area >= leastVisiblePart * box.area else { return nil }
        return inside
    }

    /// Horizontal flip.
    ///
    /// - Parameter keypointPairs: the indices of the keypoints of an object that swap in a mirror image, such as left
    ///   and right eye.
    /// - Returns: a sample of the same size.
    public func mirrored(keypointPairs: [(Int, Int)] = []) -> Sample {
        let map = AffineMap(a: -1, b: 0, c: Double(image.width), d: 0, e: 1, f: 0)
        var result = moved(to: image.flippedHorizontally(), by: InvertibleMap(map))
        for index in result.keypoints.indices {
            for (left, right) in keypointPairs {
                let count = result.keypoints[index].count
                precondition(
                    (0..<count).contains(left) && (0..<count).contains(right),
                    "the pair (\(left), \(right)) is not among \(count) keypoints")
                result.keypoints[index].swapAt(left, right)
            }
        }
        return result
    }

    /// Vertical flip.
    ///
    /// - Returns: a sample of the same size.
    public func flippedVertically() -> Sample {
        let map = AffineMap(a: 1, b: 0, c: 0, d: 0, e: -1, f: Double(image.height))
        return moved(to: image.flippedVertically(), by: InvertibleMap(map))
    }

    /// Crops to a region inside the image; no sample changes.
    ///
    /// - Parameters:
    ///   - x: the left column.
    ///   - y: the top row.
    ///   - width: in pixels.
    ///   - height: in pixels.
    /// - Returns: a sample of width × height pixels.
    public func cropped(x: Int, y: Int, width: Int, height: Int) -> Sample {
        moved(
            to: image.cropped(x: x, y: y, width: width, height: height),
            by: InvertibleMap(.translation(x: -Double(x), y: -Double(y))))
    }

    /// Resizes the sample as ``Image/resized(width:height:filter:antialias:region:)``.
    ///
    /// - Parameters:
    ///   - width: in pixels.
    ///   - height: in pixels.
    ///   - region: the part to resize, in pixels; nil for the whole image.
    /// - Returns: a sample of width × height pixels.
    public func resized(width: Int, height: Int, region: Box? = nil) -> Sample {
        let part = region ?? Box(minX: 0, minY: 0, maxX: Float(image.width), maxY: Float(image.height))
        let resized = image.resized(width: width, height: height, region: region)
        let map = AffineMap.translation(x: -Double(part.minX), y: -Double(part.minY)).then(
            .scale(x: Double(width) / Double(part.width), y: Double(height) / Double(part.height)))
        return moved(to: resized, by: InvertibleMap(map))
    }

    /// Warps the sample by an affine map. A rotated box becomes the bounding box of its corners.
    ///
    /// - Parameters:
    ///   - map: from input to output, in pixels; invertible.
    ///   - width: of the output, in pixels; nil for that of the image.
    ///   - height: of the output, in pixels; nil for that of the image.
    ///   - border: how to fill what lies outside the image.
    /// - Returns: a sample of width × height pixels.
    public func warped(
        by map: AffineMap, width: Int? = nil, height: Int? = nil, border: Border = .reflect
    ) -> Sample {
        warped(by: InvertibleMap(map), width: width, height: height, border)
    }

    func warped(by map: some PlaneMap, width: Int? = nil, height: Int? = nil, _ border: Border) -> Sample {
        let warped = image.resampled(
            width: width ?? image.width, height: height ?? image.height, border: border, interpolation: .bilinear,
            map.source)
        return moved(to: warped, by: map)
    }
}

extension Mask {
    /// Samples the nearest value; outside, `Mask.ignore`.
    func resampled(
        width: Int, height: Int, _ source: (_ x: Int, _ y: Int) -> (x: Double, y: Double)
    ) -> Mask {
        let moved = [UInt8](unsafeUninitializedCapacity: width * height) { output, count in
            let output = output.baseAddress!
            values.withUnsafeBufferPointer { values in
                Parallel.forRanges(height, grain: 1 + 16384 / width) { rows in
                    for y in rows {
                        for x in 0..<width {
                            let from = source(x, y)
                            let isInside =
                                from.x >= 0 && from.x < Double(self.width) && from.y >= 0
                                && from.y < Double(self.height)
                            output[y * width + x] =
                                isInside
                                ? values[Int(clamping: from.y) * self.width + Int(clamping: from.x)] : Mask.ignore
                        }
                    }
                }
            }
            count = width * height
        }
        return Mask(width: width, height: height, values: moved)
    }
}
