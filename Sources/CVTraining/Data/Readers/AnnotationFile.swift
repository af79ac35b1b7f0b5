import CVCore
import CVImage

/// Why a part of a file of annotations cannot be used; a phrase that follows its name.
struct AnnotationProblem: Error {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}

/// Reading of JSON files of annotations, as programs of all kinds write them.
enum AnnotationFile {
    private static let maxBytes = 1 << 30
    private static let maxPoints = 100_000

    /// Python writes NaN and Infinity, which JSON does not have; they matter only where a value is used.
    ///
    /// - Throws: `FileError`, `DatasetError`.
    static func json(_ path: String) throws -> JSONValue {
        let bytes = try TextInput.read(path, maxBytes: maxBytes)
        do throws(JSONError) {
            return try JSONValue.parse(bytes, allowsNonFinite: true)
        } catch {
            throw DatasetError(path, .badAnnotation("it is not valid JSON: \(error)"))
        }
    }

    /// A whole number, also one that is written as 7.0 or as "7"; nil for anything else.
    static func integer(_ value: JSONValue?) -> Int? {
        switch value {
        case .integer(let number): number
        case .number(let number): Int(exactly: number)
        case .string(let text): Int(text) ?? Double(text).flatMap { Int(exactly: $0) }
        default: nil
        }
    }

    static func size(_ json: JSONValue, _ width: String, _ height: String) -> DatasetDefect.Size? {
        guard let width = integer(json[width]), let height = integer(json[height]) else { return nil }
        return DatasetDefect.Size(width, height)
    }

    /// Points from x, y, x, y …
    static func points(_ values: [JSONValue]) throws(AnnotationProblem) -> [Point] {
        guard values.count % 2 == 0 else { throw AnnotationProblem("has an odd number of coordinates") }
        guard (1...maxPoints).contains(values.count / 2) else {
            throw AnnotationProblem("has \(values.count / 2) points; 1 to \(maxPoints) are possible")
        }
        var numbers: [Float] = []
        numbers.reserveCapacity(values.count)
        for value in values {
            guard let number = value.double.map({ Float($0) }), number.isFinite else {
                throw AnnotationProblem("has the coordinate \(shown(value)); a finite number is expected")
            }
            numbers.append(number)
        }
        return stride(from: 0, to: numbers.count, by: 2).map { Point(x: numbers[$0], y: numbers[$0 + 1]) }
    }

    /// A value for messages, abbreviated.
    static func shown(_ value: JSONValue) -> String {
        switch value {
        case .integer(let number): "\(number)"
        case .number(let number): "\(number)"
        case .string(let text): quoted(String(text.prefix(40)))
        default: value.kind
        }
    }

    /// A name of a file as it may be in another system: with backslashes where that has no such file.
    static func names(_ name: String) -> [String] {
        guard name.unicodeScalars.contains("\\") else { return [name] }
        return [name, String(String.UnicodeScalarView(name.unicodeScalars.map { $0 == "\\" ? "/" : $0 }))]
    }
}
