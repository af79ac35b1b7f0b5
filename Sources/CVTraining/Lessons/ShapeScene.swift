import CVCore
import CVImage

/// A shape in a drawn image.
public struct DrawnShape: Sendable, Equatable {
    /// An index of `ShapeLesson.classes`; 0 for a sheet.
    public var label: Int
    /// The box around it, in pixels.
    public var box: Box
    /// The corners of a sheet from the upper left one, clockwise, in pixels; empty for other shapes.
    public var corners: [Point]

    /// - Parameters:
    ///   - label: an index of `ShapeLesson.classes`.
    ///   - box: around it, in pixels.
    ///   - corners: of a sheet, in pixels.
    public init(label: Int, box: Box, corners: [Point] = []) {
        (self.label, self.box, self.corners) = (label, box, corners)
    }
}

/// An image that the program has drawn, with all that is to be known about it.
///
/// ```swift
/// let scene = ShapeScene(for: .grid, seed: 1, index: 7)
/// try scene.image.write(to: "shapes.png")
/// print(scene.shapes.map(\.box))
/// ```
/// The ground has a color gradient, some lines and noise, so that a shape is not merely where something is colored.
public struct ShapeScene: Sendable {
    /// Width and height of the images, in pixels.
    public static let side = 64

    /// `side` × `side` pixels.
    public private(set) var image: Image
    /// From the one that was drawn first.
    public private(set) var shapes: [DrawnShape]
    /// The color in the middle of the ground.
    private let ground: SIMD3<Float>

    /// One image in so many shows nothing, where a lesson is about one object.
    private static let emptyShare: Float = 0.25

    /// Draws an image: always the same for the same arguments.
    ///
    /// - Parameters:
    ///   - lesson: decides on what is shown: one shape or none, one sheet or none, several shapes side by side, or several that
    ///     overlap.
    ///   - seed: of the set.
    ///   - index: of the image in the set.
    public init(for lesson: ShapeLesson, seed: UInt64, index: Int) {
        var random = SplitMix64(seed: seed, stream: index)
        ground = random.color()
        shapes = []
        image = Self.groundImage(ground, &random)
        switch lesson {
        case .box where random.uniform() >= Self.emptyShare: add(random.box(in: 14...36), &random)
        case .corners where random.uniform() >= Self.emptyShare: addSheet(&random)
        case .box, .corners: break
        case .grid: addApart(&random)
        case .anchors: addOverlapping(&random)
        }
        addNoise(&random)
    }

    /// Takes an image as it is.
    ///
    /// - Parameters:
    ///   - image: of `side` × `side` pixels, without alpha.
    ///   - shapes: what it shows.
    public init(_ image: Image, _ shapes: [DrawnShape]) {
        precondition(
            image.width == Self.side && image.height == Self.side && image.format == .rgb,
            "an image of \(image.width)×\(image.height) \(image.format), \(Self.side)×\(Self.side) rgb expected")
        (self.image, self.shapes, ground) = (image, shapes, .zero)
    }

    // MARK: Contents

    /// One to four shapes that do not meet.
    private mutating func addApart(_ random: inout SplitMix64) {
        let count = 1 + Int(random.next() % 4)
        for _ in 0..<count {
            add(random.box(in: 13...28), &random, unless: { $0.intersectionOverUnion(with: $1) > 0 })
        }
    }

    /// A wide and a tall shape that cross each other, in half of the images; and one to three shapes of any form.
    private mutating func addOverlapping(_ random: inout SplitMix64) {
        if random.uniform() < 0.5 {
            let wide = random.box(width: 28...40, height: 12...18)
            let center = Point(x: wide.center.x + random.uniform(-4...4), y: wide.center.y + random.uniform(-4...4))
            add(wide, &random)
            add(random.box(width: 12...18, height: 28...40, around: center), &random)
        }
        let count = 1 + Int(random.next() % 3)
        for _ in 0..<count {
            let form = random.next() % 3
            let box =
                form == 0
                ? random.box(in: 17...28)
                : form == 1
                    ? random.box(width: 28...40, height: 12...18) : random.box(width: 12...18, height: 28...40)
            add(box, &random, unless: { $0.intersectionOverUnion(with: $1) > 0.15 })
        }
    }

    /// A shape of any class and color in a box, unless it meets another one.
    private mutating func add(
        _ box: Box, _ random: inout SplitMix64, unless meets: (Box, Box) -> Bool = { _, _ in false }
    ) {
        let label = Int(random.next() % 3)
        let color = random.color(unlike: ground)
        if shapes.contains(where: { meets($0.box, box) }) { return }
        image.fillPolygon(Self.outline(label, box), color: color)
        shapes.append(DrawnShape(label: label, box: box))
    }

