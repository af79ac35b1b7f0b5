import CVImage

/// Which pixels next to each other count as connected.
public enum Connectivity: Int, Sendable, Equatable {
    /// Those that share an edge.
    case four = 4
    /// Those that share an edge or a corner.
    case eight = 8
}

/// The connected regions of equal values in a map; pixels of `Mask.ignore` belong to none.
public struct ConnectedComponents: Sendable, Equatable {
    public struct Component: Sendable, Equatable {
        /// The value that its pixels have.
        public let value: UInt8
        /// In pixels.
        public internal(set) var area: Int
        public internal(set) var box: Box
    }

    public let width, height: Int
    public let connectivity: Connectivity
    /// height × width: the index of each pixel's component in `list`, or -1.
    public let labels: [Int32]
    /// In the order of their first pixels, row by row.
    public let list: [Component]

    /// Two passes over the picture, with a forest of labels that are the same (Rosenfeld & Pfaltz 1966).
    public init(of mask: Mask, connectivity: Connectivity = .eight) {
        (width, height, self.connectivity) = (mask.width, mask.height, connectivity)
        var forest = LabelForest()
        var labels = [Int32](repeating: -1, count: mask.values.count)
        let width = mask.width
        // Of the neighbours that come before a pixel: how far back they are, and in which column they do not exist.
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

/// Labels that turn out to be the same: each knows one before it, the first of a tree knows itself.
private struct LabelForest {
    private var parents: [Int32] = []

    mutating func plant() -> Int32 {
        parents.append(Int32(parents.count))
        return parents[parents.count - 1]
    }

    mutating func unite(_ a: Int32, _ b: Int32) {
        let (first, second) = (root(a), root(b))
        // The older one stays the root, so that numbers follow the order of first pixels.
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

    /// The number of each label's tree, from 0, and how many there are.
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
