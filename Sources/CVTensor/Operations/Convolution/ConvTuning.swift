/// Thresholds for choosing convolution algorithms, and the sizes of their blocks.
///
/// They were measured on x86-64 servers with 32 KB, 1 MB and some 30 MB of cache. None changes a result by more than
/// rounding.
package struct ConvTuning: Sendable {
    /// The values that operations use.
    package static let standard = ConvTuning()

    /// The algorithm to use wherever it applies, regardless of its speed; nil for the choice by expected speed.
    package var forced: ConvAlgorithmKind?
    package var gemm = GEMM()
    package var direct = Direct()
    package var directWeights = DirectWeights()
    package var depthwise = Depthwise()
    package var winograd = Winograd()
    package var winogradWeights = WinogradWeights()

    /// The standard values.
    package init() {}

    /// One algorithm wherever it applies, for tests.
    package static func forcing(_ kind: ConvAlgorithmKind) -> ConvTuning {
        var tuning = ConvTuning()
        tuning.forced = kind
        if kind == .winograd {
            (tuning.winograd.minChannels, tuning.winograd.minTiles, tuning.winograd.minTilesOfManyChannels) = (1, 1, 1)
        }
        return tuning
    }

    /// Products of packed blocks.
    package struct GEMM: Sendable {
        /// Rows and columns of im2col packed at a time: 256 × 480 floats are half of a core's 1 MB cache.
        package var blockRows = GEMMBackend.blockDepth, blockColumns = 480
        /// Filters per task if a product is divided by rows.
        package var rowsPerTask = 64
        /// Taps of a task of backward-data.
        package var tapsPerTask = 64
        /// Columns and filters of a task of backward-weights.
        package var gradientColumns = 144, gradientRows = 32
    }

    /// Shifted rows, forward and backward-data.
    package struct Direct: Sendable {
        /// Rows of im2col whose panel fits into 48 KB, counted as if they did not overlap.
        package var cachedRows = 288
        /// Floats of a task's sums that stay in its core's cache: 400 KB of 1 MB.
        package var cachedSums = 100_000
        /// Output pixels of a task, at least and at most.
        package var minPixels = 96, maxPixels = 1056
        /// Filters of a task where there are few rows to share.
        package var filtersPerTask = 64
    }

    /// Shifted rows, backward-weights.
    package struct DirectWeights: Sendable {
        /// Output pixels packed at a time.
        package var pixelsPerBlock = 384
        /// Floats of partial sums at most: 16 MB.
        package var partialSums = 4 << 20
        /// Parts of the sums, and tasks, that keep some threads busy.
        package var parts = 8
    }

    /// One input channel a group.
    package struct Depthwise: Sendable {
        /// Multiplications that make a task worth its call.
        package var workPerTask = 16384
    }

    /// Winograd's transforms, forward and backward-data.
    package struct Winograd: Sendable {
        /// Channels of both sides from which the transforms save more time than they cost.
        package var minChannels = 16
        /// Tiles from which they do.
        package var minTiles = 48
        /// The same if both sides have `manyChannels`: direct sums read their filters again for each image.
        package var minTilesOfManyChannels = 12, manyChannels = 256
        /// Floats of transformed input that stay in the shared cache: up to this many, the work is divided by
        /// filters, beyond it by rows of tiles.
        package var sharedCache = 3 << 20
        /// Floats of transformed filters that stay in the cache of a core, and the most filters that a task transforms.
        package var cachedFilters = 300_000, filtersPerTask = 64
        /// Output channels whose sums are computed at a time.
        package var outputsAtATime = 32
        /// Tiles of a task, at most.
        package var tilesPerTask = 144
    }

    /// Winograd's transforms, backward-weights.
    package struct WinogradWeights: Sendable {
        /// Parts of the sums that keep some threads busy; with room for fewer, the filters are divided among tasks
        /// instead of the tiles.
        package var parts = 8
        /// Floats of partial sums at most: 24 MB.
        package var partialSums = 6 << 20
        /// Tiles transformed at a time.
        package var tilesPerBlock = 96
        /// Floats of a filter's sums that stay in the cache of a core.
        package var cachedSums = 110_000
        /// Floats of transformed input at a time.
        package var transformedInput = 3 << 20
    }
}
