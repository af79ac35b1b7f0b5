import CVCore
import CVImage

/// What 255 means in the files of masks.
public enum WhiteMasks: Sendable, Equatable {
    /// Class 1 where only 0 and 255 occur in the whole data set, as programs for drawing save a foreground; else no class.
    case automatic
    /// Class 1 where nothing but 0 and 255 occurs: the network was trained so.
    case classOne
    /// No class.
    case ignored

    /// What a network was trained with.
    ///
    /// - Parameter metadata: of its weights.
    public init(metadata: [String: String]) {
        guard let text = metadata["recipe"], let recipe = try? JSONValue.parse(text) else {
            self = .automatic
            return
        }
        self = recipe[SegmentationRecipe.whiteKey]?.integer == 1 ? .classOne : .ignored
    }
}

/// What is remarkable about the values of the masks of a set. None of it is an error.
public enum MaskRemark: Sendable, Equatable {
    /// 255 counts as class 1, for only 0 and 255 occur.
    case whiteIsClassOne
    /// Only 0 and 255 occur, but 255 counts as no class, as in the training of the network.
    case whiteIsIgnored
    /// The network was trained with 255 as class 1, but here are other values, too, so that 255 counts as no class.
    case whiteAmongOthers
    /// Classes that no pixel is of.
    case missing([String])
    /// Classes that hardly any pixel is of, which may be slips of the hand.
    case stray([Stray])

    /// A class of hardly any pixels.
    public struct Stray: Sendable, Equatable {
        /// Its name.
        public let name: String
        /// How many pixels of all masks are of it.
        public let pixels: Int
        /// How many masks have such pixels.
        public let images: Int

        /// - Parameters:
        ///   - name: of the class.
        ///   - pixels: how many pixels of all masks are of it.
        ///   - images: how many masks have such pixels.
        public init(name: String, pixels: Int, images: Int) {
            (self.name, self.pixels, self.images) = (name, pixels, images)
        }
    }
}

extension MaskRemark: CustomStringConvertible {
    /// A sentence without a full stop.
    public var description: String {
        switch self {
        case .whiteIsClassOne: "the masks hold only 0 and 255: 255 is class 1"
        case .whiteIsIgnored:
            "the masks hold only 0 and 255, but the weights were trained with 255 as pixels that do not count"
        case .whiteAmongOthers:
            "the weights were trained with 255 as class 1, but these masks hold other values than 0 and 255, too: 255 does "
                + "not count"
        case .missing(let names):
            "no pixel is of the \(names.count == 1 ? "class" : "\(names.count) classes") \(Self.list(names.map { quoted($0) }))"
        case .stray(let classes):
            "hardly any pixels are of the \(classes.count == 1 ? "class" : "\(classes.count) classes") "
                + Self.list(
                    classes.map {
                        "\(quoted($0.name)) (\(pluralized($0.pixels, "pixel")) in \(pluralized($0.images, "mask")))"
                    }) + ": stray values?"
        }
    }

    private static func list(_ names: [String]) -> String {
        names.prefix(10).joined(separator: ", ") + (names.count > 10 ? " and \(names.count - 10) more" : "")
    }
}

extension MaskRemark {
    /// Fewer pixels in a whole set are stray ones: a brush is larger.
    private static let fewPixels = 16
    /// Or fewer than one of so many.
    private static let rare = 200_000

    /// The classes that are missing or stray.
    ///
    /// - Parameters:
    ///   - names: of the classes.
    ///   - counts: for each image, the number of pixels of each class.
    static func aboutClasses(_ names: [String], _ counts: [[Int]]) -> [MaskRemark] {
        let totals = names.indices.map { name in counts.reduce(0) { $0 + $1[name] } }
        let all = totals.reduce(0, +)
        let missing = names.indices.filter { totals[$0] == 0 }.map { names[$0] }
        let stray = names.indices.filter { (1..<max(fewPixels, all / rare)).contains(totals[$0]) }.map { index in
            Stray(name: names[index], pixels: totals[index], images: counts.count { $0[index] > 0 })
        }
        return (missing.isEmpty ? [] : [.missing(missing)]) + (stray.isEmpty ? [] : [.stray(stray)])
    }
}

extension Mask {
    /// The number of pixels of each value.
    var histogram: [Int] {
        var histogram = [Int](repeating: 0, count: 256)
        for value in values { histogram[Int(value)] += 1 }
        return histogram
    }

    /// A mask with another value in place of one.
    func replacing(_ value: UInt8, by other: UInt8) -> Mask {
        Mask(width: width, height: height, values: values.map { $0 == value ? other : $0 })
    }
}
