import ArgumentParser
import CVCore
import CVImage

/// `cvtool benchmark`: how fast the parts of `detect`, or a step of training, are on this machine.
struct BenchmarkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmark",
        abstract: "Measure how fast networks, their training and the image processing are.",
        discussion: """
            Each step is run a few times to warm up, then --runs times; median, minimum and the time that nine of ten \
            runs stay below (p90) are printed, in milliseconds. The network's input is the same pseudo-random numbers \
            every time: no image is needed. With --image, the steps around the network are measured too:

              decode   the file's bytes to pixels
              resize   to the size of the input
              prepare  letterboxed, as the network's input
              draw     ten labeled boxes on the image
              encode   the image to JPEG of quality 90

            With --mesh, the search for a face in the image of --image by the detector of --model, and the points of the largest one, \
            from pixels to points: "faces", "mesh" and both together.

            With --train, steps of training are measured instead: forward, backward, and the change of the weights, on \
            images of pseudo-random numbers. With --faces, it is the search for the nearest of so many faces: for one face, \
            and for 48 at a time.

            EXAMPLES
              cvtool benchmark
              cvtool benchmark resnet50 mobilenet_v2 unet --threads 1,2
              cvtool benchmark resnet50 --precision bf16
              cvtool benchmark resnet18 --imgsz 320 --batch 8 --json
              cvtool benchmark --threads 1 --runs 100
              cvtool benchmark --image photo.jpg --imgsz 640
              cvtool benchmark --model yolov4.cfg --weights yolov4.weights --json
              cvtool benchmark --model resnet50 --imgsz 320
              cvtool benchmark --model unet-camvid
              cvtool benchmark --train resnet18 --batch-size 8 --runs 10
              cvtool benchmark --style 512 --runs 10
              cvtool benchmark --faces 1000000 --threads 1
              cvtool benchmark --model blazeface-short --mesh face-mesh --image me.jpg
            """)

    @Argument(
        help: .init(
            "Networks or weights to measure, by name or file. (default: that of --model)", valueName: "model"))
    var models: [String] = []

    @OptionGroup(title: "Network") var model: DetectorOptions
    @OptionGroup(title: "Network") var precision: PrecisionOptions

    @Option(
        help: .init(
            "Threads to use, from 1 to 1024; several numbers, such as 1,2, measure one after the other. (default: all "
                + "cores)",
            valueName: "n"))
    var threads: ThreadCounts?

    @Option(help: .init("Images that a network computes at a time.", valueName: "n"))
    var batch = 1

    @Option(help: .init("How often each step is measured.", valueName: "n"))
    var runs = 30

    @Option(help: .init("Measure the processing of this image too.", valueName: "file"))
    var image: String?

    @Flag(help: "Do not run the network: measure the image processing only.")
    var noNetwork = false

    @Option(
        help: .init(
            "Measure the training of this network: one of `cvtool train classify`, `cvtool train segment` or "
                + "`cvtool train detect`.",
            valueName: "name")
    )
    var train: String?

    @Option(help: .init("Measure steps of style transfer, with a VGG-19, on an image of this side.", valueName: "n"))
    var style: Int?

    @Option(help: .init("Measure the search among this many faces, of 128 numbers each.", valueName: "n"))
    var faces: Int?

    @Option(help: .init("Images in a training step.", valueName: "n"))
    var batchSize = 8

    @Option(
        help: .init(
            "Measure the points of a face too: weights such as face-mesh, and a detector of faces in --model.",
            valueName: "name|file"))
    var mesh: String?

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        try checkNumber("--runs", runs, in: 1...100_000)
        try checkNumber("--batch-size", batchSize, in: 1...4096)
        try checkNumber("--batch", batch, in: 1...4096)
        if !models.isEmpty, model.model != nil || model.weights != nil || image != nil || noNetwork {
            throw ValidationError("Names of networks go without --model, --weights, --image and --no-network.")
        }
        if !models.isEmpty, train != nil || style != nil || faces != nil || mesh != nil {
            throw ValidationError("Names of networks go without --train, --style, --faces and --mesh.")
        }
        try checkNumber("--style", style, in: 32...4096)
        try checkNumber("--faces", faces, in: 1...100_000_000)
        if train != nil && (image != nil || noNetwork) {
            throw ValidationError("--train measures training alone: leave --image and --no-network away.")
        }
        if style != nil && (train != nil || image != nil || noNetwork) {
            throw ValidationError(
                "--style measures style transfer alone: leave --train, --image and --no-network away.")
        }
        if faces != nil && (style != nil || train != nil || image != nil || noNetwork) {
            throw ValidationError(
                "--faces measures the search alone: leave --style, --train, --image and --no-network away.")
        }
        if mesh != nil && (image == nil || train != nil || style != nil || faces != nil) {
            throw ValidationError("--mesh goes with --image FILE, and without --train, --style and --faces.")
        }
        if noNetwork && image == nil { throw ValidationError("--no-network goes with --image FILE.") }
    }

    func run() throws {
        precision.apply()
        let reports = try reportingFailure {
            models.isEmpty ? try withThreads { try measure() } : try models.flatMap { try measure($0) }
        }
        if json, reports.count > 1 {
            let all: JSONValue = ["results": .array(reports.map(\.json))]
            return try writeLine(all.text)
        }
        try writeLine(reports.map { json ? $0.json.text : $0.text }.joined(separator: "\n\n"))
    }

    /// What `body` returns with each number of threads.
    private func withThreads(_ body: () throws -> BenchmarkReport) rethrows -> [BenchmarkReport] {
        try (threads?.counts ?? [Parallel.threadCount]).map {
            Parallel.threadCount = $0
            return try body()
        }
    }

    /// One of the networks that were named.
    private func measure(_ name: String) throws -> [BenchmarkReport] {
        var options = model
        options.model = name
        let network = try BenchmarkedNetwork(options, batch: batch)
        let input = network.input(batch)
        return withThreads {
            BenchmarkReport(
                network, batch: batch, runs: runs, steps: [BenchmarkStep("network", runs: runs) { network.run(input) }])
        }
    }

    private func measure() throws -> BenchmarkReport {
        if let train { return try TrainingBenchmark(network: train, batchSize: batchSize).report(runs: runs) }
        if let style { return try StyleBenchmark(size: style).report(runs: runs) }
        if let faces { return try FaceSearchBenchmark(faces: faces).report(runs: runs) }
        let network = try BenchmarkedNetwork(model)
        let imageBenchmark = try image.map { try ImageBenchmark(path: $0, network) }
        var steps: [BenchmarkStep] = []
        if !noNetwork {
            let input = network.input(batch)
            steps.append(BenchmarkStep("network", runs: runs) { network.run(input) })
        }
        if let imageBenchmark { steps += try imageBenchmark.steps(runs: runs) }
        if let mesh, let image {
            steps += try FaceMeshBenchmark(path: image, model.makeDetector(), mesh: mesh).steps(runs: runs)
        }
        return BenchmarkReport(network, batch: batch, runs: runs, steps: steps)
    }
}

