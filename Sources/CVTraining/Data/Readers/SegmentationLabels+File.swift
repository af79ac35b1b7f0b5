import CVCore
import CVImage
import CVSegmentation

extension SegmentationLabels {
    /// Reads a list of classes: a name on each line, the first being class 0, optionally preceded by its red, green and blue
    /// from 0 to 255, as in CamVid's `label_colors.txt`.
    ///
    ///     128 128 128 Sky
    ///     128 0 0     Building
    ///
    /// labelme's `__ignore__` on the first line is left out: pixels with it do not count.
    ///
    /// - Parameter path: of a text file.
    /// - Throws: `FileError`, or `DatasetError` if it is not such a list.
    public init(contentsOf path: String) throws {
        var (names, colors): ([String], [Color]) = ([], [])
        for line in try TextInput.lines(path, maxBytes: Self.maxBytes) {
            let words = line.split(whereSeparator: \.isWhitespace)
            if words.isEmpty { continue }
            let color = words.count > 3 ? words.prefix(3).compactMap { UInt8($0) } : []
            let isColored = color.count == 3
            let name = words.dropFirst(isColored ? 3 : 0).joined(separator: " ")
            if name == Self.ignoredName {
                // labelme's lists begin with it: it is not counted, so that on any other line it would change
                // the numbers of the others.
                guard names.isEmpty else {
                    throw DatasetError(
                        path, .badLabels("\(quoted(name)) is not a class; only the first line may be it"))
                }
                continue
            }
            names.append(name)
            colors.append(isColored ? Color(color[0], color[1], color[2]) : Palette.color(forClass: colors.count))
        }
        self.init(names, colors: colors)
        try check(path)
    }

    private static let maxBytes = 1 << 20
    /// The label of pixels that do not count, in files of labelme.
    static let ignoredName = "__ignore__"

    /// Weights that are learned with them must be readable afterwards.
    func check(_ path: String) throws(DatasetError) {
        if let problem { throw DatasetError(path, .badLabels(problem)) }
    }
}
