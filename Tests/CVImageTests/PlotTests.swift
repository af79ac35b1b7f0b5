import CVImage
import Testing

@Suite struct PlotAxisTests {
    private func texts(_ low: Double, _ high: Double, count: Int = 5, whole: Bool = false, log: Bool = false)
        -> [String]
    {
        PlotAxis([low, high], count: count, isPadded: true, isWhole: whole, isLogarithmic: log).ticks.map(\.text)
    }

    @Test("plot axis: ticks are round numbers with the fewest digits") func ticksAreRoundAndHaveTheDigitsThatTheyNeed()
    {
        #expect(texts(0.03, 1.78) == ["0.0", "0.5", "1.0", "1.5", "2.0"])
        #expect(texts(0, 100) == ["0", "20", "40", "60", "80", "100"])
        #expect(texts(-3, 4) == ["-4", "-2", "0", "2", "4"])
        #expect(texts(0.912, 0.934) == ["0.910", "0.915", "0.920", "0.925", "0.930", "0.935"])
        #expect(texts(1, 45, count: 9, whole: true) == ["0", "5", "10", "15", "20", "25", "30", "35", "40", "45"])
        // No halves of epochs.
        #expect(texts(1, 3, whole: true) == ["1", "2", "3"])
    }

    @Test("plot axis: very large and small numbers have an exponent")
    func veryLargeAndSmallNumbersAreWrittenWithAnExponent() {
        #expect(texts(0, 4e9) == ["0", "1e9", "2e9", "3e9", "4e9"])
        #expect(texts(0, 2.2e-7, count: 4) == ["0", "1e-7", "2e-7"])
        #expect(texts(1e-3, 1e3, log: true) == ["0.01", "1", "100"])
        #expect(texts(1e-20, 1e20, count: 4, log: true) == ["1e-20", "1e-10", "1", "1e10", "1e20"])
    }

    @Test("plot axis: positions cover 0 to 1, gaps have none")
    func positionsGoFromTheLowestToTheHighestAndGapsHaveNone() throws {
        let axis = PlotAxis([2.0, .nan, 6, .infinity], count: 4, isPadded: false)
        #expect(axis.position(2) == 0 && axis.position(6) == 1 && axis.position(3) == 0.25)
        #expect(axis.position(.nan) == nil && axis.position(-.infinity) == nil)
        let log = PlotAxis([1.0, 100, -5, 0], count: 4, isPadded: false, isLogarithmic: true)
        #expect(log.position(10) == 0.5 && log.position(0) == nil && log.position(-1) == nil)
    }

    /// Every value is inside the range, for any numbers.
    @Test("plot axis: all finite values are on the axis") func allFiniteValuesAreOnTheAxis() throws {
        let values: [Double] = [
            0, -0.0, 1, -1, .leastNormalMagnitude, .leastNonzeroMagnitude, 1e308, -1.7e308, 3.3, 1 + 1e-16, 1e15,
            1e15 + 0.125, -7e-12, 0.1,
        ]
        for a in values {
            for b in values {
                for count in [1, 7] {
                    for padded in [false, true] {
                        let axis = PlotAxis([a, b], count: count, isPadded: padded)
                        for value in [a, b] {
                            let position = try #require(axis.position(value))
                            #expect(position >= -1e-9 && position <= 1 + 1e-9, "\(value) of \(a), \(b): \(position)")
                        }
                        #expect(axis.ticks.count <= 3 * count + 3, "\(a), \(b): \(axis.ticks.count)")
                    }
                }
            }
        }
    }
}

@Suite struct LinePlotTests {
    private let red = Color(200, 0, 0)

    private func image(_ points: [(x: Double, y: Double)], _ others: [LinePlot.Line] = []) -> Image {
        LinePlot(xLabel: "", panels: [.init(yLabel: "", lines: [.init("", points, color: red)] + others)])
            .image(width: 400, height: 300)
    }

    /// The pixels of a column on the line, without its anti-aliased edge.
    private func marked(_ image: Image, x: Int) -> [Int] { (0..<image.height).filter { image[x, $0] == red } }

    private func columns(_ image: Image) -> [Int] { (0..<image.width).filter { !marked(image, x: $0).isEmpty } }