/// One number of threads, or several with commas.
struct ThreadCounts: ExpressibleByArgument {
    let counts: [Int]

    init?(argument: String) {
        let counts = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        guard counts.count <= 16, counts.allSatisfy({ $0.map { (1...1024).contains($0) } ?? false }) else { return nil }
        self.counts = counts.compactMap { $0 }
    }
}

/// The steps of `detect` around the network, on one image.
private struct ImageBenchmark {
    private let path: String
    private let bytes: [UInt8]
    private let image: Image
    private let network: BenchmarkedNetwork

    init(path: String, _ network: BenchmarkedNetwork) throws {
        self.path = path
        self.network = network
        bytes = try FileInput.read(path)
        image = try Image(data: bytes, name: path)
    }

    func steps(runs: Int) throws -> [BenchmarkStep] {
        let (width, height) = (network.preprocessing.width, network.preprocessing.height)
        let annotations = annotations
        var canvas = image
        return [
            try BenchmarkStep("decode", runs: runs) { _ = try Image(data: bytes, name: path) },
            BenchmarkStep("resize", runs: runs) { _ = image.resized(width: width, height: height, filter: .bilinear) },
            BenchmarkStep("prepare", runs: runs) { _ = network.prepare(image) },
            BenchmarkStep("draw", runs: runs) { canvas.annotate(annotations) },
            try BenchmarkStep("encode", runs: runs) { _ = try image.encoded(as: .jpeg(quality: 90)) },
        ]
    }

    /// Ten boxes of a quarter of the image, along its diagonal.
    private var annotations: [BoxAnnotation] {
        let (width, height) = (Float(image.width), Float(image.height))
        return (0..<10).map { number in
            let at = Float(number) / 12
            let box = Box(
                minX: at * width, minY: at * height, maxX: (at + 0.25) * width, maxY: (at + 0.25) * height)
            return BoxAnnotation(box: box, label: "object \(number) 50%", color: Palette.color(forClass: number))
        }
    }
}
