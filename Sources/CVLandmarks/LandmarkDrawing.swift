import CVCore
import CVImage

extension Image {
    /// How landmarks are drawn.
    public struct LandmarkStyle: Sendable, Equatable {
        /// Whether the lines of the scheme are drawn.
        public var showsContours: Bool
        /// Whether each point has its index beside it.
        public var showsIndices: Bool
        /// Of the points; nil for a color for each contour.
        public var color: Color?

        /// - Parameters:
        ///   - showsContours: whether the lines of the scheme are drawn.
        ///   - showsIndices: whether each point has its index beside it.
        ///   - color: of points and lines; nil for a color for each contour.
        public init(showsContours: Bool = true, showsIndices: Bool = false, color: Color? = nil) {
            (self.showsContours, self.showsIndices, self.color) = (showsContours, showsIndices, color)
        }
    }

    /// Draws points, the lines between them and, if asked for, their indices.
    ///
    /// - Parameters:
    ///   - landmarks: in pixels of this image.
    ///   - scheme: what the points are.
    ///   - style: what is drawn.
    public mutating func draw(
        _ landmarks: Landmarks, _ scheme: LandmarkScheme, style: LandmarkStyle = LandmarkStyle()
    ) {
        let size = landmarks.bounds.map { max($0.width, $0.height) } ?? 0
        // By the object, not by the image: faces of all sizes may be in one.
        let radius = max(0.8, size / 110)
        let colors = style.colors(scheme)
        if style.showsContours {
            for (contour, color) in zip(scheme.contours, style.contourColors(scheme)) {
                strokePolyline(
                    contour.points.map { landmarks.points[$0] }, closed: contour.isClosed,
                    width: max(1, radius * 0.7), color: color)
            }
        }
        for (point, color) in zip(landmarks.points, colors) { fillCircle(center: point, radius: radius, color: color) }
        guard style.showsIndices else { return }
        let textSize = max(8, size / 22)
        for (index, point) in landmarks.points.enumerated() {
            drawText(
                "\(index)", x: point.x + radius * 1.4, baseline: point.y - radius * 0.6, size: textSize,
                color: Color(255, 255, 255))
        }
    }
}

extension Image.LandmarkStyle {
    fileprivate func contourColors(_ scheme: LandmarkScheme) -> [Color] {
        scheme.contours.indices.map { color ?? Palette.color(forClass: $0) }
    }

    /// Of each point: that of its contour.
    fileprivate func colors(_ scheme: LandmarkScheme) -> [Color] {
        var colors = scheme.points.indices.map { color ?? Palette.color(forClass: scheme.contours.isEmpty ? $0 : 0) }
        for (contour, color) in zip(scheme.contours, contourColors(scheme)) {
            for index in contour.points { colors[index] = color }
        }
        return colors
    }
}
