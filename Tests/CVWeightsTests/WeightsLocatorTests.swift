import CVCore
import CVNN
import CVWeights
import Foundation
import TestSupport
import Testing

@Suite final class WeightsLocatorTests {
    let root: String

    init() throws { root = try temporaryFolder() }

    deinit { remove(root) }

    private func put(_ path: String, model: String = "tiny") throws {
        let full = root + "/" + path
        try makeFolder(URL(fileURLWithPath: full).deletingLastPathComponent().path)
        var metadata = sampleMetadata
        metadata.model = model
        try FileOutput.write(sampleWeights(metadata: metadata), to: full)
    }

    private func locator(environment: String? = nil) -> WeightsLocator {
        WeightsLocator(environment: environment, packageFolder: root + "/package", executableFolder: root + "/usr/bin")
    }

    @Test func searchesThePathsInOrder() throws {
        let searchPaths = [
            "env1/net.safetensors", "env2/net.safetensors", "package/Weights/net.safetensors",
            "usr/bin/Weights/net.safetensors", "usr/bin/net.safetensors", "usr/share/cvtoolkit/Weights/net.safetensors",
        ]
        let locator = locator(environment: "\(root)/env1:\(root)/env2:")
        // From the last place to the first: each hides those after it.
        for searchPath in searchPaths.reversed() {
            try put(searchPath)
            #expect(try locator.find("net") == root + "/" + searchPath)
            #expect(try locator.find("net.safetensors") == root + "/" + searchPath)
            #expect(locator.list().map(\.path) == [root + "/" + searchPath])
        }
        #expect(
            locator.searchPaths.suffix(2).map(\.path)
                == ["/usr/local/share/cvtoolkit/Weights", "/usr/share/cvtoolkit/Weights"])
    }

    @Test func aPathIsUsedAsItIs() throws {
        try put("some where/x.bin")
        try put("package/Weights/net.safetensors")
        #expect(try locator().find(root + "/some where/x.bin") == root + "/some where/x.bin")
        let missing = root + "/net.safetensors"
        #expect(throws: WeightsNotFound(name: missing, isPath: true, searched: [], nearest: nil)) {
            try locator().find(missing)
        }
    }

    @Test func theEnvironmentMayNameAFile() throws {
        try put("mine/last.safetensors", model: "tiny")
        let locator = locator(environment: root + "/mine/last.safetensors")
        #expect(try locator.find("last") == root + "/mine/last.safetensors")
        #expect(try locator.find("tiny") == root + "/mine/last.safetensors")
        #expect(throws: WeightsNotFound.self) { try locator.find("other") }
    }

    @Test func sayingEveryPathWhenNothingIsFound() throws {
        try put("package/Weights/yolov3-tiny.safetensors")
        let locator = locator(environment: root + "/none")
        let error = try #require(throws: WeightsNotFound.self) { try locator.find("yolov3-tinny") }
        #expect(error.nearest == "yolov3-tiny")
        #expect(error.searched == locator.searchPaths)
        for searchPath in locator.searchPaths { #expect(error.description.contains(searchPath.path)) }
        let far = try #require(throws: WeightsNotFound.self) { try locator.find("resnet") }
        #expect(far.description.contains("CVTOOL_WEIGHTS"))
    }

    @Test func listsHeadersAndWhatIsWrongWithThem() throws {
        try put("package/Weights/b.safetensors", model: "net-b")
        try put("package/Weights/a.safetensors", model: "net-a")
        try FileOutput.write([1, 2, 3], to: root + "/package/Weights/broken.safetensors")
        try FileOutput.write([], to: root + "/package/Weights/README.md")
        try makeFolder(root + "/package/Weights/folder.safetensors")
        let found = locator().list()
        #expect(found.map(\.name) == ["a", "b", "broken"])
        #expect(found.map { $0.metadata["model"] } == ["net-a", "net-b", nil])
        #expect(found[2].json["error"]?.string?.contains("has 3 bytes") == true)
        #expect(found[0].json["origin"] == "the package's sources")
    }

    @Test func listingReadsHeadersOnly() throws {
        // A file that claims a terabyte of data, and has it, as a hole in the file system.
        let bytes = 1 << 40
        let header = "{\"w\":{\"dtype\":\"F32\",\"shape\":[\(bytes / 4)],\"data_offsets\":[0,\(bytes)]}}"
        let path = root + "/package/Weights/huge.safetensors"
        try makeFolder(root + "/package/Weights")
        let start = safetensors(header: header)
        try FileOutput.write(start, to: path)
        try #require(truncate(path, off_t(start.count + bytes)) == 0)
        #expect(try locator().list().map { try $0.header.get().entries.first?.shape } == [[bytes / 4]])
        #expect(try WeightsInspection(path: path).parameterCount == bytes / 4)
        #expect(throws: FileError(path, .tooLarge(bytes: start.count + bytes, limit: 4 << 30))) {
            try Safetensors(path: path)
        }
    }

    @Test func theSearchPathsOfThisProcess() throws {
        let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
        #expect(WeightsLocator.packageFolder == sources)
        #expect(FileManager.default.fileExists(atPath: try #require(WeightsLocator.executableFolder)))
    }
}
