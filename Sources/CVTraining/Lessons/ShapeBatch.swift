import CVCore
import CVImage
import CVTensor

/// A mini-batch of drawn images.
public struct ShapeBatch: Sendable {
    /// [N, 3, 64, 64], from -1 to 1.
    public let images: Tensor
    /// What they show.
    public let scenes: [ShapeScene]

    /// - Parameter scenes: the images, at least one.
    public init(_ scenes: [ShapeScene]) {
        self.scenes = scenes
        let plane = ShapeScene.side * ShapeScene.side
        images = Tensor(shape: [scenes.count, 3, ShapeScene.side, ShapeScene.side]) { values in
            for (index, scene) in scenes.enumerated() {
                let pixels = scene.image.pixels
                for position in 0..<plane {
                    for channel in 0..<3 {
                        let level = Float(pixels[position * 3 + channel])
                        values[(index * 3 + channel) * plane + position] = (level - 127.5) / 127.5
                    }
                }
            }
        }
    }

    /// Draws a batch.
    ///
    /// - Parameters:
    ///   - lesson: decides on what is shown.
    ///   - seed: of the set.
    ///   - indices: of the images in the set, at least one.
    public init(for lesson: ShapeLesson, seed: UInt64, indices: Range<Int>) {
        self.init(indices.map { ShapeScene(for: lesson, seed: seed, index: $0) })
    }

    /// What a network should say.
    ///
    /// - Parameter lesson: decides on the places and the coordinates.
    /// - Returns: the targets of each image.
    public func targets(for lesson: ShapeLesson) -> [ShapeTargets] {
        scenes.map { scene in
            if let grid = lesson.grid { return grid.targets(scene.shapes) }
            let sheet = scene.shapes.first.map { ShapeTarget(coordinates: ShapeCorners.coordinates(of: $0.corners)) }
            return sheet.map { [ShapePlace(row: 0, column: 0): $0] } ?? [:]
        }
    }
}

/// How corners are written as numbers: l_1x, l_1y, l_2x, …, as fractions of the image.
public enum ShapeCorners {
    /// - Parameter corners: in pixels.
    /// - Returns: two numbers for each.
    public static func coordinates(of corners: [Point]) -> [Float] {
        corners.flatMap { [$0.x / Float(ShapeScene.side), $0.y / Float(ShapeScene.side)] }
    }

    /// - Parameter coordinates: two numbers for each corner.
    /// - Returns: in pixels.
    public static func corners(_ coordinates: [Float]) -> [Point] {
        stride(from: 0, to: coordinates.count - 1, by: 2).map {
            Point(x: coordinates[$0] * Float(ShapeScene.side), y: coordinates[$0 + 1] * Float(ShapeScene.side))
        }
    }
}
