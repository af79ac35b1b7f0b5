import CVCore
import CVImage
import CVTraining
import Testing

/// The images that the lessons draw.
@Suite("Lessons: drawn images") struct ShapeSceneTests {
    private func scenes(_ lesson: ShapeLesson, count: Int = 60, seed: UInt64 = 3) -> [ShapeScene] {
        (0..<count).map { ShapeScene(for: lesson, seed: seed, index: $0) }
    }

    @Test("the same seed and index draw the same image, others another one", arguments: ShapeLesson.allCases)
    func drawingIsDeterministic(_ lesson: ShapeLesson) {
        let (first, again) = (scenes(lesson, count: 8), scenes(lesson, count: 8))
        #expect(first.map(\.image) == again.map(\.image) && first.map(\.shapes) == again.map(\.shapes))
        let other = scenes(lesson, count: 8, seed: 4)
        #expect(zip(first, other).allSatisfy { $0.image != $1.image })
        #expect(zip(first, first.dropFirst()).allSatisfy { $0.image != $1.image })
        #expect(first.allSatisfy { $0.image.width == 64 && $0.image.height == 64 && $0.image.format == .rgb })
    }

    @Test("each lesson shows what it is about", arguments: ShapeLesson.allCases)
    func contents(_ lesson: ShapeLesson) {
        let scenes = scenes(lesson, count: 300)
        let counts = scenes.map(\.shapes.count)
        let shapes = scenes.flatMap(\.shapes)
        let frame = Box(minX: 0, minY: 0, maxX: 64, maxY: 64)
        #expect(
            shapes.allSatisfy {
                $0.box.minX >= 0 && $0.box.minY >= 0 && $0.box.maxX <= frame.maxX + 1e-3
                    && $0.box.maxY <= frame.maxY + 1e-3
            })
        #expect(shapes.allSatisfy { $0.box.width > 11.9 && $0.box.height > 11.9 })
        switch lesson {
        case .box, .corners:
            // A quarter shows nothing.
            #expect(counts.max() == 1 && (50...100).contains(counts.count { $0 == 0 }), "\(counts)")
            #expect(shapes.allSatisfy { $0.corners.count == (lesson == .corners ? 4 : 0) })
        case .grid:
            #expect(counts.min() == 1 && counts.max() == 4)
            for scene in scenes {
                for (index, shape) in scene.shapes.enumerated() {
                    #expect(
                        scene.shapes[..<index].allSatisfy { $0.box.intersectionOverUnion(with: shape.box) == 0 })
                }
            }
        case .anchors:
            #expect(counts.min()! >= 1 && counts.max()! >= 4)
            // Many images have two shapes in one cell: without anchors one of them could not be said.
            let shared = scenes.count { scene in
                let cells = scene.shapes.map {
                    [Int(clamping: $0.box.center.x / 8), Int(clamping: $0.box.center.y / 8)]
                }
                return Set(cells).count < cells.count
            }
            #expect(shared > 20, "\(shared)")
        }
        if lesson != .corners { #expect(Set(shapes.map(\.label)) == [0, 1, 2]) }
    }

    @Test("boxes fit the pixels: their lines of pixels differ from the ground, and those outside do not")
    func boxesFitThePixels() throws {
        var checked = 0
        for scene in scenes(.box, count: 80) {
            guard let shape = scene.shapes.first, shape.label == 1 else { continue }
            // A rectangle covers all of its box; the pixels two further are ground, but for a line here and there.
            let (x, y) = (Int(clamping: shape.box.center.x), Int(clamping: shape.box.center.y))
            let inside = scene.image[x, y]
            let (left, top) = (Int(clamping: shape.box.minX.rounded(.up)), Int(clamping: shape.box.minY.rounded(.up)))
            let (right, bottom) = (Int(clamping: shape.box.maxX) - 1, Int(clamping: shape.box.maxY) - 1)
            for (column, row) in [(left, top), (right, top), (left, bottom), (right, bottom)] {
                #expect(distance(scene.image[column, row], inside) <= 50, "(\(column), \(row)) of \(shape.box)")
            }
            let outside = [(left - 3, y), (right + 3, y), (x, top - 3), (x, bottom + 3)]
                .filter { (0..<64).contains($0.0) && (0..<64).contains($0.1) }
            let different = outside.count { distance(scene.image[$0.0, $0.1], inside) > 50 }
            #expect(different >= outside.count - 1, "\(shape.box)")
            checked += 1
        }
        #expect(checked > 10)
    }

    @Test("the corners of a sheet go clockwise from the upper left one, and the sheet lies between them")
    func cornersOfSheets() throws {
        for scene in scenes(.corners) {
            guard let sheet = scene.shapes.first else { continue }
            let corners = sheet.corners
            #expect(corners[0].x < corners[1].x && corners[3].x < corners[2].x)
            #expect(corners[0].y < corners[3].y && corners[1].y < corners[2].y)
            #expect(sheet.box.minX == corners.map(\.x).min() && sheet.box.maxY == corners.map(\.y).max())
            let center = scene.image[Int(clamping: sheet.box.center.x), Int(clamping: sheet.box.center.y)]
            for corner in corners {
                // A third of the way from the corner to the center it is still the sheet.
                let x = corner.x + (sheet.box.center.x - corner.x) / 3
                let y = corner.y + (sheet.box.center.y - corner.y) / 3
                #expect(distance(scene.image[Int(clamping: x), Int(clamping: y)], center) <= 50)
            }
        }
    }

    /// The largest difference of a channel; the noise of two pixels is at most 24.
    private func distance(_ a: Color, _ b: Color) -> Int {
        [(a.red, b.red), (a.green, b.green), (a.blue, b.blue)].map { abs(Int($0) - Int(clamping: $1)) }.max() ?? 0
    }
}
