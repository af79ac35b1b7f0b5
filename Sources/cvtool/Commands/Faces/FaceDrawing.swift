import CVCore
import CVFaces
import CVImage

extension Image {
    /// Draws the boxes and points of faces. The points of the right side of a face have another color than those of the left.
    ///
    /// - Parameters:
    ///   - faces: in pixels of this image.
    ///   - labeled: whether the confidences are written.
    mutating func annotate(_ faces: [Face], labeled: Bool = true) {
        let lineWidth = defaultLineWidth
        annotate(
            faces.map { face in
                BoxAnnotation(
                    box: face.box, label: labeled ? String(percent: Double(face.confidence)) : nil,
                    color: Palette.color(forClass: 0))
            }, lineWidth: lineWidth)
        for face in faces {
            // Visible on a large face, and not hiding a small one.
            let radius = max(1, min(Float(lineWidth) * 1.5, face.box.width * 0.03))
            for keypoint in face.keypoints {
                let side = keypoint.name.hasPrefix("right") ? 1 : keypoint.name.hasPrefix("left") ? 2 : 3
                fillCircle(center: keypoint.position, radius: radius * 1.4, color: .white)
                fillCircle(center: keypoint.position, radius: radius, color: Palette.color(forClass: side))
            }
        }
    }

    /// The face with something around it, and its points drawn.
    ///
    /// - Parameter face: in pixels of this image.
    /// - Returns: a square part of the image where the image allows it.
    func portrait(of face: Face) -> Image {
        let center = face.box.center
        let half = max(face.box.width, face.box.height)
        let part = Box(minX: center.x - half, minY: center.y - half, maxX: center.x + half, maxY: center.y + half)
            .clipped(width: width, height: height)
        let (left, top) = (part.minX.rounded(.down), part.minY.rounded(.down))
        guard let crop = cropped(to: part) else { return self }
        // Points are drawn at the size at which they are looked at.
        let scale = 360 / Float(max(crop.width, crop.height))
        func side(_ length: Int) -> Int { max(1, Int(clamping: (Float(length) * scale).rounded())) }
        var result = crop.withoutAlpha().resized(width: side(crop.width), height: side(crop.height), filter: .bicubic)
        func moved(_ point: Point) -> Point { Point(x: (point.x - left) * scale, y: (point.y - top) * scale) }
        var drawn = face
        drawn.box = Box(moved(face.box.topLeft), moved(face.box.bottomRight))
        for index in drawn.keypoints.indices { drawn.keypoints[index].position = moved(face.keypoints[index].position) }
        result.annotate([drawn], labeled: false)
        return result
    }
}
