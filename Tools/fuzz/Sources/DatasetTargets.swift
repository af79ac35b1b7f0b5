import CVCore
import CVImage
import TestSupport

@testable import CVTraining
@testable import FuzzFixtures

extension FuzzTarget {
    /// Tar files of class folders.
    static let tar = FuzzTarget(
        name: "tar", seeds: tarSeeds,
        words: {
            [
                "ustar\0", "ustar  \0", "././@LongLink", "path=cat/1.png\n", "linkpath=", "size=",
                "19 path=cat/1.png\n", "pax_global_header",
            ]
        },
        repair: Checksums.repairTar, run: { try useDataset(.classification(contentsOf: file("x.tar", $0))) })

    /// Lists of images with their classes.
    static let csv = FuzzTarget(
        name: "csv", share: 5,
        seeds: {
            [
                "path,label\nimages/a.png,cat\n\"images/b.png\",\"a \"\"dog\"\"\"\n",
                "\u{FEFF}label,path,split\r\ncat,images/a.png,train\r\ndog,images/b.png,val\r\n",
                "path,label,split\nimages/a.png,0,test\nimages/c.png,1,\n",
            ].map { Array($0.utf8) }
        },
        words: {
            ["path", "label", "split", "train", "test", "images/a.png", "images/b.png", "\u{FEFF}", "\"\"", "\r\n"]
        },
        run: { try useDataset(.classification(contentsOf: file("csv/x.csv", $0, beside: images))) })

    /// Annotations in COCO's form.
    static let coco = FuzzTarget(
        name: "coco", seeds: { cocoFiles.map { Array($0.utf8) } },
        words: {
            [
                "\"images\":", "\"annotations\":", "\"categories\":", "\"segmentation\":", "\"counts\":",
                "\"size\":[12,16]",
            ]
                + [
                    "\"id\":1", "\"image_id\":1", "\"category_id\":1", "\"iscrowd\":1", "\"file_name\":\"a.png\"",
                    "\"bbox\":",
                ]
                + ["\"area\":1e30", "NaN", "Infinity", "\\u00e4", "\"height\":12", "\"width\":16", "1e308", "-1"]
        },
        run: { try useDataset(.segmentation(contentsOf: file("coco/x.json", $0, beside: images))) })

    /// Annotations of labelme.
    static let labelme = FuzzTarget(
        name: "labelme", share: 5, seeds: { labelmeFiles.map { Array($0.utf8) } },
        words: {
            [
                "\"shapes\":", "\"label\":", "\"points\":", "\"shape_type\":", "\"imagePath\":\"a.png\"",
                "\"imageData\":null",
            ]
                + [
                    "polygon", "rectangle", "circle", "linestrip", "mask", "line", "point", "__ignore__",
                    "_background_",
                ]
                + ["\"imageHeight\":12", "\"imageWidth\":16", "1e20", "NaN", "\"flags\":{}", "\"group_id\":1"]
        },
        run: { bytes in
            let json = try file("labelme/a.json", bytes, beside: ["a.png": images["images/a.png"]!])
            try useDataset(.segmentation(contentsOf: FileSystem.folder(of: json)))
        })

    /// Reads what a training reads of a set: the first items of it.
    private static func useDataset(_ set: ImageDataset) throws {
        for item in set.items.prefix(4) { _ = try set.sample(of: item) }
        _ = set.counts
    }

    /// The images that the lists and annotations speak of.
    static let images: [String: [UInt8]] = {
        let names = ["images/a.png", "images/b.png", "images/c.png"]
        let file = try? image(16, 12).encoded(as: .png())
        return Dictionary(uniqueKeysWithValues: names.map { ($0, file ?? []) })
    }()

    /// Writes a file, and others in its folder, unless they are there.
    static func file(_ name: String, _ bytes: [UInt8], beside others: [String: [UInt8]]) throws -> String {
        let folder = try folder(FileSystem.folder(of: name))
        for (other, content) in others where FileSystem.kind(of: FileSystem.join(folder, other)) != .file {
            try makeFolder(FileSystem.folder(of: FileSystem.join(folder, other)))
            try FileOutput.write(content, to: FileSystem.join(folder, other))
        }
        return try file(name, bytes)
    }

    // MARK: Seeds

    private static func tarSeeds() throws -> [[UInt8]] {
        let image = try image(4, 4).encoded(as: .png())
        func tar(_ fill: (inout TarBuilder) -> Void) -> [UInt8] {
            var builder = TarBuilder()
            fill(&builder)
            return builder.finished()
        }
        return [
            tar {
                $0.add("set/cat/", kind: "5")
                $0.add("set/cat/1.png", image)
                $0.add("set/dog/1.png", image)
            },
            tar {
                $0.add("././@LongLink", Array("cat/long.png\0".utf8), kind: "L")
                $0.add("short", image)
                $0.add("x", Array("21 path=dog/long.png\n".utf8), kind: "x")
                $0.add("short", image)
            },
            tar {
                $0.add("cat/1.png", image)
                for (kind, name) in [("1", "cat/2.png"), ("2", "dog/1.png")] as [(Character, String)] {
                    $0.add(name, kind: kind) { $0.replaceSubrange(157..<166, with: Array("cat/1.png".utf8)) }
                }
                $0.add("g", Array("18 comment=nothing".utf8) + [10], kind: "g")
            },
        ]
    }

    private static let cocoFiles = [
        """
        {"images":[{"id":1,"file_name":"a.png","width":16,"height":12},{"id":2,"file_name":"b.png"}],
        "categories":[{"id":1,"name":"cat"},{"id":7,"name":"dog"}],"annotations":[
        {"id":1,"image_id":1,"category_id":1,"area":20,"bbox":[1,1,8,8],"iscrowd":0,"segmentation":[[1,1,9,1,9,9,1.5,9]]},
        {"id":2,"image_id":2,"category_id":7,"area":5.5,"iscrowd":1,"segmentation":{"counts":[3,5,184],"size":[12,16]}}]}
        """,
        """
        {"images":[{"id":1,"file_name":"a.png"}],"categories":[{"id":1,"name":"background"},{"id":2,"name":"x"}],
        "annotations":[{"image_id":1,"category_id":2,"segmentation":{"counts":"35T50","size":[12,16]}},
        {"image_id":1,"category_id":2,"segmentation":[[0,0,20,0,20,20],[2,2,4,2,4,4]]}]}
        """,
    ]

    private static let labelmeFiles = [
        """
        {"imagePath":"a.png","shapes":[{"label":"x","points":[[8,6],[1e20,6]],"shape_type":"circle"}]}
        """,
        """
        {"version":"5.0","flags":{},"imagePath":"a.png","imageData":null,"imageHeight":12,"imageWidth":16,"shapes":[
        {"label":"cat","points":[[1,1],[9,1],[9,9]],"shape_type":"polygon","group_id":null},
        {"label":"dog","points":[[2,2],[5,6]],"shape_type":"rectangle"},
        {"label":"__ignore__","points":[[8,6],[10.5,6]],"shape_type":"circle"}]}
        """,
        """
        {"imagePath":"..\\\\a.png","shapes":[{"label":"cat","points":[[1,1],[9,9]],"shape_type":"mask","mask":"iVBORw0KGgo="},
        {"label":"_background_","points":[[0,0],[9,0],[9,9],[0,9]],"shape_type":"rectangle"},
        {"label":1,"points":[[3,3]],"shape_type":"point"}]}
        """,
    ]
}
