import ArgumentParser
import CLISupport
import CVCore
import CVImage

/// - Throws: `ValidationError` with the option, what was found and what is expected.
func checkNumber<Number: Comparable & CustomStringConvertible>(
    _ option: String, _ value: Number?, in range: ClosedRange<Number>
) throws {
    guard let value, !range.contains(value) else { return }
    throw ValidationError(
        "\(option) \(short(value)): a number from \(short(range.lowerBound)) to \(short(range.upperBound)) is expected."
    )
}

/// For a number without an upper limit.
func checkNumber(_ option: String, _ value: Int?, in range: PartialRangeFrom<Int>) throws {
    guard let value, !range.contains(value) else { return }
    throw ValidationError("\(option) \(value): a number from \(range.lowerBound) is expected.")
}

/// - Throws: `ValidationError` for steps that `AugmentationRecipe` cannot read.
func checkAugmentation(_ option: String, _ steps: String?) throws {
    guard let steps else { return }
    do throws(AugmentationError) {
        _ = try AugmentationRecipe(steps)
    } catch {
        throw ValidationError("\(option): \(error.description).")
    }
}

/// - Throws: `ValidationError` for a name whose suffix is not an image format that can be written.
func checkIsImage(_ option: String, _ name: String?) throws {
    guard let name, !InputExpander.isImageName(name) else { return }
    let suffixes = InputExpander.imageSuffixes.joined(separator: ", ")
    throw ValidationError("\(option) \(name): a name that ends in one of \(suffixes) is expected.")
}

/// Checks that files have names: standard output is reserved for what a command reports.
///
/// - Throws: `ValidationError` where the value of one of the options is "-".
func checkAreNames(_ options: KeyValuePairs<String, String?>, besides what: String) throws {
    for (option, value) in options where value == "-" {
        throw ValidationError("\(option) -: standard output holds \(what); give the name of a file.")
    }
}
