import ArgumentParser
import CLISupport
import CVCore
import CVFaces

/// `cvtool verify`: parses and checks; `VerifyRun` and `VerifyPairsRun` do the work.
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Whether two images show the same person.",
        // Lines that are examples are kept below 80 columns, where they would be broken.
        discussion: """
            Compares the largest faces of two images, and prints a line such as

              a.jpg and b.jpg: same person, distance 0.512 (threshold 1, …)

            A distance up to the threshold means the same person; where the threshold comes from stands behind it. \
            An image without a face matches nothing. By default two networks compare the faces; their distances are relative to their \
            thresholds, so that 1 is the threshold of both.

            The networks make errors, and more of them for people unlike those that they were trained on, for children, \
            and for small, dark or turned faces. A photograph held before a camera counts as the person. Do not decide \
            about people by this alone.

            EXAMPLES
              cvtool verify a.jpg b.jpg
              cvtool verify a.jpg b.jpg -o compared.png
              cvtool verify passport.jpg group.jpg --all
              cvtool verify a.jpg b.jpg --face 1,2
              cvtool verify a.jpg b.jpg --exit-code && echo "the same"
              cvtool verify a.jpg b.jpg --model sface --json
              cvtool verify --pairs pairs.csv

            MANY PAIRS
            --pairs FILE.csv reads pairs from the columns a and b of a file with a header; paths are relative to it. It \
            prints a JSON object a line for each pair: distance is null without two faces, verified is the decision. \
            Where a column same says the truth (1 or 0, true or false, yes or no), each object repeats it, and a last \
            one has the accuracy; a pair without a face is never verified.

            EXIT CODES
              0    done, whatever came of it; with --exit-code: the same person
              1    failed; with --exit-code: different persons
              2    some of several pairs failed; with --exit-code: no face
              3    with --exit-code: failed
              64   the arguments make no sense
              130  interrupted (Ctrl-C)
            """)

    @Argument(help: "Two images (JPEG, PNG); one may be - for standard input.")
    var images: [String] = []

    @Option(help: .init("Compare the pairs that this list names.", valueName: "file.csv"))
    var pairs: String?

    @OptionGroup(title: "Networks and decision") var settings: VerifySettings

    @Option(
        help: .init(
            "Which face of the images, from 1 for the largest; 1,2 takes the first of A and the second of B.",
            valueName: "n"))
    var face: FaceNumbers?

    @Flag(help: "Compare all faces of the one image with all of the other.")
    var all = false

    @Option(name: .shortAndLong, help: .init("Draw both faces side by side into this image.", valueName: "file"))
    var output: String?

    @Flag(help: "Print JSON instead: one object, or with --all one a line.")
    var json = false

    @Flag(help: "End with 0 for the same person, 1 for different ones, 2 without a face, 3 after a failure.")
    var exitCode = false

    @OptionGroup var reading: ImageOptions
    @OptionGroup var writing: ImageWritingOptions

    @Flag(name: .shortAndLong, help: "No progress bar and no remarks; only results and errors.")
    var quiet = false

    func validate() throws {
        if pairs != nil {
            guard images.isEmpty else { throw ValidationError("--pairs goes without images of its own.") }
            if exitCode { throw ValidationError("--exit-code goes with two images, not with --pairs.") }
        } else if images.count != 2 {
            throw ValidationError("two images are expected, \(images.count) given; or --pairs FILE.csv.")
        }
        if images == ["-", "-"] { throw ValidationError("standard input can be read only once.") }
        if all, face != nil { throw ValidationError("--all and --face contradict each other.") }
        if pairs != nil, all || face != nil { throw ValidationError("--all and --face go with two images.") }
        if output != nil, all || pairs != nil { throw ValidationError("-o goes with one pair of faces.") }
        try checkAreNames(["-o": output], besides: "the result")
        try checkIsImage("-o", output)
    }

    func run() throws {
        guard exitCode else {
            return try perform(threads: settings.networks.finding.threads) {
                if pairs != nil { return try VerifyPairsRun(self).run() }
                _ = try VerifyRun(self).run()
                return .success
            }
        }
        var outcome = FaceVerification.Outcome.noFace
        do {
            try perform(threads: settings.networks.finding.threads) {
                outcome = try VerifyRun(self).run()
                return .success
            }
        } catch let code as ExitCode {
            throw code == .success ? ExitCode(outcome.exitCode) : code == .failure ? ExitCode(3) : code
        }
    }
}

/// The networks, and the threshold.
struct VerifySettings: ParsableArguments {
    @OptionGroup var networks: FaceNetworkOptions
    @OptionGroup var threshold: FaceThresholdOptions

    /// - Throws: what the networks throw.
    func makeVerifier() throws -> FaceVerifier {
        var verifier = try networks.makeVerifier()
        threshold.apply(to: &verifier)
        return verifier
    }
}

/// `2`, or `1,2`: the face of the first image, and that of the second.
struct FaceNumbers: ExpressibleByArgument {
    let first, second: Int

    init?(argument: String) {
        let numbers = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        guard (1...2).contains(numbers.count), let first = numbers[0], let second = numbers[numbers.count - 1],
            first > 0, second > 0
        else { return nil }
        (self.first, self.second) = (first, second)
    }
}
