import CVCore
import CVImage
import Foundation
import TestSupport
import Testing

/// `cvtool explain` and `cvtool activations`, with the ResNet-20 that comes with the library.
@Suite struct InspectCommandTests {
    let folder: DetectScratch

    init() throws { folder = try DetectScratch() }

    private func run(_ arguments: String...) throws -> CommandResult {
        try runCommand(arguments + ["-m", "resnet20-cifar10"], in: folder.path)
    }

    @Test("cvtool explain: each image gets a copy with a heat map")
    func eachImageGetsACopyWithColors() throws {
        try folder.put("retriever.jpg", as: "a.jpg", "b.jpg")
        try folder.write("not an image", to: "c.jpg")
        let result = try run("explain", "a.jpg", "b.jpg", "c.jpg", "--json", "-o", "maps/")
        #expect(result.exitCode == 2 && result.errors.contains("c.jpg"), "\(result.errors)")
        let records = try result.records
        #expect(records.count == 3)
        let explanation = try #require(records[0]["explanations"]?.array?.first)
        #expect(explanation["label"]?.string == "dog" && explanation["layer"]?.string == "layer3.2.bn2")
        #expect(explanation["picture"]?.string == "maps/a_explain.jpg")
        #expect(records[2]["error"]?.string != nil)
        #expect(try folder.names(in: "maps") == ["a_explain.jpg", "b_explain.jpg"])
        let (image, map) = (try folder.image("a.jpg"), try folder.image("maps/a_explain.jpg"))
        #expect(image.width == map.width && image.height == map.height && image != map)
        // The face is light, the corner below it dark.
        #expect(map[260, 230].luminance > 2 * map[500, 500].luminance)
    }

    @Test("cvtool explain: nothing is overwritten without --force")
    func nothingIsOverwrittenUnasked() throws {
        try folder.put("cat.jpg", as: "cat.jpg")
        let first = try run("explain", "cat.jpg", "--class", "dog", "--layer", "layer2")
        #expect(first.exitCode == 0 && first.output.hasPrefix("cat.jpg: dog "), "\(first.errors)")
        let again = try run("explain", "cat.jpg")
        #expect(again.exitCode == 1 && again.output.isEmpty && again.errors.contains("cat_explain.jpg"))
        #expect(try run("explain", "cat.jpg", "--force", "-q").errors.isEmpty)
    }

    @Test("cvtool activations: the maximally activating patches, in any order of the inputs")
    func theStrongestPatchesStandOnASheet() throws {
        try folder.put("cat.jpg", as: "photos/cat.jpg")
        try folder.put("retriever.jpg", as: "photos/dog.jpg")
        try folder.put("parrot.jpg", as: "photos/parrot.jpg")
        let result = try run("activations", "photos", "--layer", "layer1.0.bn1", "--unit", "3", "--top", "2")
        #expect(result.exitCode == 0 && result.lines.count == 2, "\(result.errors)")
        let values = result.lines.compactMap { $0.split(separator: " ").dropFirst().first.flatMap { Double($0) } }
        #expect(values.count == 2 && values[0] >= values[1] && values[1] > 0)
        let sheet = try folder.image("layer1.0.bn1_3.png")
        #expect(sheet.width > sheet.height && sheet.width > 300)
        // In another order, too.
        let json = try run(
            "activations", "photos/parrot.jpg", "photos/dog.jpg", "photos/cat.jpg", "--layer", "layer1.0.bn1", "--unit",
            "3",
            "--top", "2", "--json", "-o", "sheet.png")
        #expect(json.lines.count == 2)
        for (record, value) in zip(try json.records, values) {
            #expect(abs(try #require(record["value"]?.double) - value) < 1e-3 && record["box"]?.array?.count == 4)
        }
    }

    @Test("cvtool activations: --list shows the layers with their shapes")
    func theLayersAreListed() throws {
        let result = try run("activations", "--list")
        #expect(result.exitCode == 0 && result.lines.count == 51)
        #expect(result.lines[1].split(separator: " ") == ["conv1", "16", "32", "32"])
    }

    @Test("cvtool inside is cvtool activations, and says so")
    func formerNameOfActivationsStillWorks() throws {
        let (former, current) = (try run("inside", "--list"), try run("activations", "--list"))
        #expect(former.exitCode == 0 && former.output == current.output)
        #expect(former.errors == "cvtool: inside is called activations now\n" && current.errors == "")
        let help = try runCommand(["help", "inside"], in: folder.path)
        #expect(help.exitCode == 0 && help.output.contains("cvtool activations"))
        #expect(help.errors == "cvtool: inside is called activations now\n")
        #expect(try !runCommand(["help"], in: folder.path).output.contains("inside"))
    }

    @Test("cvtool explain, activations: unknown classes, layers and units are errors")
    func whatTheNetworkDoesNotHaveIsAnError() throws {
        try folder.put("cat.jpg", as: "cat.jpg")
        let unknown = try run("explain", "cat.jpg", "--class", "cta")
        #expect(unknown.exitCode == 64 && unknown.errors.contains("--class: there is no class \"cta\""))
        let layer = try run("explain", "cat.jpg", "--layer", "layer5")
        #expect(layer.exitCode == 1 && layer.errors.contains("no layer \"layer5\""), "\(layer.errors)")
        let unit = try run("activations", "cat.jpg", "--layer", "layer2", "--unit", "99")
        #expect(unit.exitCode == 1 && unit.errors.contains("0 to 31"), "\(unit.errors)")
        #expect(try folder.names() == ["cat.jpg"])
    }

    @Test(
        "cvtool explain, activations, classify, train: wrong arguments exit with 64",
        arguments: [
            ["activations", "a.png", "--layer", "x"], ["activations", "--layer", "x", "--unit", "1"],
            ["activations", "a.png", "--layer", "x", "--unit", "1", "-o", "sheet.txt"],
            ["activations", "a.png", "--layer", "x", "--unit", "1", "--top", "0"], ["explain", "a.png", "-o", "-"],
            ["explain", "a.png", "--opacity", "2"], ["explain", "a.png", "-w", "x", "-m", "y"],
            ["classify", "a.png", "--flip", "--ten-crop"], ["classify", "a.png", "-w", "x", "-m", "y"],
            ["train", "classify", "x", "--freeze", "backbone"],
            ["train", "classify", "x", "--freeze", "head", "--pretrained"],
            ["train", "classify", "x", "--pretrained", "--copies", "2"],
            ["train", "classify", "x", "--pretrained", "--freeze", "backbone", "--copies", "2"],
        ])
    func argumentsThatMakeNoSenseAreRefused(arguments: [String]) throws {
        let result = try runCommand(arguments, in: folder.path)
        #expect(result.exitCode == 64 && result.output.isEmpty, "\(result.errors)")
    }
}
