import CVCore

/// One character as polylines, in the units of `StrokeFontGlyphs`.
struct Glyph {
    /// The width without the gap to the next character, `StrokeFont.gap`.
    var width: Double
    var lines: [[(x: Double, y: Double)]] = []
}

/// The built-in font for ASCII and Latin-1, made of strokes rather than outlines, so that it scales to any size.
enum StrokeFont {
    /// In glyph units.
    static let lineHeight = 20.0, smallLetterHeight = 10.0, ascent = 15.0, descent = 4.2
    static let gap = 3.3, spaceWidth = 3.4, penWidth = 1.9

    /// The glyph for unknown characters.
    static let missing = Glyph(width: 8, lines: [[(0, 0), (0, 14), (8, 14), (8, 0), (0, 0)]])

    static func glyph(_ character: Character) -> Glyph {
        if let glyph = glyphs[character] { return glyph }
        return character.isWhitespace || character.isNewline ? Glyph(width: spaceWidth) : missing
    }

    private static let glyphs: [Character: Glyph] = {
        var glyphs = table(StrokeFontGlyphs.ascii).merging(table(StrokeFontGlyphs.others)) { first, _ in first }
        let accents = table(StrokeFontGlyphs.accents)
        for entry in StrokeFontGlyphs.accented.split(separator: " ") {
            let parts = Array(entry)
            guard parts.count == 3, let base = glyphs[parts[1]], let accent = accents[parts[2]] else { continue }
            let height = parts[2] == "¸" ? -0.4 : parts[1].isUppercase ? 15.9 : 12.3
            let moved = accent.lines.map { $0.map { ($0.x + base.width / 2, $0.y + height) } }
            glyphs[parts[0]] = Glyph(width: base.width, lines: base.lines + moved)
        }
        return glyphs
    }()

    private static func table(_ text: String) -> [Character: Glyph] {
        var glyphs: [Character: Glyph] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count > 2, let name = words[0].first, let width = Double(words[1]) else { continue }
            glyphs[name] = Glyph(width: width, lines: path(words.dropFirst(2)))
        }
        return glyphs
    }

    /// Curves become short straight lines.
    private static func path(_ words: some Sequence<Substring>) -> [[(x: Double, y: Double)]] {
        var lines: [[(x: Double, y: Double)]] = []
        var command: Substring = "M"
        var numbers: [Double] = []
        func arc(_ n: [Double], from: Double, to: Double) -> [(x: Double, y: Double)] {
            let steps = max(2, Int(clamping: abs(to - from) / 9))
            return (0...steps).map { step in
                let angle = (from + (to - from) * Double(step) / Double(steps)) * .pi / 180
                return (n[0] + n[2] * cos(angle), n[1] + n[3] * sin(angle))
            }
        }
        for word in words {
            guard let number = Double(word) else {
                // An arc at the start, or after a dot or an ellipse, starts a new polyline.
                if word == "A", command == "O" || command == "." || lines.isEmpty { lines.append([]) }
                (command, numbers) = (word, [])
                continue
            }
            numbers.append(number)
            switch (command, numbers.count) {
            case ("M", 2), (".", 2): lines.append([(numbers[0], numbers[1])])
            case ("L", 2): lines[lines.count - 1].append((numbers[0], numbers[1]))
            case ("Q", 4):
                guard let start = lines.last?.last else { break }
                for step in 1...12 {
                    let t = Double(step) / 12
                    let s = 1 - t
                    lines[lines.count - 1].append(
                        (
                            s * s * start.x + 2 * s * t * numbers[0] + t * t * numbers[2],
                            s * s * start.y + 2 * s * t * numbers[1] + t * t * numbers[3]
                        ))
                }
            case ("A", 6): lines[lines.count - 1] += arc(numbers, from: numbers[4], to: numbers[5])
            case ("O", 4): lines.append(arc(numbers, from: 0, to: 360))
            default: continue
            }
            numbers = []
        }
        return lines
    }
}

/// The size of a line of text, in pixels.
public struct TextMetrics: Sendable, Equatable {
    /// From the left edge of the first letter to the right edge of the last.
    public let width: Float
    /// Above the baseline, to the top of the tallest letters.
    public let ascent: Float
    /// Below the baseline.
    public let descent: Float

