import CVCore

/// Which images make a batch.
public enum BatchOrder: Sendable, Equatable {
    /// As they are; the last batch may be smaller. For evaluation.
    case sequential
    /// In another order every epoch, whole batches only. For training.
    case shuffled
    /// In each batch the same number of classes, and of each the same number of images (P×K sampling): for losses that compare
    /// the images of a batch. Classes with a single image take no part.
    case classes(perBatch: Int, imagesPerClass: Int)
}

/// Makes the batches of `BatchOrder.classes`: P classes with K images each.
struct ClassSampling: Sendable {
    private let images: [[Int]]
    private let classesPerBatch, imagesPerClass: Int

    /// - Parameters:
    ///   - items: the images.
    ///   - labels: the class of each of them.
    ///   - classesPerBatch: P; all classes if there are fewer.
    ///   - imagesPerClass: K; all images of a class that has fewer.
    init(_ items: [Int], labels: [Int], classesPerBatch: Int, imagesPerClass: Int) {
        let classes = Dictionary(grouping: items.indices, by: { labels[$0] })
        images = classes.sorted { $0.key < $1.key }.map { $0.value.map { items[$0] } }.filter { $0.count > 1 }
        self.classesPerBatch = min(classesPerBatch, images.count)
        self.imagesPerClass = imagesPerClass
    }

    /// So many that as many images are drawn in an epoch as there are, at least one.
    var steps: Int {
        if images.isEmpty { return 0 }
        let all = images.reduce(0) { $0 + $1.count }
        return max(1, all / (classesPerBatch * imagesPerClass))
    }

    /// The batches of an epoch. All classes are drawn before one is drawn again, and so are the images of a class.
    ///
    /// - Parameter random: of the epoch.
    /// - Returns: the items of each batch, class by class.
    func batches(using random: inout SplitMix64) -> [[Int]] {
        var classes = Deck(Array(images.indices))
        var decks = images.map { Deck($0) }
        return (0..<steps).map { _ in
            classes.draw(classesPerBatch, using: &random).flatMap {
                decks[$0].draw(min(imagesPerClass, images[$0].count), using: &random)
            }
        }
    }
}

/// Cards that are drawn one after the other, and shuffled again when all are drawn.
private struct Deck {
    private let cards: [Int]
    private var rest: [Int] = []

    init(_ cards: [Int]) { self.cards = cards }

    /// Draws different cards, at most as many as there are.
    mutating func draw(_ count: Int, using random: inout SplitMix64) -> [Int] {
        var (drawn, passed): ([Int], [Int]) = ([], [])
        while drawn.count < count {
            if rest.isEmpty { rest = random.permutation(of: cards) }
            let card = rest.removeLast()
            if drawn.contains(card) { passed.append(card) } else { drawn.append(card) }
        }
        // Those that came twice are the next.
        rest += passed.reversed()
        return drawn
    }
}
