import CVCore

/// An output file and the input that it belongs to.
public struct PlannedOutput: Sendable, Equatable {
    /// The path of the input, or the option that names the output.
    public let input: String
    /// The path to be written; of a series what its paths begin with.
    public let path: String
    /// Whether this stands for files whose names are known only when they are written: `path`, a number, `_`, a word
    /// without `_`, and `.jpg`.
    public let isSeries: Bool

    /// An output for an input.
    ///
    /// - Parameters:
    ///   - input: the path of the input.
    ///   - path: the path to be written.
    ///   - isSeries: whether it is a series.
    public init(input: String, path: String, isSeries: Bool = false) {
        self.input = input
        self.path = path
        self.isSeries = isSeries
    }

    /// Checks all outputs before any work. Creates and writes nothing.
    ///
    /// A missing folder is not an error if it can be created.
    ///
    /// - Parameters:
    ///   - outputs: all outputs of a run.
    ///   - inputs: the paths of all that it reads, which no output may replace.
    ///   - force: whether existing files may be replaced.
    /// - Throws: `OutputError` if two outputs have the same path, if one would replace an input, if one exists and
    ///   `force` is false, or if one cannot be written.
    public static func check(_ outputs: [PlannedOutput], inputs: [String], force: Bool) throws(OutputError) {
        var folders = FolderIdentities()
        try checkCollisions(outputs, &folders)
        try checkInputs(outputs, inputs, &folders)
        var existing: [String] = []
        for output in outputs where !output.isSeries {
            do {
                try FileOutput.checkWritable(output.path, overwrite: force, makesFolders: true)
            } catch  where error.problem == .exists {
                existing.append(output.path)
            } catch {
                throw .file(error)
            }
        }
        if !existing.isEmpty { throw .exist(existing) }
    }

    private static func checkCollisions(
        _ outputs: [PlannedOutput], _ folders: inout FolderIdentities
    ) throws(OutputError) {
        var first: [Location: PlannedOutput] = [:]
        var collisions: [OutputError.Collision] = []
        for output in outputs {
            let location = folders.location(of: output.path)
            // Where a series might have a file.
            let series = output.isSeries ? nil : folders.seriesLocation(of: output.path)
            let other = first[location] ?? series.flatMap { first[$0] }
            if let other {
                if other.input.hasSameBytes(as: output.input) { throw .givenTwice(input: output.input) }
                collisions.append(.init(output: output.path, inputs: [other.input, output.input]))
            } else {
                first[location] = output
            }
        }
        if !collisions.isEmpty { throw .collisions(collisions) }
    }

    private static func checkInputs(
        _ outputs: [PlannedOutput], _ inputs: [String], _ folders: inout FolderIdentities
    ) throws(OutputError) {
        var (files, locations): ([FileSystem.Identity: String], [Location: String]) = ([:], [:])
        for path in outputs.flatMap(\.paths) {
            locations[folders.location(of: path)] = path
            if let identity = FileSystem.identity(of: path) { files[identity] = path }
        }
        for input in inputs where input != "-" {
            let same = files.isEmpty ? nil : FileSystem.identity(of: input).flatMap { files[$0] }
            if let output = same ?? locations[folders.location(of: input)] {
                throw .replacesInput(output: output, input: input)
            }
        }
    }

    /// The path; of a series those of its files that exist.
    private var paths: [String] {
        guard isSeries else { return [path] }
        let (folder, start) = (FileSystem.folder(of: path), FileSystem.name(of: path))
        let entries = (try? FileSystem.entries(of: folder).get()) ?? []
        return entries.map(\.text).filter { Self.start(ofSeries: $0)?.hasSameBytes(as: start) == true }
            .map { folder == "." ? $0 : FileSystem.join(folder, $0) }
    }

    /// What the names of a series begin with that `name` belongs to: `photo_crop` of `photo_crop12_dog.jpg`.
    ///
    /// - Parameter name: the name of a file.
    /// - Returns: nil for one that is of no series.
    public static func start(ofSeries name: String) -> String? {
        guard FileSystem.suffix(of: name) == "jpg" else { return nil }
        let parts = FileSystem.stem(of: name).unicodeScalars.split(
            separator: "_", omittingEmptySubsequences: false)
        guard parts.count > 1 else { return nil }
        let numbered = parts[parts.count - 2]
        let word = numbered.prefix { !("0"..."9").contains($0) }
        guard word.count < numbered.count, numbered.dropFirst(word.count).allSatisfy({ ("0"..."9").contains($0) })
        else { return nil }
        let start = parts.dropLast(2).map { String($0) } + [String(word)]
        return start.joined(separator: "_")
    }
}

/// Where a file is or would be: equal for all paths to it.
private struct Location: Hashable {
    /// Nil if it is missing; then `name` is the whole path.
    let folder: FileSystem.Identity?
    let name: PathKey
}

/// The folders of many files, each looked up once.
private struct FolderIdentities {
    private var known: [PathKey: FileSystem.Identity?] = [:]

    mutating func location(of path: String) -> Location {
        let folder = FileSystem.folder(of: path)
        let identity: FileSystem.Identity?
        if let found = known[PathKey(folder)] {
            identity = found
        } else {
            identity = FileSystem.identity(of: folder)
            known[PathKey(folder)] = .some(identity)
        }
        return Location(folder: identity, name: PathKey(identity == nil ? plain(path) : FileSystem.name(of: path)))
    }

    /// That of the series that the file belongs to by its name.
    mutating func seriesLocation(of path: String) -> Location? {
        PlannedOutput.start(ofSeries: FileSystem.name(of: path)).map {
            location(of: FileSystem.join(FileSystem.folder(of: path), $0))
        }
    }

    /// The path without redundant parts: "a//b" and "./a/b" are "a/b".
    private func plain(_ path: String) -> String {
        let parts = path.unicodeScalars.split(separator: "/").map { String($0) }.filter { $0 != "." }
            .joined(separator: "/")
        return path.hasPrefix("/") ? "/" + parts : parts
    }
}
