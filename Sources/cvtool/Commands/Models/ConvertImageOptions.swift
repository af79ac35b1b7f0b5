import ArgumentParser
import CVCore
import CVModels
import CVNN
import CVTask
import CVWeights

/// What changes the preprocessing that is stored with the weights.
struct ConvertImageOptions: ParsableArguments {
    @Option(help: .init("Mean of each color, such as 0.485,0.456,0.406; one number for gray.", valueName: "r,g,b"))
    var mean: NumberList?

    @Option(
        help: .init("What the difference from the mean is divided by, such as 0.229,0.224,0.225.", valueName: "r,g,b"))
    var std: NumberList?

    @Option(help: .init("The brightest level in the units of --mean and --std: 1 or 255.", valueName: "1|255"))
    var levels = 1

    @Option(help: .init("Order of the colors: rgb, bgr or gray. (default: rgb, or gray for one channel)"))
    var channels: Preprocessing.Channels?

    @Option(
        help: .init(
            "Size of the network's input in pixels: one side, or WIDTHxHEIGHT. (default: the network's own)",
            valueName: "size"),
        transform: InputSize.init)
    var size: InputSize?

    @Option(help: .init("How an image gets that size: crop, stretch or letterbox. (default: see above)"))
    var resize: Preprocessing.Resize?

    @Option(
        help: .init(
            "For crop: what the shorter side is resized to. (default: 8/7 of the longer side of the input)",
            valueName: "n"))
    var shorterSide: Int?

    @Option(help: .init("How pixels are mixed: bilinear, bicubic, lanczos or nearest. (default: bilinear)"))
    var filter: Preprocessing.Filter?

    func validate(for spec: ModelSpec) throws {
        guard levels == 1 || levels == 255 else { throw ValidationError("--levels \(levels): 1 or 255 is expected.") }
        if let mean, let value = mean.values.first(where: { !(0...Double(levels)).contains($0) }) {
            throw ValidationError(
                "--mean \(value): numbers from 0 to \(levels) are expected"
                    + (levels == 1 && value > 1 ? "; for those from 0 to 255 add --levels 255." : "."))
        }
        if let std, let value = std.values.first(where: { $0 < 1e-6 || $0 > 1e6 }) {
            throw ValidationError("--std \(value): positive numbers are expected.")
        }
        for (name, list) in [("--mean", mean), ("--std", std)] {
            guard let list, let channels, list.values.count != channels.count else { continue }
            throw ValidationError("\(name): \(channels.count) numbers are expected for \(channels.argument).")
        }
        let own = spec.defaultInput
        let (height, width) = (size?.height ?? own.height, size?.width ?? own.width)
        do throws(ArchitectureError) {
            try spec.check(.init(channels: own.channels, height: height, width: width))
        } catch {
            throw ValidationError("--size: \(error.description).")
        }
        guard let shorterSide else { return }
        if let resize, resize != .crop { throw ValidationError("--shorter-side goes with --resize crop.") }
        try checkNumber("--shorter-side", shorterSide, in: max(width, height)...8192)
    }

    /// `own` with the changes; it has the size and the number of channels of the network's input.
    func applied(to own: Preprocessing) throws(ConvertError) -> Preprocessing {
        let kind = channels ?? own.channels
        let way = resize ?? (shorterSide == nil ? own.resize : .crop)
        func color(_ list: NumberList?, _ option: String) throws(ConvertError) -> [Float]? {
            guard let list else { return nil }
            guard list.values.count == kind.count else {
                throw .wrongNumbers(option: option, expected: kind.count, found: list.values.count)
            }
            return list.values.map { Float($0 * 255 / Double(levels)) }
        }
        let (mean, std) = (try color(mean, "--mean"), try color(std, "--std"))
        let usual = ModelSpec.shorterSide(forCrop: max(own.width, own.height))
        return Preprocessing(
            width: own.width, height: own.height, resize: way,
            shorterSide: way == .crop ? shorterSide ?? own.shorterSide ?? usual : nil,
            alignment: way == .letterbox ? own.alignment : .center, filter: filter ?? own.filter,
            fill: own.fill.count == kind.count ? own.fill : nil, channels: kind, mean: mean ?? own.mean,
            std: std ?? own.std)
    }
}

/// Numbers with commas between, one for each color.
struct NumberList: ExpressibleByArgument {
    let values: [Double]

    init?(argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
        values = parts.compactMap { $0 }.filter(\.isFinite)
        if values.count != parts.count || ![1, 3].contains(values.count) { return nil }
    }
}

extension Preprocessing.Channels: ExpressibleByArgument {
    /// The value of the option. In the metadata of weights gray has kept its former spelling.
    fileprivate var argument: String { self == .gray ? "gray" : rawValue }

    public static var allValueStrings: [String] { allCases.map(\.argument) }

    public init?(argument: String) {
        if argument == Self.gray.rawValue { warnOfFormerName("--channels \(argument)", current: "--channels gray") }
        guard let value = Self.allCases.first(where: { [$0.argument, $0.rawValue].contains(argument) }) else {
            return nil
        }
        self = value
    }
}
extension Preprocessing.Resize: ExpressibleByArgument {}
extension Preprocessing.Filter: ExpressibleByArgument {}

/// Options that do not fit the checkpoint.
enum ConvertError: ToolkitError, Equatable {
    case wrongNumbers(option: String, expected: Int, found: Int)

    var description: String {
        switch self {
        case .wrongNumbers(let option, let expected, let found):
            "\(option): \(pluralized(found, "number")) for a network of \(pluralized(expected, "channel"))"
        }
    }
}

extension ConvertError {
    var category: ErrorCategory { .invalid }
}