    /// Measures one line of text.
    ///
    /// - Parameters:
    ///   - text: one line.
    ///   - size: as in ``Image/drawText(_:x:baseline:size:color:)``.
    public init(_ text: String, size: Float) {
        let unit = Self.unit(size)
        var units = 0.0
        for character in text { units += StrokeFont.glyph(character).width + StrokeFont.gap }
        width = Float((text.isEmpty ? 0 : units - StrokeFont.gap + StrokeFont.penWidth) * unit)
        ascent = Float((StrokeFont.ascent + StrokeFont.penWidth / 2) * unit)
        descent = Float((StrokeFont.descent + StrokeFont.penWidth / 2) * unit)
    }

    /// Pixels per glyph unit, such that the x-height is a whole number of pixels: then all letters are aligned to the
    /// pixel grid in the same way, and small text looks even.
    static func unit(_ size: Float) -> Double {
        let size = size.isNaN ? 0 : min(max(Double(size), 0), 10000)
        let letters = (size / StrokeFont.lineHeight * StrokeFont.smallLetterHeight).rounded()
        return max(letters, 3) / StrokeFont.smallLetterHeight
    }
}

extension Image {
    /// Draws one line of text in the built-in font.
    ///
    /// - Parameters:
    ///   - text: ASCII and Latin-1; other characters are drawn as a box, line breaks as a space.
    ///   - x: the left edge of the first letter, in pixels.
    ///   - baseline: the bottom of letters such as "x", in pixels; rounded to a whole pixel.
    ///   - size: the height of a line in pixels, at least 6; the x-height is half of it, the cap height 0.7.
    ///   - color: blended by its alpha.
    public mutating func drawText(_ text: String, x: Float, baseline: Float, size: Float, color: Color) {
        guard x.isFinite, baseline.isFinite else { return }
        let (left, foot) = (Double(x), Double(baseline.rounded()))
        drawText(text, size: size, color: color, room: Double(width) - left) { (left + $0, foot - $1) }
    }

    /// Draws one line of text that reads upward.
    ///
    /// - Parameters:
    ///   - text: as in ``drawText(_:x:baseline:size:color:)``.
    ///   - baseline: the bottom of the letters, at their right, in pixels; rounded to a whole pixel.
    ///   - y: the lower end, where the text starts, in pixels.
    ///   - size: the height of a line in pixels.
    ///   - color: blended by its alpha.
    public mutating func drawTextUpwards(_ text: String, baseline: Float, y: Float, size: Float, color: Color) {
        guard y.isFinite, baseline.isFinite else { return }
        let (start, foot) = (Double(y), Double(baseline.rounded()))
        drawText(text, size: size, color: color, room: start) { (foot - $1, start - $0) }
    }

    /// - Parameters:
    ///   - room: the length from the start of the text to the border of the image.
    ///   - position: maps an offset along the baseline and above it to image coordinates.
    private mutating func drawText(
        _ text: String, size: Float, color: Color, room: Double,
        position: (_ along: Double, _ above: Double) -> (x: Double, y: Double)
    ) {
        let unit = TextMetrics.unit(size)
        // Small text needs strokes of a full pixel to be legible.
        let pen = max(StrokeFont.penWidth * unit, 1.15)
        var start = pen / 2
        for character in text {
            guard start < room + pen else { return }
            let glyph = StrokeFont.glyph(character)
            var stroke = Stroke(width: pen)
            for line in glyph.lines {
                let points = line.map { position(start + $0.x * unit, pen / 2 + $0.y * unit) }
                if points.count == 1 { stroke.addDot(points[0].x, points[0].y, size: pen * 0.25) }
                for (from, to) in zip(points, points.dropFirst()) { stroke.add(from.x, from.y, to.x, to.y) }
            }
            rasterize(stroke, color: color)
            start += (glyph.width + StrokeFont.gap) * unit
        }
    }
}

extension Stroke {
    /// A dot slightly larger than the stroke width: two short strokes.
    fileprivate mutating func addDot(_ x: Double, _ y: Double, size: Double) {
        let half = size / 2
        add(x - half, y - half, x + half, y - half)
        add(x - half, y + half, x + half, y + half)
    }
}
