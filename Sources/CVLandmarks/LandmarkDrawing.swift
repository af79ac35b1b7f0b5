import CVCore
import CVImage

extension Image {
    /// How landmarks are drawn.
    public struct LandmarkStyle: Sendable, Equatable {
        /// Whether the points are drawn.
        public var showsPoints: Bool
        /// Whether the lines of the scheme are drawn.
        public var showsContours: Bool
        /// Whether the triangles of a surface are drawn.
        public var showsEdges: Bool
        /// Whether each point has its index beside it.
        public var showsIndices: Bool
        /// Of the points; nil for a color for each contour.
        public var color: Color?

        /// - Parameters:
        ///   - showsPoints: whether the points are drawn.
        ///   - showsContours: whether the lines of the scheme are drawn.
        ///   - showsEdges: whether the triangles of a surface are drawn.
        ///   - showsIndices: whether each point has its index beside it.
        ///   - color: of points and lines; nil for a color for each contour.
        public init(
            showsPoints: Bool = true, showsContours: Bool = true, showsEdges: Bool = true, showsIndices: Bool = false,
            color: Color? = nil
        ) {
            (self.showsPoints, self.showsContours, self.showsEdges) = (showsPoints, showsContours, showsEdges)
            (self.showsIndices, self.color) = (showsIndices, color)
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
        let isSurface = !scheme.edges.isEmpty
        // By the object, not by the image: faces of all sizes may be in one. The points of a surface are close together.
        let radius = isSurface ? max(0.35, size / 320) : max(0.8, size / 110)
        if style.showsEdges {
            for edge in scheme.edges {
                strokeLine(
                    from: landmarks.points[edge.from], to: landmarks.points[edge.to], width: max(0.5, size / 700),
                    color: style.edgeColor)
            }
        }
        if style.showsContours {
            for (contour, color) in zip(scheme.contours, style.contourColors(scheme)) {
                strokePolyline(
                    contour.points.map { landmarks.points[$0] }, closed: contour.isClosed,
                    width: max(1, size / 157), color: color)
            }
        }
        if style.showsPoints {
            for (point, color) in zip(landmarks.points, style.colors(scheme)) {
                fillCircle(center: point, radius: radius, color: color)
            }
        }
        guard style.showsIndices else { return }
        let textSize = isSurface ? max(6, size / 90) : max(8, size / 22)
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

    /// Of the triangles: light, but so that the face is seen through them.
    fileprivate var edgeColor: Color { color ?? Color(225, 235, 245, 150) }

    /// Of each point: that of its contour.
    fileprivate func colors(_ scheme: LandmarkScheme) -> [Color] {
        let usual = scheme.edges.isEmpty ? Palette.color(forClass: 0) : Color(225, 235, 245)
        var colors = scheme.points.indices.map {
            color ?? (scheme.contours.isEmpty ? Palette.color(forClass: $0) : usual)
        }
        for (contour, color) in zip(scheme.contours, contourColors(scheme)) {
            for index in contour.points { colors[index] = color }
        }
        return colors
    }
}
