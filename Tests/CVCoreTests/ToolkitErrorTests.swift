import CVCore
import Foundation
import Testing

@Suite("Errors") struct ToolkitErrorTests {
    @Test("localizedDescription is the message") func localizedDescriptionIsTheMessage() {
        let error: any Error = FileError("a\nb", .tooLarge(bytes: 9, limit: 8))
        #expect(error.localizedDescription == "a\\nb: has 9 bytes; at most 8 are read")
        #expect((error as any Error as NSError).localizedDescription == error.localizedDescription)
    }

    @Test("A missing file is distinguished from one that cannot be read") func missingFile() throws {
        func category(_ path: String) -> ErrorCategory? {
            do {
                _ = try FileInput.read(path)
                return nil
            } catch {
                return (error as? any ToolkitError)?.category
            }
        }
        #expect(category("/nowhere/at/all") == .notFound)
        #expect(category("/") == .invalid)
        #expect(category("/dev/null/x") == .io)
    }

    @Test("A category is its name in JSON") func categoryInJSON() throws {
        let text = String(decoding: try JSONEncoder().encode(ErrorCategory.allCases), as: UTF8.self)
        #expect(text == #"["usage","notFound","unsupported","invalid","limit","io"]"#)
    }

    @Test("Only the URL of a file has a path") func pathOfURL() throws {
        #expect(try FileInput.path(of: URL(fileURLWithPath: "/a b/ü.png")) == "/a b/ü.png")
        let web = try #require(URL(string: "https://example.org/a.png"))
        let error = #expect(throws: FileError.self) { try FileInput.path(of: web) }
        #expect(error?.description.contains("not the URL of a file") == true)
    }

    @Test("Any JSON goes through JSONEncoder and JSONDecoder") func jsonValue() throws {
        let text = #"{"a":[1,-2.5,true,null,"x\"y",{"b":[]}],"c":{},"d":0.1}"#
        let value = try JSONValue.parse(text)
        let bytes = try JSONEncoder().encode(value)
        #expect(try sorted(JSONValue.parse(bytes)) == sorted(value))
        #expect(try sorted(JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))) == sorted(value))
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(JSONValue.self, from: Data("[1,".utf8)) }
    }

    /// With the members of objects in the order of their keys.
    private func sorted(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let members):
            .object(members.map { JSONMember($0.key, sorted($0.value)) }.sorted { $0.key < $1.key })
        case .array(let values): .array(values.map(sorted))
        default: value
        }
    }
}
