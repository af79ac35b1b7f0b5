import CVCore

/// Names of files in one folder for images that may come from many.
enum FlatNames {
    /// Names without folders; where two would be the same but for the suffix, the folders become part of the name.
    ///
    /// - Parameter names: paths inside a data set.
    /// - Returns: file names whose stems differ, in the same order.
    static func of(_ names: [String]) -> [String] {
        let short = names.map { FileSystem.name(of: $0) }
        // Files of annotations have no suffix of the image: stems must differ.
        let counts = Dictionary(grouping: short.map { PathKey(FileSystem.stem(of: $0)) }, by: \.self).mapValues(\.count)
        let long = zip(names, short).map { name, short in
            counts[PathKey(FileSystem.stem(of: short))] ?? 0 > 1
                ? String(name.map { $0 == "/" ? "_" : $0 }) : short
        }
        var used: Set<PathKey> = []
        return long.map { name in
            var (result, number) = (name, 1)
            while !used.insert(PathKey(FileSystem.stem(of: result))).inserted {
                number += 1
                let suffix = FileSystem.suffix(of: name).map { ".\($0)" } ?? ""
                result = "\(FileSystem.stem(of: name))_\(number)\(suffix)"
            }
            return result
        }
    }
}

/// Texts of the files of a data set.
enum DatasetText {
    /// A field of comma-separated values, in quotes where it must be.
    static func field(_ text: String) -> String {
        text.contains { ",\"\n\r".contains($0) }
            ? "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
            : text
    }
}
