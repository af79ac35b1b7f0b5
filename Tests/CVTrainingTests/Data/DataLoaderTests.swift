import CVCore
import CVImage
import CVNN
import CVTensor
import CVTraining
import CVWeights
import Foundation
import Synchronization
import Testing

@Suite(.serialized) struct DataLoaderTests {
    private let scratch: Scratch
    private let dataset: ImageDataset
    private static let size = Preprocessing(width: 8, height: 8, resize: .stretch)

    init() throws {
        scratch = try Scratch()
        try scratch.classes(["a", "b", "c"], count: 9, side: 8)
        dataset = try ImageDataset.classification(contentsOf: scratch.path)
    }

    private func all(_ loader: BatchLoader<ImageCollation>, epoch: Int = 0, from step: Int = 0) throws -> [ImageBatch] {
        let stream = loader.batches(epoch: epoch, startingAt: step)
        var batches: [ImageBatch] = []
        while let batch = try stream.next() { batches.append(batch) }
        #expect(try stream.next()?.items == nil)
        return batches
    }

    private func same(_ a: [ImageBatch], _ b: [ImageBatch]) -> Bool {
        a.count == b.count
            && zip(a, b).allSatisfy {
                $0.items == $1.items && $0.labels == $1.labels && $0.images.values == $1.images.values
            }
    }

    /// Without augmentation, in order: every image once, its samples normalized, its label its own.
    @Test("BatchLoader: evaluation reads every image once as it is") func evaluationReadsEveryImageOnceAsItIs() throws {
        let images = try dataset.decoded(for: Self.size)
        var preprocessing = Self.size
        (preprocessing.mean, preprocessing.std) = ([10, 20, 30], [50, 60, 70])
        let loader = BatchLoader(
            images, items: Array(0..<27), batchSize: 10, preprocessing: preprocessing, shuffles: false)
        #expect(loader.steps == 3)
        let batches = try all(loader)
        #expect(batches.map(\.images.shape) == [[10, 3, 8, 8], [10, 3, 8, 8], [7, 3, 8, 8]])
        #expect(batches.flatMap(\.items) == Array(0..<27))
        #expect(batches.flatMap(\.labels) == (0..<27).map { $0 / 9 })
        let image = try dataset.image(of: dataset.items[23])
        let samples = batches[2].images.values[3 * 192..<4 * 192]
        for (position, value) in samples.enumerated() {
            let (channel, pixel) = (position / 64, position % 64)
            let level = Float(image.pixels[3 * pixel + channel])
            #expect(value == (level - preprocessing.mean[channel]) / preprocessing.std[channel])
        }
    }

    @Test("BatchLoader: every epoch has an order of its own") func everyEpochHasAnOrderOfItsOwn() throws {
        let images = try dataset.decoded(for: Self.size)
        let items = Array(stride(from: 0, to: 27, by: 1))
        let loader = BatchLoader(
            images, items: items, batchSize: 9, preprocessing: Self.size, seed: 1, shuffles: true)
        let orders = try (0..<3).map { try all(loader, epoch: $0).flatMap(\.items) }
        #expect(orders.allSatisfy { $0.sorted() == items })
        #expect(Set(orders).count == 3 && !orders.contains(items))
        let other = BatchLoader(
            images, items: items, batchSize: 9, preprocessing: Self.size, seed: 2, shuffles: true)
        #expect(try all(other).flatMap(\.items) != orders[0])
        // Whole batches only.
        let uneven = BatchLoader(images, items: items, batchSize: 10, preprocessing: Self.size, shuffles: true)
        #expect(try all(uneven).map(\.items.count) == [10, 10])
    }

    private func augmented(_ images: DecodedImages, ahead: Int = 4, workers: Int? = nil) throws -> BatchLoader<
        ImageCollation
    > {
        let recipe = try AugmentationRecipe("shift=0.25,mirror@0.5,brightness=0.4,crop@0.3")
        return BatchLoader(
            images, items: Array(1..<27), batchSize: 4, preprocessing: Self.size, augmentation: recipe.pipeline,
            seed: 7, shuffles: true, ahead: ahead, workers: workers)
    }

