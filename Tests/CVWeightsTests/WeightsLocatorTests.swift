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

    @Test("weights locator: search paths are searched in order") func searchesThePathsInOrder() throws {
        let searchPaths = [
            "env1/net.safetensors", "env2/net.safetensors", "package/Weights/net.safetensors",
            "usr/bin/Weights/net.safetensors", "usr/bin/net.safetensors", "usr/share/cvtoolkit/Weights/net.safetensors",
        ]
        let locator = locator(environment: "\(root)/env1:\(root)/env2:")
        // From the last search path to the first: each hides those after it.
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

    @Test("weights locator: a path is used unchanged") func pathsAreUsedUnchanged() throws {
        try put("some where/x.bin")
        try put("package/Weights/net.safetensors")
        #expect(try locator().find(root + "/some where/x.bin") == root + "/some where/x.bin")
        let missing = root + "/net.safetensors"
        #expect(throws: WeightsNotFound(name: missing, isPath: true, searched: [], nearest: nil)) {
            try locator().find(missing)
        }
    }

    @Test("weights locator: the environment may name a file") func environmentMayNameAFile() throws {
        try put("mine/last.safetensors", model: "tiny")
        let locator = locator(environment: root + "/mine/last.safetensors")
        #expect(try locator.find("last") == root + "/mine/last.safetensors")
        #expect(try locator.find("tiny") == root + "/mine/last.safetensors")
        #expect(throws: WeightsNotFound.self) { try locator.find("other") }
    }

    @Test("weights locator: errors list all search paths and the nearest name") func errorsListTheSearchPaths() throws {
        try put("package/Weights/yolov3-tiny.safetensors")
        let locator = locator(environment: root + "/none")
        let error = try #require(throws: WeightsNotFound.self) { try locator.find("yolov3-tinny") }
        #expect(error.nearest == "yolov3-tiny")
        #expect(error.searched == locator.searchPaths)
        for searchPath in locator.searchPaths { #expect(error.description.contains(searchPath.path)) }
        let far = try #require(throws: WeightsNotFound.self) { try locator.find("resnet") }
        #expect(far.description.contains("CVTOOL_WEIGHTS"))
    }

    @Test("weights locator: lists headers, and errors of unreadable ones") func listsHeadersAndErrors() throws {
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

    @Test("weights locator: listing reads headers only") func listingReadsHeadersOnly() throws {
        // A file with a terabyte of data, which is a hole in the file system.
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

    @Test("weights locator: folders of this process are found") func theSearchPathsOfThisProcess() throws {
        let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
        #expect(WeightsLocator.packageFolder == sources)
        #expect(FileManager.default.fileExists(atPath: try #require(WeightsLocator.executableFolder)))
    }
}
