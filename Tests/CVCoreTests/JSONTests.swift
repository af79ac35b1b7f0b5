import CVCore
import TestSupport
import Testing

@Suite struct JSONTests {
    @Test("JSON: all kinds of values are parsed in order") func parsesEveryKindOfValueInOrder() throws {
        let value = try JSONValue.parse(#" {"z": [1, -2.5e1, true, false, null, "s"], "a": {}, "e": []} "#)
        #expect(value == ["z": [1, -25.0, true, false, .null, "s"], "a": [:], "e": []])
        #expect(value["z"]?.array?.count == 6)
        #expect(value["missing"] == nil)
    }

    @Test(
        "JSON: numbers are parsed",
        arguments: [
            ("0", JSONValue.integer(0)), ("-0", .number(-0.0)), ("9223372036854775807", .integer(.max)),
            ("-9223372036854775808", .integer(.min)), ("9223372036854775808", .number(9_223_372_036_854_775_808)),
            ("1e2", .number(100)), ("1E+2", .number(100)), ("1.50", .number(1.5)),
            ("5e-324", .number(.leastNonzeroMagnitude)),
        ]) func parsesNumbers(text: String, value: JSONValue) throws
    {
        let parsed = try JSONValue.parse(text)
        #expect(parsed == value)
        #expect(parsed.double?.sign == value.double?.sign)
    }

    @Test(
        "JSON: strings are parsed",
        arguments: [
            (#""\u0041\n\/\\\"\b\f\r\t""#, "A\n/\\\"\u{8}\u{C}\r\t"), (#""\ud83d\ude00\uD83D\uDE00""#, "😀😀"),
            ("\"é😀\"", "é😀"), (#""\u0000""#, "\0"), (#""\uffff\uFFFD""#, "\u{FFFF}\u{FFFD}"),
        ]) func parsesStrings(text: String, string: String) throws
    {
        #expect(try JSONValue.parse(text) == .string(string))
    }

    @Test(
        "JSON: errors have a kind and an offset",
        arguments: [
            ("", 0, JSONError.Problem.unexpected(found: nil, expected: "a value")),
            ("nul", 0, .unexpected(found: UInt8(ascii: "n"), expected: "a value")),
            ("NaN", 0, .unexpected(found: UInt8(ascii: "N"), expected: "a value")),
            ("[1,]", 3, .unexpected(found: UInt8(ascii: "]"), expected: "a value")),
            ("[1 2]", 3, .unexpected(found: UInt8(ascii: "2"), expected: "',' or ']'")),
            ("{1:2}", 1, .unexpected(found: UInt8(ascii: "1"), expected: "a key in quotes")),
            (#"{"a" 1}"#, 5, .unexpected(found: UInt8(ascii: "1"), expected: "':'")),
            (#"{"a":1,}"#, 7, .unexpected(found: UInt8(ascii: "}"), expected: "a key in quotes")),
            (#"{"a":1"#, 6, .unexpected(found: nil, expected: "',' or '}'")),
            ("1 1", 2, .unexpected(found: UInt8(ascii: "1"), expected: "the end")),
            ("01", 1, .unexpected(found: UInt8(ascii: "1"), expected: "the end")),
            ("+1", 0, .unexpected(found: UInt8(ascii: "+"), expected: "a value")),
            (".5", 0, .unexpected(found: UInt8(ascii: "."), expected: "a value")),
            ("1.", 2, .unexpected(found: nil, expected: "a digit")),
            ("-", 1, .unexpected(found: nil, expected: "a digit")), ("1e999", 0, .numberOutOfRange),
            ("\u{FEFF}1", 0, .unexpected(found: 0xEF, expected: "a value")),
            ("\"a", 2, .unexpected(found: nil, expected: "'\"'")), ("\"\n\"", 1, .controlCharacter(10)),
            (#""\x""#, 1, .badEscape), (#""\u12G4""#, 1, .badEscape), (#""\"#, 1, .badEscape),
            (#""\ud800""#, 1, .loneSurrogate), (#""\udc00\ud800""#, 1, .loneSurrogate),
            (#""\ud800\u0041""#, 1, .loneSurrogate), (#"{"a":1,"b":{"c":1,"c":2}}"#, 18, .duplicateKey("c")),
            (#"{"a":1,"\u0061":2}"#, 7, .duplicateKey("a")),
        ]) func namesWhatIsWrongAndWhere(text: String, offset: Int, problem: JSONError.Problem)
    {
        #expect(throws: JSONError(problem, at: offset)) { try JSONValue.parse(text) }
    }

    @Test(
        "JSON: invalid UTF-8 is an error",
        arguments: [
            [0xFF], [0xC0, 0x80], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xC3], [0x80],
        ] as [[UInt8]]) func rejectsWhatIsNoUTF8(bytes: [UInt8])
    {
        let quoted = [UInt8(ascii: "\"")] + bytes + [UInt8(ascii: "\"")]
        #expect(throws: JSONError(.invalidUTF8, at: 0)) { try JSONValue.parse(quoted) }
    }

    @Test("JSON: depth, count and length are limited") func limitsDepthAndCount() throws {
        let nested = { (depth: Int) in String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
        _ = try JSONValue.parse(nested(65))
        #expect(throws: JSONError(.tooDeep(limit: 64), at: 65)) { try JSONValue.parse(nested(66)) }
        #expect(throws: JSONError(.tooDeep(limit: 64), at: 65)) {
            try JSONValue.parse(String(repeating: "[", count: 1_000_000))
        }
        _ = try JSONValue.parse("[1,2]".utf8, maxValues: 3)
        #expect(throws: JSONError(.tooManyValues(limit: 3), at: 5)) {
            try JSONValue.parse("[1,2,3]".utf8, maxValues: 3)
        }
        #expect(throws: JSONError(.numberOutOfRange, at: 0)) {
            try JSONValue.parse(String(repeating: "1", count: 1001))
        }
    }

    static let written: [(JSONValue, String)] = [
        (JSONValue.number(0.1), "0.1"), (JSONValue(Float(0.1)), "0.1"), (JSONValue(Float(1) / 3), "0.33333334"),
        (JSONValue(Float.greatestFiniteMagnitude), "3.4028235e+38"), (.number(1e-7), "1e-07"), (.number(-0.0), "-0.0"),
        (.number(.nan), "null"), (.number(.infinity), "null"), (JSONValue(-Float.infinity), "null"),
        (JSONValue(Float.nan), "null"), (.integer(.min), "-9223372036854775808"),
        ("a\"b\\c\n\r\t\u{1}\u{7F}/é😀", "\"a\\\"b\\\\c\\n\\r\\t\\u0001\\u007f/é😀\""),
        // What a terminal would obey, and what changes the direction of writing.
        ("\u{85}\u{2028}\u{202E}\u{2069}", "\"\\u0085\\u2028\\u202e\\u2069\""),
        (["b": [1, 2.5, true, .null], "a": [:]], #"{"b":[1,2.5,true,null],"a":{}}"#),
    ]

    @Test("JSON: values are written compactly", arguments: written) func writesCompactText(
        value: JSONValue, text: String
    ) {
        #expect(value.text == text)
    }

    @Test("JSON: members without a value are omitted") func omitsMembersWithoutValue() {
        #expect(JSONValue.members(["a": 1, "b": nil, "c": .null]).text == #"{"a":1,"c":null}"#)
    }

    @Test("JSON: written numbers read back exactly") func numbersReadBackAsTheSame() throws {
        var generator = SplitMix64(seed: 1)
        for _ in 0..<20_000 {
            let double = Double(bitPattern: generator.next())
            if double.isFinite { #expect(try JSONValue.parse(JSONValue.number(double).text).double == double) }
            let float = Float(bitPattern: UInt32(truncatingIfNeeded: generator.next()))
            if float.isFinite { #expect(try Float(#require(JSONValue.parse(JSONValue(float).text).double)) == float) }
        }
    }

    /// Any change of a byte gives a value or an error with an offset inside the text.
    @Test("JSON: damaged text gives a value or an error") func damagedTextGivesAValueOrAnError() {
        let text = Array(#"{"a":[1,-2.5e3,"x\u00e9\ud83d\ude00é"],"b":{"c":null,"d":true}}"#.utf8)
        for position in text.indices {
            for byte in UInt8.min...UInt8.max {
                var damaged = text
                damaged[position] = byte
                expectValueOrError(damaged)
            }
            expectValueOrError(Array(text[..<position]))
        }
    }

    private func expectValueOrError(_ text: [UInt8]) {
        do {
            let value = try JSONValue.parse(text)
            #expect(throws: Never.self) { try JSONValue.parse(value.text) }
        } catch {
            #expect((0...text.count).contains(error.offset))
        }
    }
}