    /// The outline of a shape of a class, which touches all four edges of its box.
    static func outline(_ label: Int, _ box: Box) -> [Point] {
        switch label {
        case 0:
            (0..<32).map { step in
                let angle = Float(step) / 32 * 2 * .pi
                return Point(
                    x: box.center.x + box.width / 2 * cos(angle), y: box.center.y + box.height / 2 * sin(angle))
            }
        case 1: [box.topLeft, Point(x: box.maxX, y: box.minY), box.bottomRight, Point(x: box.minX, y: box.maxY)]
        default: [Point(x: box.center.x, y: box.minY), box.bottomRight, Point(x: box.minX, y: box.maxY)]
        }
    }

    /// A sheet as a camera sees it: a rectangle, turned by up to 25 degrees, each corner moved a little.
    private mutating func addSheet(_ random: inout SplitMix64) {
        let (width, height) = (random.uniform(22...38), random.uniform(22...38))
        let angle = random.uniform(-25...25) / 180 * .pi
        let corners = [(-1, -1), (1, -1), (1, 1), (-1, 1)].map { (x: Float, y: Float) in
            let (dx, dy) = (x * width / 2 + random.uniform(-3...3), y * height / 2 + random.uniform(-3...3))
            return Point(x: dx * cos(angle) - dy * sin(angle), y: dx * sin(angle) + dy * cos(angle))
        }
        let around = Box(
            minX: corners.map(\.x).min()!, minY: corners.map(\.y).min()!, maxX: corners.map(\.x).max()!,
            maxY: corners.map(\.y).max()!)
        let (x, y) = (
            random.uniform(1 - around.minX...Float(Self.side) - 1 - around.maxX),
            random.uniform(1 - around.minY...Float(Self.side) - 1 - around.maxY)
        )
        let moved = corners.map { Point(x: $0.x + x, y: $0.y + y) }
        image.fillPolygon(moved, color: random.color(unlike: ground))
        let box = Box(minX: around.minX + x, minY: around.minY + y, maxX: around.maxX + x, maxY: around.maxY + y)
        shapes.append(DrawnShape(label: 0, box: box, corners: moved))
    }

    // MARK: Ground

    /// A color gradient with some lines.
    private static func groundImage(_ color: SIMD3<Float>, _ random: inout SplitMix64) -> Image {
        let angle = random.uniform(0...2 * .pi)
        let slope = SIMD2(cos(angle), sin(angle)) * random.uniform(0...0.6)
        var image = Image(width: side, height: side, fill: .black)
        let middle = Float(side) / 2
        for y in 0..<side {
            for x in 0..<side {
                let light = ((Float(x) - middle) * slope.x + (Float(y) - middle) * slope.y)
                image[x, y] = Color(color + light)
            }
        }
        for _ in 0..<random.next() % 4 {
            let ends = (0..<2).map { _ in Point(x: random.uniform(0...64), y: random.uniform(0...64)) }
            image.strokePolyline(ends, width: random.uniform(0.8...2), color: Color(random.color()))
        }
        return image
    }

    private mutating func addNoise(_ random: inout SplitMix64) {
        let strength = random.uniform(0...12)
        for y in 0..<Self.side {
            for x in 0..<Self.side {
                let color = image[x, y]
                let noise = random.uniform(-strength...strength)
                image[x, y] = Color(SIMD3(Float(color.red), Float(color.green), Float(color.blue)) + noise)
            }
        }
    }
}

extension SplitMix64 {
    fileprivate mutating func uniform(_ range: ClosedRange<Float>) -> Float {
        range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
    }

    /// A box somewhere in the image, at most twice as long as wide.
    fileprivate mutating func box(in sides: ClosedRange<Float>) -> Box {
        let width = uniform(sides)
        let height = uniform(max(sides.lowerBound, width / 2)...min(sides.upperBound, width * 2))
        return box(width: width...width, height: height...height)
    }

    /// A box somewhere in the image, or as near to a center as the image allows.
    fileprivate mutating func box(
        width widths: ClosedRange<Float>, height heights: ClosedRange<Float>, around center: Point? = nil
    ) -> Box {
        let (width, height) = (uniform(widths), uniform(heights))
        let room = Float(ShapeScene.side)
        let x = center.map { min(max($0.x - width / 2, 0), room - width) } ?? uniform(0...room - width)
        let y = center.map { min(max($0.y - height / 2, 0), room - height) } ?? uniform(0...room - height)
        return Box(minX: x, minY: y, maxX: x + width, maxY: y + height)
    }

    fileprivate mutating func color() -> SIMD3<Float> {
        SIMD3(uniform(0...255), uniform(0...255), uniform(0...255))
    }

    /// A color that can be told apart from another.
    fileprivate mutating func color(unlike other: SIMD3<Float>) -> Color {
        var found = color()
        while distance(found, other) < 90 { found = color() }
        return Color(found)
    }

    private func distance(_ a: SIMD3<Float>, _ b: SIMD3<Float>) -> Float { ((a - b) * (a - b)).sum().squareRoot() }
}

extension Color {
    fileprivate init(_ values: SIMD3<Float>) {
        func level(_ value: Float) -> UInt8 { UInt8(clamping: value.rounded()) }
        self.init(level(values.x), level(values.y), level(values.z))
    }
}