    @Test("line plot: a rising line goes from lower left to upper right")
    func aRisingLineRisesFromTheLowerLeftToTheUpperRight() throws {
        let rendered = image([(0, 0), (1, 1)])
        let columns = columns(rendered)
        let (first, last) = (try #require(columns.first), try #require(columns.last))
        #expect(last - first > 300 && columns.count > 100)
        #expect(marked(rendered, x: first)[0] - marked(rendered, x: last)[0] > 200)
        // Straight in between.
        for x in columns {
            let (from, to) = (marked(rendered, x: first)[0], marked(rendered, x: last)[0])
            let expected = from + (to - from) * (x - first) / (last - first)
            #expect(abs(marked(rendered, x: x)[0] - expected) <= 4, "column \(x)")
        }
    }

    @Test("line plot: NaN and infinity are gaps") func aGapIsLeftWhereAValueIsNoNumber() {
        for gap in [Double.nan, .infinity] {
            // Too many points for markers.
            let whole = (0...40).map { (x: Double($0), y: 1.0) }
            let cut = whole.map { (x: $0.x, y: (15...25).contains($0.x) ? gap : $0.y) }
            let rendered = image(cut)
            #expect(columns(image(whole)).count > 320)
            #expect(marked(rendered, x: columns(rendered).reduce(0, +) / columns(rendered).count).isEmpty)
            #expect(4 * columns(rendered).count < 3 * columns(image(whole)).count)
        }
    }

    @Test("line plot: a single point is a dot") func onePointIsADot() {
        let rendered = image([(3, 7)])
        let columns = columns(rendered)
        #expect((2...8).contains(columns.count))
        #expect(marked(rendered, x: columns[columns.count / 2]).count >= 2)
    }

    @Test("line plot: a mark is a line from top to bottom with its label, where there is room for it")
    func marksAreLinesWithLabels() {
        func plot(_ marks: [LinePlot.Mark]) -> Image {
            var plot = LinePlot(
                xLabel: "step", panels: [.init(yLabel: "loss", lines: [.init("", [(x: 1, y: 1), (x: 11, y: 2)])])])
            plot.marks = marks
            return plot.image(width: 800, height: 600)
        }
        let plain = plot([])
        /// The rows of each column that the marks change.
        func changed(_ marks: [LinePlot.Mark]) -> [Int] {
            let image = plot(marks)
            return (0..<800).map { x in (0..<600).count { image[x, $0] != plain[x, $0] } }
        }
        let silent = changed([.init(x: 6, label: "")])
        let lines = silent.indices.filter { silent[$0] > 350 }
        #expect(lines.count == 1 && silent.filter { $0 > 0 }.count == 1)
        let labeled = changed([.init(x: 6, label: "64 × 64")])
        #expect(labeled[lines[0]] == silent[lines[0]] && labeled.filter { $0 > 0 }.count > 20)
        // No room before the next; outside the axis there is nothing.
        let near = changed([.init(x: 6, label: "64 × 64"), .init(x: 6.2, label: "")])
        #expect(near.filter { $0 > 0 }.count == 2)
        #expect(changed([.init(x: 99, label: "far")]).allSatisfy { $0 == 0 })
    }

    @Test("line plot: any numbers and empty panels are drawn") func anyNumbersAndNoLinesAreDrawn() {
        let values: [Double] = [.nan, .infinity, -.infinity, 0, -1, 1e308, -1e308, .leastNonzeroMagnitude, 7]
        for a in values {
            for b in values {
                let points = [(x: a, y: b), (x: b, y: a), (x: 1, y: a)]
                for isLogarithmic in [false, true] {
                    let panel = LinePlot.Panel(
                        yLabel: "y", lines: [.init("a name", points), .init("", [])], isLogarithmic: isLogarithmic)
                    _ = LinePlot(title: "t", xLabel: "x", panels: [panel, panel]).image(width: 200, height: 150)
                }
            }
        }
        let none = LinePlot(title: "nothing", xLabel: "x", panels: []).image(width: -5, height: 0)
        #expect(none.width == 160 && none.height == 120)
        let many = LinePlot(xLabel: "x", panels: Array(repeating: .init(yLabel: "y", lines: []), count: 60))
        #expect(many.image(width: 200, height: 150).width == 200)
    }

    @Test("line plot: the legend becomes smaller until all names have room")
    func legendHasRoomForAllNames() {
        let lines = (0..<9).map { LinePlot.Line("100×10\($0)", [(x: 0, y: 0), (x: 1, y: 1)]) }
        let plot = LinePlot(xLabel: "x", panels: [.init(yLabel: "height in pixels", lines: lines)])
        let image = plot.image(width: 1000, height: 760)
        // Above the panel, where lines are not drawn.
        var found: Set<Int> = []
        for y in 0..<40 {
            for x in 0..<image.width {
                if let index = LinePlot.colors.firstIndex(of: image[x, y]) { found.insert(index) }
            }
        }
        #expect(found == Set(0..<9))
    }

    @Test("line plot: line colors differ and are legible on white") func colorsOfLinesDifferAndAreLegibleOnWhite() {
        #expect(LinePlot.colors.count == 16 && Set(LinePlot.colors).count == 16)
        // WCAG 2 requires 3 to 1 for graphics.
        for color in LinePlot.colors { #expect(1.05 / (color.luminance + 0.05) >= 3) }
    }
}

@Suite struct HeatMapTests {
    private func map(_ counts: [[Int]], names: [String]? = nil) -> HeatMap {
        let names = names ?? (0..<counts.count).map { "class \($0)" }
        return HeatMap(
            title: "title", rowTitle: "true", columnTitle: "predicted", rowLabels: names, columnLabels: names,
            counts: counts)
    }

    /// The color of a cell's corner, outside its count; cells are located from the lower right.
    private func corner(_ image: Image, _ row: Int, _ column: Int, of count: Int, cell: Int) -> Color {
        image[image.width - 18 - (count - column) * cell + 3, image.height - 18 - (count - row) * cell + 3]
    }

    @Test("heat map: a larger fraction of the row is darker") func cellsAreTheDarkerTheLargerTheirPartOfTheRowIs() {
        let rendered = map([[90, 10, 0], [0, 5, 5], [0, 0, 0]]).image(cellSize: 40)
        func luminance(_ row: Int, _ column: Int) -> Double {
            corner(rendered, row, column, of: 3, cell: 40).luminance
        }
        #expect(luminance(0, 0) < luminance(1, 1) && luminance(1, 1) < luminance(0, 1))
        #expect(luminance(0, 1) < luminance(0, 2) - 0.1)
        #expect(luminance(1, 1) == luminance(1, 2) && luminance(0, 2) == luminance(2, 2))
    }

    @Test("heat map: counts are written if they fit") func numbersAreWrittenWhereThereIsRoom() {
        func inks(_ cell: Int) -> Int {
            let rendered = map([[7, 0], [0, 0]]).image(cellSize: cell)
            let ground = corner(rendered, 0, 0, of: 2, cell: cell)
            let left = rendered.width - 18 - 2 * cell
            let top = rendered.height - 18 - 2 * cell
            return (0..<(cell - 1) * (cell - 1)).count {
                rendered[left + $0 % (cell - 1), top + $0 / (cell - 1)] != ground
            }
        }
        #expect(inks(40) > 20 && inks(8) == 0)
    }

    @Test("heat map: any number of classes and any names fit", arguments: [0, 1, 2, 10, 100])
    func anyNumberOfClassesAndAnyNamesFit(count: Int) {
        let counts = (0..<count).map { row in (0..<count).map { $0 == row ? Int.max / 2 : -$0 } }
        let names = (0..<count).map { String(repeating: "ü\n", count: $0 % 90) }
        let rendered = map(counts, names: names).image()
        #expect(rendered.width > 0 && max(rendered.width, rendered.height) < 2000)
    }
}

@Suite struct TurnedTextTests {
    @Test("text: upward text equals rotated text") func textThatReadsUpwardsIsTheSameRotated() {
        var horizontal = Image(width: 120, height: 120, fill: .white)
        var upward = horizontal
        horizontal.drawText("Turn gÄ", x: 20, baseline: 60, size: 20, color: .black)
        upward.drawTextUpwards("Turn gÄ", baseline: 60, y: 100, size: 20, color: .black)
        var difference = 0
        var ink = 0
        for y in 0..<120 {
            for x in 0..<120 {
                // (x, y) of the horizontal text is (y, 120 - x) of the upward one.
                difference += abs(Int(horizontal[x, y].red) - Int(upward[y, 119 - x].red))
                ink += 255 - Int(horizontal[x, y].red)
            }
        }
        #expect(ink > 10_000 && difference < ink / 200)
    }

    @Test("text: text outside the image or at NaN is not drawn") func textOutsideTheImageOrAtNoPositionIsLeftOut() {
        var image = Image(width: 20, height: 20, fill: .white)
        for position in [Float.nan, .infinity, -.infinity, -1e9, 1e9] {
            image.drawTextUpwards("abc", baseline: position, y: 10, size: 12, color: .black)
            image.drawTextUpwards("abc", baseline: 10, y: position, size: 12, color: .black)
        }
        #expect(image == Image(width: 20, height: 20, fill: .white))
    }
}
