import CVDetection
import CVImage
import CVTensor
import CVTraining
import Testing

/// Which cell and which anchor answers for a box, and how it is written there.
@Suite("Lessons: cells and anchors") struct ShapeGridTests {
    private func box(_ x: Float, _ y: Float, _ width: Float, _ height: Float) -> Box {
        Box(minX: x - width / 2, minY: y - height / 2, maxX: x + width / 2, maxY: y + height / 2)
    }

    @Test("the cell of the center answers, and says where in it the center is and how large the box")
    func cells() {
        let grid = ShapeGrid(cells: 8)
        #expect(grid.stride == 8)
        let shape = DrawnShape(label: 2, box: box(20, 45, 32, 18))
        let place = ShapePlace(row: 5, column: 2)
        // 20 = 2.5 cells, 45 = 5.625 cells; √(18 / 8) and √(32 / 8).
        #expect(grid.targets([shape]) == [place: ShapeTarget(coordinates: [0.5, 0.625, 1.5, 2], label: 2)])
        #expect(grid.box([0.5, 0.625, 1.5, 2], at: place) == shape.box)
        // What lies on the last edge belongs to the last cell, and no size is below 0.
        #expect(grid.place(of: box(64, 0, 4, 4)) == ShapePlace(row: 0, column: 7))
        #expect(grid.box([0, 0, -1, -1], at: place).width == 0)
    }

    @Test("with one cell the coordinates are those of the whole image")
    func wholeImage() {
        let grid = ShapeGrid(cells: 1)
        let targets = grid.targets([DrawnShape(label: 0, box: box(16, 48, 16, 4))])
        #expect(
            targets == [ShapePlace(row: 0, column: 0): ShapeTarget(coordinates: [0.25, 0.75, 0.25, 0.5], label: 0)])
        #expect(grid.targets([]) == [:])
    }

    @Test("of the anchors that with the highest IoU answers")
    func anchors() throws {
        let grid = try #require(ShapeLesson.anchors.grid)
        #expect(grid.anchors == [.init(22, 22), .init(34, 15), .init(15, 34)])
        let (wide, tall) = (box(30, 30, 32, 16), box(31, 29, 14, 36))
        // 32 · 15 / (34 · 15 + 32 · 16 - 32 · 15)
        #expect(abs(grid.anchors[1].shapeIoU(wide) - 480.0 / 542) < 1e-6)
        #expect(grid.place(of: wide) == ShapePlace(row: 3, column: 3, anchor: 1))
        #expect(grid.place(of: tall) == ShapePlace(row: 3, column: 3, anchor: 2))
        #expect(grid.place(of: box(30, 30, 20, 24)).anchor == 0)
        // Two shapes in one cell have a place each; a third of the same form has none.
        let shapes = [wide, tall, box(29, 30, 33, 15)].enumerated().map { DrawnShape(label: $0, box: $1) }
        let targets = grid.targets(shapes)
        #expect(targets.count == 2 && targets[grid.place(of: wide)]?.label == 0)
        // Sizes are logarithms of those over the anchor's.
        let found = try #require(targets[grid.place(of: tall)]).coordinates
        for (value, expected) in zip(found, [31.0 / 8 - 3, 29.0 / 8 - 3, 0.0571584, -0.0689929]) {
            #expect(abs(Double(value) - expected) < 1e-6)
        }
        let back = grid.box(found, at: grid.place(of: tall))
        #expect(back.intersectionOverUnion(with: tall) > 0.99999)
    }

    @Test("an output with the truth in it is read as the truth, and suppression drops the second box of an object")
    func reading() throws {
        let lesson = ShapeLesson.anchors
        let grid = try #require(lesson.grid)
        let shapes = [
            DrawnShape(label: 1, box: box(30, 30, 32, 16)), DrawnShape(label: 2, box: box(31, 29, 14, 36)),
        ]
        var values = [Float](repeating: 0, count: 24 * 64)
        func write(_ place: ShapePlace, _ vector: [Float]) {
            for (number, value) in vector.enumerated() {
                values[(place.anchor * 8 + number) * 64 + place.row * 8 + place.column] = value
            }
        }
        for place in ShapeOutput(Tensor(values, shape: [1, 24, 8, 8]), lesson.layout).places {
            write(place, [-20, 0, 0, 0, 0, 0, 0, 0])
        }
        for (place, target) in grid.targets(shapes) {
            write(place, [4] + target.coordinates + (0..<3).map { $0 == target.label ? 9 : 0 })
        }
        // The neighbor on the left says the same of the first shape, less surely.
        let neighbor = ShapePlace(row: 3, column: 2, anchor: 1)
        write(neighbor, [1] + grid.coordinates(of: box(30.5, 30, 32, 16), at: neighbor) + [0, 9, 0])
        let output = ShapeOutput(Tensor(values, shape: [1, 24, 8, 8]), lesson.layout)
        let finding = ShapeFinding(output, lesson, image: 0)
        #expect(finding.candidates.count == 3 && finding.boxes.count == 2 && finding.presence == nil)
        #expect(Set(finding.boxes.map(\.classIndex)) == [1, 2])
        for shape in shapes {
            let found = finding.boxes.first { $0.classIndex == shape.label }
            #expect(try #require(found).box.intersectionOverUnion(with: shape.box) > 0.999)
        }
        // One of the three boxes counts as wrong where nothing is suppressed, but it is the least sure.
        let scene = ShapeScene(Image(width: 64, height: 64, fill: .black), shapes)
        let score = ShapeScore([finding], [scene], lesson)
        #expect(abs((score.averagePrecision50 ?? 0) - 1) < 1e-9 && (score.meanOverlap ?? 0) > 0.999, "\(score)")
        #expect(score.presenceAccuracy == nil && score.cornerError == nil)
    }

    @Test("corners: the error is the mean distance in pixels, and p_c is right or wrong")
    func corners() {
        let truth = [Point(x: 10, y: 10), .init(x: 40, y: 12), .init(x: 42, y: 50), .init(x: 8, y: 48)]
        let image = Image(width: 64, height: 64, fill: .black)
        let scene = ShapeScene(image, [DrawnShape(label: 0, box: box(25, 30, 34, 40), corners: truth)])
        var moved = truth
        moved[0] = Point(x: 13, y: 14)
        let vector = [Float(3)] + ShapeCorners.coordinates(of: moved)
        let output = ShapeOutput(Tensor(vector, shape: [1, 9, 1, 1]), ShapeLesson.corners.layout)
        let finding = ShapeFinding(output, .corners, image: 0)
        #expect(finding.corners == moved && finding.boxes.isEmpty)
        // A distance of 5 for one corner of four; the second image shows nothing, and p_c says something.
        let score = ShapeScore([finding, finding], [scene, ShapeScene(image, [])], .corners)
        #expect(score.cornerError == 1.25 && score.presenceAccuracy == 0.5)
        #expect(score.metrics.names == ["pixels", "presence"])
    }
}
