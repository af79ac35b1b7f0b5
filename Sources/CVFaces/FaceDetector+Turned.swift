import CVCore
import CVDetection
import CVImage

extension FaceDetector {
    /// What a face must have in a turned image: an animal may reach more there than upright.
    private static let turnedConfidence: Float = 0.88
    /// By how much it must be surer than in the image as it is.
    private static let turnedGain: Float = 0.03
    /// The longer side of the image that is turned, in pixels: a face that is worth it is not tiny.
    private static let turnedSide = 640.0
    private static let turns = stride(from: 45.0, to: 360, by: 45)

    /// The faces at the turn of the image that shows the surest one.
    ///
    /// A face that lies on its side or on its head is often found, but its points are guessed as those of an upright one.
    ///
    /// - Parameters:
    ///   - image: of any size.
    ///   - options: what to report.
    ///   - upright: what was found in the image as it is.
    /// - Returns: nil if no turn shows a face that is clearly surer than those.
    /// - Throws: as `detect`.
    func turned(_ image: Image, _ options: FaceDetectionOptions, upright: [Face]) throws -> [Face]? {
        let size = (width: Double(image.width), height: Double(image.height))
        let scale = min(1, Self.turnedSide / max(size.width, size.height))
        let side = Int(
            clamping: ((size.width * size.width + size.height * size.height).squareRoot() * scale).rounded(.up))
        var own = options
        own.searchesTurned = false
        own.fallbackConfidence = nil
        own.minimumSize = max(options.minimumSize * Float(scale), 1)
        let surer = (upright.map(\.confidence).max() ?? 0) + Self.turnedGain
        own.confidence = max(Self.turnedConfidence, surer, options.confidence ?? 0)
        var best: (confidence: Float, faces: [Face])?
        for degrees in Self.turns {
            let map = AffineMap.translation(x: -size.width / 2, y: -size.height / 2)
                .then(.rotation(degrees: degrees)).then(.scale(x: scale, y: scale))
                .then(.translation(x: Double(side) / 2, y: Double(side) / 2))
            guard let back = map.inverse else { return nil }
            let turned = image.withoutAlpha().extracted(by: map, width: side, height: side, border: .fill(.black))
            let found = try detect(turned, options: own)
            guard let surest = found.map(\.confidence).max(), surest > best?.confidence ?? 0 else { continue }
            best = (surest, found.compactMap { $0.moved(by: back, into: image) })
        }
        return best?.faces.sorted { $0.box.area > $1.box.area }
    }
}

extension Face {
    /// The face where a map brings it; nil if nothing of its box is in the image.
    fileprivate func moved(by map: AffineMap, into image: Image) -> Face? {
        let all = map.apply(box)
        let box = Box(
            minX: max(all.minX, 0), minY: max(all.minY, 0), maxX: min(all.maxX, Float(image.width)),
            maxY: min(all.maxY, Float(image.height)))
        guard box.width > 0, box.height > 0 else { return nil }
        return Face(
            box: box, confidence: confidence,
            keypoints: keypoints.map { NamedKeypoint(name: $0.name, position: map.apply($0.position)) })
    }
}
