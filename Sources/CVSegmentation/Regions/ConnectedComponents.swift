import CVCore
import CVImage

/// Which neighboring pixels are connected.
public enum Connectivity: Int, Sendable, Equatable {
    /// Pixels that share an edge.
    case four = 4
    /// Pixels that share an edge or a corner.
    case eight = 8
}

/// The connected components of a mask: regions of equal values. Pixels of `Mask.ignore` belong to none.
///
/// The counterpart of OpenCV's `connectedComponentsWithStats`.
public struct ConnectedComponents: Sendable, Equatable {
    /// One connected region.
    public struct Component: Sendable, Equatable {
        /// The value of its pixels.
        public let value: UInt8
        /// The number of its pixels.
        public internal(set) var area: Int
        /// The bounding box in pixels.
        public internal(set) var box: Box
    }

    /// The size of the mask in pixels.
    public let width, height: Int
    /// Which neighboring pixels are connected.
    public let connectivity: Connectivity
    /// height × width: the index of each pixel's component in `list`, or -1.
    public let labels: [Int32]
    /// The components in the order of their first pixels, row by row.
    public let list: [Component]

    /// Labels the components in two passes with a union-find structure (Rosenfeld & Pfaltz 1966).
    ///
    /// - Parameters:
    ///   - mask: the values of the pixels.
    ///   - connectivity: which neighboring pixels are connected.
    public init(of mask: Mask, connectivity: Connectivity = .eight) {
        (width, height, self.connectivity) = (mask.width, mask.height, connectivity)
        var forest = LabelForest()
        var labels = [Int32](repeating: -1, count: mask.values.count)
        let width = mask.width
        // The neighbors that precede a pixel: their offset, and the column in which they do not exist.
        var before = [(back: 1, missing: 0), (back: width, missing: -1)]
        if connectivity == .eight { before += [(back: width + 1, missing: 0), (back: width - 1, missing: width - 1)] }
        mask.values.withUnsafeBufferPointer { values in
            var index = 0
            for _ in 0..<mask.height {
                for x in 0..<width {
                    defer { index += 1 }
                    guard values[index] != Mask.ignore else { continue }
                    for neighbor in before where x != neighbor.missing && index >= neighbor.back {
                        guard values[index - neighbor.back] == values[index] else { continue }
                        let label = labels[index - neighbor.back]
                        if labels[index] < 0 { labels[index] = label } else { forest.unite(label, labels[index]) }
                    }
                    if labels[index] < 0 { labels[index] = forest.plant() }
                }
            }
        }
        let (numbers, count) = forest.numbered()
        var list: [Component] = []
        list.reserveCapacity(count)
        for index in labels.indices where labels[index] >= 0 {
            let number = numbers[Int(labels[index])]
            labels[index] = number
            let (x, y) = (Float(index % width), Float(index / width))
            let pixel = Box(minX: x, minY: y, maxX: x + 1, maxY: y + 1)
            if Int(number) == list.count {
                list.append(Component(value: mask.values[index], area: 1, box: pixel))
            } else {
                list[Int(number)].area += 1
                list[Int(number)].box.extend(to: pixel)
            }
        }
        self.labels = labels
        self.list = list
    }
}

/// Union-find over provisional labels: each points to an earlier one, the root of a tree to itself.
private struct LabelForest {
    private var parents: [Int32] = []

    mutating func plant() -> Int32 {
        parents.append(Int32(parents.count))
        return parents[parents.count - 1]
    }

    mutating func unite(_ a: Int32, _ b: Int32) {
        let (first, second) = (root(a), root(b))
        // The smaller label stays the root, so that numbers follow the order of first pixels.
        if first < second { parents[Int(second)] = first } else { parents[Int(first)] = second }
    }

    private mutating func root(_ label: Int32) -> Int32 {
        var label = label
        while parents[Int(label)] != label {
            parents[Int(label)] = parents[Int(parents[Int(label)])]
            label = parents[Int(label)]
        }
        return label
    }

    /// The number of each label's tree, from 0, and the count of trees.
    mutating func numbered() -> (numbers: [Int32], count: Int) {
        var numbers = parents
        var count: Int32 = 0
        for label in numbers.indices {
            if parents[label] == label {
                numbers[label] = count
                count += 1
            } else {
                numbers[label] = numbers[Int(parents[label])]
            }
        }
        return (numbers, Int(count))
    }
}

extension Box {
    fileprivate mutating func extend(to other: Box) {
        (minX, minY) = (min(minX, other.minX), min(minY, other.minY))
        (maxX, maxY) = (max(maxX, other.maxX), max(maxY, other.maxY))
    }
}

extension ConnectedComponents.Component: Codable {}
