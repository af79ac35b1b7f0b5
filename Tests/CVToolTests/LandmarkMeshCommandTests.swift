import CVCore
import CVImage
import Foundation
import TestSupport
import Testing

/// `cvtool landmarks` and `evaluate landmarks` with the face mesh.
@Suite("cvtool: face meshes") struct LandmarkMeshCommandTests {
    let scratch: DetectScratch

    init() throws {
        scratch = try DetectScratch()
        let portrait = try Image(contentsOf: packageFolder.appending(path: "SampleImages/portrait.jpg").path)
            .cropped(x: 96, y: 0, width: 256, height: 256)
        try scratch.write(Data(portrait.encoded(as: .png())), to: "a/Ann_0.png")
        var pair = Image(width: 512, height: 256, fill: Color(90, 90, 90))
        pair.paste(portrait, x: 0, y: 0)
        pair.paste(portrait.flippedHorizontally(), x: 256, y: 0)
        try scratch.write(Data(pair.encoded(as: .png())), to: "pair.png")
        try scratch.write(
            Data(Image(width: 64, height: 64, fill: .black).encoded(as: .png())), to: "empty.png")
    }

    private func run(_ arguments: String...) throws -> CommandResult { try runCommand(arguments, in: scratch.path) }

    private func points(_ result: CommandResult) throws -> [JSONValue] {
        #expect(result.exitCode == 0, "\(result.errors)")
        let faces = try #require(try result.records.first?["landmarks"]?.array)
        return faces.flatMap { $0["points"]?.array ?? [] }
    }

    @Test("points have a depth; 68 of them can be chosen; attention adds the irises") func numbers() throws {
        let all = try points(run("landmarks", "a/Ann_0.png", "-w", "face-mesh", "--json", "--no-image"))
        #expect(all.count == 468 && all.allSatisfy { $0.array?.count == 3 })
        // The tip of the nose is nearer than the cheeks.
        #expect((all[1].array?[2].double ?? 0) < (all[234].array?[2].double ?? 0))
        let some = try points(
            run("landmarks", "a/Ann_0.png", "-w", "face-mesh", "--points", "68", "--json", "--no-image"))
        #expect(some.count == 68 && some[36] == all[33])
        let whole = try points(
            run("landmarks", "a/Ann_0.png", "--whole", "-w", "face-mesh-attention", "--json", "--no-image"))
        #expect(whole.count == 478)
        let two = try points(run("landmarks", "pair.png", "-w", "face-mesh", "--json", "--no-image"))
        #expect(two.count == 2 * 468)
        let none = try points(run("landmarks", "empty.png", "-w", "face-mesh", "--json", "--no-image"))
        #expect(none.isEmpty)
        let other = try run("landmarks", "a/Ann_0.png", "--points", "69", "--no-image")
        #expect(other.exitCode == 64, "\(other.errors)")
    }

    @Test("the mesh, its contours or its points are drawn, and crops are aligned by its eyes") func drawings() throws {
        var drawn: [Image] = []
        let styles = [
            ("mesh", []), ("lines", ["--contours"]), ("points", ["--no-contours"]), ("68", ["--points", "68"]),
        ]
        for (name, flags) in styles {
            let result = try runCommand(
                ["landmarks", "a/Ann_0.png", "-w", "face-mesh", "-o", "\(name).png"] + flags, in: scratch.path)
            #expect(result.exitCode == 0, "\(result.errors)")
            drawn.append(try scratch.image("\(name).png"))
        }
        drawn.append(try scratch.image("a/Ann_0.png"))
        for (index, image) in drawn.enumerated() {
            #expect(drawn[(index + 1)...].allSatisfy { $0 != image }, "\(index)")
        }
        let aligned = try run(
            "landmarks", "pair.png", "-w", "face-mesh", "--no-image", "--aligned", "aligned", "--aligned-size", "64")
        #expect(aligned.exitCode == 0, "\(aligned.errors)")
        #expect(try scratch.names(in: "aligned") == ["pair_aligned1.jpg", "pair_aligned2.jpg"])
        let both = try run("landmarks", "a/Ann_0.png", "--contours", "--no-contours")
        #expect(both.exitCode == 64 && both.errors.contains("exclude each other"), "\(both.errors)")
        let unknown = try run("landmarks", "a/Ann_0.png", "-w", "landmarks68", "--points", "68", "--no-image")
        #expect(unknown.exitCode == 0, "\(unknown.errors)")
    }

    @Test("on data with 68 points the mesh is evaluated at those that stand for them") func evaluation() throws {
        let found = try points(run("landmarks", "a/Ann_0.png", "--json", "--no-image"))
        let numbers = found.flatMap { $0.array?.compactMap(\.double) ?? [] }
        let header = (0..<68).map { "x\($0),y\($0)" }.joined(separator: ",")
        let row = numbers.map { "\($0)" }.joined(separator: ",")
        try scratch.write("image,\(header)\nAnn_0.png,\(row)\n", to: "a/keypoints.csv")
        let result = try run("evaluate", "landmarks", "a", "-w", "face-mesh", "--faces", "--json")
        #expect(result.exitCode == 0, "\(result.errors)")
        #expect(result.errors.contains("face-mesh: has 468 points, of which 68 stand for those of the data"))
        let record = try #require(try result.records.first)
        #expect(record["images"]?.integer == 1 && record["points"]?.array?.count == 68)
        let error = try #require(record["inter_ocular"]?["nme"]?.double)
        #expect(error > 0.001 && error < 0.1)
        let alone = try run("evaluate", "landmarks", "a", "-w", "face-mesh", "--quiet", "--errors", "worst.jpg")
        #expect(alone.exitCode == 0 && alone.errors.isEmpty && alone.output.contains("jaw 1"), "\(alone.errors)")
    }
}
