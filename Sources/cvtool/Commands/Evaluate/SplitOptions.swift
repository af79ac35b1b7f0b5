import ArgumentParser
import CLISupport
import CVCore
import CVTraining

/// The part of a data set that is evaluated on.
struct SplitOptions: ParsableArguments {
    /// A value of `--split`.
    struct Part: ExpressibleByArgument {
        /// As it was given.
        let name: String
        /// Nil for all images.
        let part: DatasetPart?

        static let all = Part(name: "all", part: nil)
        /// The name of validation in earlier versions.
        private static let oldValidation = "dev"

        private init(name: String, part: DatasetPart?) { (self.name, self.part) = (name, part) }

        init?(argument: String) {
            let part = argument == Self.oldValidation ? .validation : DatasetPart(rawValue: argument)
            guard part != nil || argument == Self.all.name else { return nil }
            self.init(name: argument, part: part)
        }

        static var allValueStrings: [String] { [all.name] + DatasetPart.allCases.map(\.rawValue) }

        var defaultValueDescription: String { name }

        /// Says so if the name is that of an earlier version.
        func warnIfOld() {
            guard let part, name != part.rawValue else { return }
            warn("--split \(name) is now called --split \(part.rawValue)")
        }
    }

    @Option(
        help: .init(
            "All images (the default, whatever parts a folder or a column split of a list assigns them to), or those that "
                + "cvtool train with the same --holdout and --seed trains on (train) or holds out for validation (val), or "
                + "those that a folder or list assigns to test.", valueName: "part"))
    var split = Part.all

    @Option(help: .init("Fraction of each class that was held out for validation.", valueName: "fraction"))
    var holdout = 0.1

    @Option(help: .init("The --split-seed of the training, or else its --seed.", valueName: "n"))
    var seed: UInt64 = 1

    func validate() throws {
        try checkNumber("--holdout", holdout, in: 0...0.9)
        if split.part == .validation, holdout == 0 {
            throw ValidationError("--split \(split.name): nothing is held out by --holdout 0.")
        }
    }

    /// The images to evaluate on.
    ///
    /// - Parameters:
    ///   - images: the whole set.
    ///   - quiet: whether nothing is said about the parts.
    /// - Returns: indices of `images.items`.
    /// - Throws: `DatasetError` if the part is empty.
    func items(of images: DecodedImages, quiet: Bool) throws -> [Int] {
        split.warnIfOld()
        guard let part = split.part else {
            if !quiet { Self.remark(on: images.items, of: images.dataset.path) }
            return Array(images.items.indices)
        }
        let items = try images.split(holdout: holdout, seed: seed)[part]
        if items.isEmpty { throw DatasetError(images.dataset.path, .emptyPart(part)) }
        return items
    }

    /// The images to evaluate on, of a set that is not decoded.
    ///
    /// - Parameters:
    ///   - dataset: the whole set.
    ///   - quiet: whether nothing is said about the parts.
    /// - Returns: indices of `dataset.items`.
    /// - Throws: `DatasetError` if the part is empty.
    func items(of dataset: ImageDataset, quiet: Bool) throws -> [Int] {
        split.warnIfOld()
        guard let part = split.part else {
            if !quiet { Self.remark(on: dataset.items, of: dataset.path) }
            return Array(dataset.items.indices)
        }
        let items = try dataset.split(holdout: holdout, seed: seed)[part]
        if items.isEmpty { throw DatasetError(dataset.path, .emptyPart(part)) }
        return items
    }

    /// Says that images are evaluated which are assigned to parts: those of train were learned from.
    private static func remark(on items: [ImageDataset.Item], of path: String) {
        let parts = DatasetPart.allCases.map { part in (part, items.count { $0.part == part }) }.filter { $0.1 > 0 }
        if parts.isEmpty { return }
        let counts = parts.map { "\($1) to \($0.rawValue)" }.joined(separator: ", ")
        StandardError.write(
            "\(path.escapedForDisplay): assigns images to parts (\(counts)); all are evaluated; "
                + "--split evaluates one part\n")
    }
}
