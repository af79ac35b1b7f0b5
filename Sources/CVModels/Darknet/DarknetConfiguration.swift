import CVCore

/// The text of a darknet `.cfg`: sections in square brackets, each with `key=value` lines. `#` and `;` begin comments.
///
/// Format: https://pjreddie.com/darknet and github.com/AlexeyAB/darknet/wiki. Nothing is interpreted here.
public struct DarknetConfiguration: Sendable {
    /// A section: `[net]` or a layer.
    public struct Section: Sendable {
        /// The type, lower-case, without brackets.
        public let type: String
        /// `net.cfg:12`, for messages.
        public let location: String
        let options: [String: (value: String, location: String)]
    }

    /// `[net]` first, then one section per layer.
    public let sections: [Section]
    /// The name in messages.
    public let name: String

    /// Limits on the size of the text and on the number of layers.
    static let maxBytes = 4 << 20
    static let maxSections = 5000

    /// Reads a file.
    ///
    /// - Parameter path: of the `.cfg`.
    /// - Throws: `FileError` if it cannot be read, `DarknetError` if it cannot be parsed.
    public init(contentsOf path: String) throws {
        let start = try FileInput.readPrefix(path, count: 4096).bytes
        if let kind = FileKind.recognize(start), kind != .darknetConfig {
            throw DarknetError(
                path, .syntax("is \(kind.name), not a darknet .cfg file" + (kind.remedy.map { "; " + $0 } ?? "")))
        }
        try self.init(bytes: TextInput.read(path, maxBytes: Self.maxBytes), name: path)
    }

    /// Parses the text of a `.cfg`.
    ///
    /// - Parameters:
    ///   - text: the sections.
    ///   - name: the name in messages.
    /// - Throws: `DarknetError` with the line.
    public init(text: String, name: String = "cfg") throws(DarknetError) {
        try self.init(bytes: Array(text.utf8), name: name)
    }

    init(bytes: [UInt8], name: String) throws(DarknetError) {
        self.name = name
        guard !bytes.contains(0) else {
            throw DarknetError(name, .syntax("this is a binary file; the text of a .cfg is expected"))
        }
        var sections: [Section] = []
        var open: (type: String, location: String, options: [String: (value: String, location: String)])?
        func closeSection() {
            if let open { sections.append(Section(type: open.type, location: open.location, options: open.options)) }
        }
        let lines = String(decoding: TextInput.withoutMark(bytes), as: UTF8.self).split(
            omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (index, line) in lines.enumerated() {
            let location = "\(name):\(index + 1)"
            let text = line.prefix { $0 != "#" && $0 != ";" }.filter { !$0.isWhitespace }
            if text.isEmpty { continue }
            if text.hasPrefix("[") {
                guard text.hasSuffix("]"), text.count > 2 else {
                    throw DarknetError(location, .syntax("'\(abbreviated(text))' is no [section]"))
                }
                closeSection()
                open = (text.dropFirst().dropLast().lowercased(), location, [:])
                guard sections.count < Self.maxSections else {
                    throw DarknetError(location, .invalid("more than \(Self.maxSections) layers"))
                }
            } else if let equals = text.firstIndex(of: "="), equals != text.startIndex {
                guard open != nil else {
                    throw DarknetError(location, .syntax("'\(abbreviated(text))' stands before the first [section]"))
                }
                open?.options[String(text[..<equals])] = (String(text[text.index(after: equals)...]), location)
            } else {
                throw DarknetError(location, .syntax("'\(abbreviated(text))' is neither [section] nor key=value"))
            }
        }
        closeSection()
        guard let first = sections.first, first.type == "net" || first.type == "network" else {
            throw DarknetError(
                sections.first?.location ?? name, .syntax("the first section must be [net]; is this a darknet .cfg?"))
        }
        self.sections = sections
    }
}

extension DarknetConfiguration.Section {
    func has(_ key: String) -> Bool { options[key] != nil }

    /// An integer within `range`, or the default where the key is missing.
    func integer(_ key: String, default fallback: Int, in range: ClosedRange<Int>) throws(DarknetError) -> Int {
        guard let option = options[key] else { return fallback }
        guard let value = Int(option.value), range.contains(value) else {
            throw DarknetError(
                option.location,
                .invalid(
                    "\(key)=\(abbreviated(option.value)): a whole number from \(range.lowerBound) to "
                        + "\(range.upperBound) is expected"))
        }
        return value
    }

    func flag(_ key: String) throws(DarknetError) -> Bool {
        try integer(key, default: 0, in: Int.min...Int.max) != 0
    }

    func float(_ key: String, default fallback: Float, in range: ClosedRange<Float>) throws(DarknetError) -> Float {
        guard let option = options[key] else { return fallback }
        guard let value = Float(option.value), range.contains(value) else {
            throw DarknetError(
                option.location,
                .invalid("\(key)=\(abbreviated(option.value)): a number from \(range) is expected"))
        }
        return value
    }

    func text(_ key: String, default fallback: String) -> String { options[key]?.value ?? fallback }

    func integers(_ key: String) throws(DarknetError) -> [Int] { try list(key, of: "whole numbers") { Int($0) } }

    func floats(_ key: String) throws(DarknetError) -> [Float] { try list(key, of: "numbers") { Float($0) } }

    /// Comma-separated values; a comma at the end is common and harmless.
    private func list<Value>(
        _ key: String, of kind: String, _ parse: (Substring) -> Value?
    ) throws(DarknetError) -> [Value] {
        guard let option = options[key] else { return [] }
        var values: [Value] = []
        for part in option.value.split(separator: ",") {
            guard let value = parse(part) else {
                throw DarknetError(
                    option.location, .invalid("\(key): '\(abbreviated(String(part)))' is not in a list of \(kind)"))
            }
            values.append(value)
        }
        return values
    }

    /// Throws if an option is set that affects the result and is not implemented.
    func refuse(_ keys: String...) throws(DarknetError) {
        for key in keys where try flag(key) {
            throw DarknetError(options[key]?.location ?? location, .unsupported("\(key) in [\(type)]"))
        }
    }
}