    @Test("BatchLoader: batches are the same at any number of threads and from any step")
    func batchesAreTheSameAtAnyNumberOfThreadsAndFromAnyStep() throws {
        let before = Parallel.threadCount
        defer { Parallel.threadCount = before }
        let expected = try all(augmented(dataset.decoded(for: Self.size)), epoch: 3)
        #expect(expected.count == 6)
        for threads in [1, 2, 5] {
            Parallel.threadCount = threads
            let images = try dataset.decoded(for: Self.size)
            for (ahead, workers) in [(1, 1), (2, 3), (9, 4)] {
                let found = try all(augmented(images, ahead: ahead, workers: workers), epoch: 3)
                #expect(same(found, expected), "\(threads) threads, \(ahead) ahead, \(workers) workers")
            }
        }
        let loader = try augmented(dataset.decoded(for: Self.size))
        #expect(try same(all(loader, epoch: 3, from: 4), Array(expected[4...])))
        #expect(try all(loader, epoch: 3, from: 6).isEmpty && all(loader, epoch: 3, from: 600).isEmpty)
        // The same image is another one in another epoch.
        #expect(try !same(all(loader, epoch: 4), expected))
        // Decoding again gives what memory holds.
        let again = try dataset.decoded(for: Self.size, memoryLimit: 100)
        #expect(!again.isInMemory)
        #expect(try same(all(augmented(again), epoch: 3), expected))
    }

    /// Shifted and mirrored images are the augmentation's own, by the generator of the image.
    @Test("BatchLoader: augmented images do not depend on their position in the batch")
    func augmentedImagesDoNotDependOnTheirPositionInTheBatch() throws {
        let images = try dataset.decoded(for: Self.size)
        let recipe = try AugmentationRecipe("shift=0.25,mirror@0.5").pipeline
        func seen(_ size: Int) throws -> [Int: [Float]] {
            let loader = BatchLoader(
                images, items: Array(0..<27), batchSize: size, preprocessing: Self.size, augmentation: recipe,
                seed: 3, shuffles: false)
            var result: [Int: [Float]] = [:]
            for batch in try all(loader) {
                let values = batch.images.values
                for (position, item) in batch.items.enumerated() {
                    result[item] = Array(values[position * 192..<(position + 1) * 192])
                }
            }
            return result
        }
        let one = try seen(27)
        #expect(try one == seen(5))
        let moved = (0..<27).filter { item in
            let plain = try? Self.size.tensor(dataset.image(of: dataset.items[item])).values
            return one[item] != plain
        }
        #expect(moved.count > 20)
    }

    /// Work that nobody waits for any more ends: thousands of streams left early are over at once.
    @Test("BatchLoader: a stream may be left at any time", .timeLimit(.minutes(10))) func aStreamMayBeLeftAtAnyTime()
        throws
    {
        let loader = try augmented(dataset.decoded(for: Self.size), ahead: 3, workers: 2)
        for round in 0..<500 {
            let stream = loader.batches(epoch: round)
            for _ in 0..<round % 4 { #expect(try stream.next()?.items != nil) }
        }
        #expect(try all(loader).count == 6)
    }

    /// A file that is damaged after it was first decoded stops the stream where its batch is due.
    @Test("BatchLoader: errors come in the order of the batches", .timeLimit(.minutes(10)))
    func errorsComeInTheOrderOfTheBatches() throws {
        let images = try dataset.decoded(for: Self.size, memoryLimit: 0)
        try scratch.write("not an image", to: "b/03.png")
        let loader = BatchLoader(
            images, items: Array(0..<27), batchSize: 5, preprocessing: Self.size, shuffles: false, workers: 2)
        let stream = loader.batches()
        #expect(try stream.next()?.items == [0, 1, 2, 3, 4])
        #expect(try stream.next()?.items == [5, 6, 7, 8, 9])
        let error = #expect(throws: ImageError.self) { try stream.next() }
        #expect(error?.name == "b/03.png")
        #expect(try stream.next()?.items == nil)
    }

    /// Counts the batches that are made while nobody takes them, and after nobody will.
    @Test("BatchLoader: no more batches are made than asked for", arguments: [(1, 1), (3, 1), (3, 2)])
    func noMoreIsMadeThanAskedFor(ahead: Int, workers: Int) throws {
        let made = Counter()
        var stream: BatchStream<ImageBatch>? = BatchStream(steps: 5..<1000, ahead: ahead, workers: workers) {
            step, stop in
            if stop.isSet { throw CancellationError() }
            made.add()
            return ImageBatch(images: Tensor([0], shape: [1]), labels: [step], items: [])
        }
        func settled() -> Int {
            var last = -1
            while last != made.value {
                last = made.value
                Thread.sleep(forTimeInterval: 0.05)
            }
            return last
        }
        #expect(settled() <= ahead)
        for step in 5..<12 { #expect(try stream?.next()?.labels == [step]) }
        #expect((7...7 + ahead).contains(settled()))
        stream = nil
        let atEnd = settled()
        #expect(atEnd <= 7 + ahead && settled() == atEnd)
    }
}

private final class Counter: Sendable {
    private let count = Atomic(0)
    var value: Int { count.load(ordering: .sequentiallyConsistent) }
    func add() { count.wrappingAdd(1, ordering: .sequentiallyConsistent) }
}
