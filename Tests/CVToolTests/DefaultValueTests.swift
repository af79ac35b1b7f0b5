import CVCore
import CVDetection
import CVModels
import CVTraining
import Foundation
import Testing

/// The defaults that the help states, and the values that are used.
@Suite struct DefaultValueTests {
    /// All defaults that are a number or a word. A change of any of them changes results: it belongs into the changelog, too.
    private static let documented: [String: [String: String]] = [
        "detect": [
            "precision": "float32", "max-pixels": "178000000", "model": "ssd-mobilenetv2", "conf": "0.25", "iou": "0.6",
            "max-det": "300",
            "quality": "90",
        ],
        "classify": [
            "precision": "float32", "max-pixels": "178000000", "model": "efficientnet-lite0", "top": "5",
        ],
        "segment": [
            "precision": "float32", "max-pixels": "178000000", "model": "person", "opacity": "0.5", "tolerance": "1.0",
            "quality": "90",
            "person-crops": "auto",
        ],
        "stylize": [
            "content-weight": "0.1", "style-weight": "1.0", "tv-weight": "4.0", "iterations": "100",
            "init": "content", "seed": "0", "style-scale": "1.0", "style-blur": "1.0", "pooling": "max",
            "optimizer": "adam", "model": "vgg16-hed", "weights": "multistyle26", "quality": "92",
            "max-pixels": "178000000",
        ],
        "verify": [
            "precision": "float32", "detector": "yunet", "min-size": "20", "quality": "90", "max-pixels": "178000000",
        ],
        "faces detect": [
            "precision": "float32", "detector": "yunet", "min-size": "20", "quality": "90", "max-pixels": "178000000",
        ],
        "faces enroll": [
            "precision": "float32", "database": "people.faces", "face": "1", "detector": "yunet", "min-size": "20",
            "max-pixels": "178000000",
        ],
        "faces find": [
            "precision": "float32", "database": "people.faces", "limit": "3", "detector": "yunet", "min-size": "20",
            "quality": "90",
            "max-pixels": "178000000",
        ],
        "faces list": ["database": "people.faces"],
        "faces remove": ["database": "people.faces"],
        "faces cluster": [
            "precision": "float32", "detector": "yunet", "min-size": "20", "quality": "90", "max-pixels": "178000000",
        ],
        "faces embed": ["precision": "float32", "detector": "yunet", "min-size": "20", "max-pixels": "178000000"],
        "faces crop": [
            "precision": "float32", "detector": "yunet", "min-size": "20", "margin": "0.3", "size": "112",
            "quality": "90",
            "max-pixels": "178000000",
        ],
        "faces blur": [
            "precision": "float32", "detector": "yunet", "min-size": "20", "threshold": "0.5", "style": "gaussian",
            "margin": "0.15",
            "quality": "90", "max-pixels": "178000000",
        ],
        "explain": [
            "max-pixels": "178000000", "model": "efficientnet-lite0", "opacity": "0.6", "quality": "90",
        ],
        "activations": [
            "model": "efficientnet-lite0", "top": "9", "max-pixels": "178000000",
        ],
        "train classify": [
            "schedule": "cosine", "holdout": "0.1", "seed": "1", "momentum": "0.9", "l1": "0.0",
            "label-smoothing": "0.0", "output": "run",
        ],
        "train detect": [
            "model": "yolox-nano", "epochs": "100", "optimizer": "adamw", "schedule": "cosine", "holdout": "0.1",
            "seed": "1", "batch-size": "4", "learning-rate": "0.002", "average": "0.995", "weight-decay": "0.05",
            "momentum": "0.9", "multi-scale": "0.0", "objectness": "bce", "draw-every": "5", "output": "run",
        ],
        "anchors": ["count": "9", "seed": "0", "imgsz": "416"],
        "train segment": [
            "model": "unet-efficientnet-lite0", "epochs": "60", "optimizer": "adamw", "schedule": "cosine",
            "holdout": "0.1", "seed": "1", "batch-size": "4", "learning-rate": "0.001", "weight-decay": "0.01",
            "momentum": "0.9", "loss": "cross-entropy", "class-weights": "median-frequency", "output": "run",
        ],
        "train faces": [
            "val-persons": "--holdout", "imgsz": "32", "channels": "1", "loss": "triplet", "mining": "semi-hard",
            "persons-per-batch": "16", "images-per-person": "4", "epochs": "100", "optimizer": "adamw",
            "average": "0.98",
            "schedule": "cosine", "holdout": "0.1", "seed": "1", "learning-rate": "0.001", "weight-decay": "0.01",
            "momentum": "0.9", "output": "run",
        ],
        "landmarks": [
            "precision": "float32", "max-pixels": "178000000", "weights": "landmarks68", "points": "all", "passes": "3",
            "conf": "0.0",
            "aligned-size": "256", "quality": "90",
        ],
        "train landmarks": [
            "person": "auto", "model": "landmarks-regression", "imgsz": "128", "shift": "0.12", "rotate": "30.0",
            "epochs": "30", "optimizer": "adamw", "schedule": "cosine", "holdout": "0.1", "seed": "1",
            "batch-size": "16", "learning-rate": "0.001", "weight-decay": "0.01", "momentum": "0.9", "output": "run",
        ],
        "train shapes": [
            "steps": "2000", "batch-size": "16", "learning-rate": "0.002", "seed": "1", "output": "run",
        ],
        "train style": [
            "size": "256", "style-scale": "2.0", "max-pixels": "178000000", "width": "32", "steps": "10000",
            "steps-per-epoch": "100", "batch-size": "4", "learning-rate": "0.001", "schedule": "cosine",
            "content-weight": "0.1", "style-weight": "1.0", "tv-weight": "4.0", "model": "vgg16-hed", "seed": "1",
            "output": "run",
        ],
        "tune classify": [
            "epochs": "3", "schedule": "cosine", "holdout": "0.1", "seed": "1", "trials": "20", "rounds": "1",
        ],
        "evaluate classify": [
            "precision": "float32", "split": "all", "holdout": "0.1", "seed": "1",
        ],
        "evaluate faces": ["precision": "float32", "seed": "1", "ways": "5"],
        "evaluate segment": [
            "precision": "float32", "split": "all", "holdout": "0.1", "seed": "1",
        ],
        "evaluate landmarks": [
            "precision": "float32", "split": "all", "holdout": "0.1", "seed": "1", "person": "auto", "passes": "3",
        ],
        "evaluate detect": [
            "precision": "float32", "model": "ssd-mobilenetv2", "conf": "0.001", "iou": "0.6", "max-det": "300",
            "split": "all",
            "holdout": "0.1", "seed": "1", "count": "20",
        ],
        "dataset show": ["output": "dataset.png", "count": "20", "seed": "1", "split": "all", "side": "320"],
        "dataset split": ["val": "0.2", "test": "0.0", "seed": "1"],
        "augment": [
            "seed": "0", "border": "reflect", "quality": "90", "max-pixels": "178000000",
        ],
        "filter": [
            "padding": "reflect", "stride": "1", "quality": "90", "max-pixels": "178000000",
        ],
        "convert": [
            "levels": "1", "filter": "bilinear",
        ],
        "model": ["precision": "float32"],
        "benchmark": [
            "precision": "float32", "model": "ssd-mobilenetv2", "runs": "30", "batch": "1", "batch-size": "8",
        ],
    ]

    /// The defaults in the help of all commands: option by option, as the parser or the text has them.
    private func defaults() throws -> [String: [String: String]] {
        let result = try runCommand(["--experimental-dump-help"])
        var found: [String: [String: String]] = [:]
        func walk(_ command: JSONValue, _ path: [String]) {
            for sub in command["subcommands"]?.array ?? [] { walk(sub, path + [sub["commandName"]?.string ?? ""]) }
            for argument in command["arguments"]?.array ?? [] where argument["kind"]?.string == "option" {
                let name = argument["preferredName"]?["name"]?.string ?? ""
                found[path.joined(separator: " "), default: [:]][name] =
                    argument["defaultValue"]?.string ?? Self.stated(in: argument["abstract"]?.string ?? "")
            }
        }
        walk(try #require(JSONValue.parse(result.output)["command"]), [])
        return found
    }

    /// `0.45` of "(default: 0.45)"; nil for none, or a sentence.
    private static func stated(in text: String) -> String? {
        guard let match = text.firstMatch(of: /\(default: ([-a-z0-9.]+)\)/) else { return nil }
        return ["all", "never", "that", "--seed"].contains(match.1) ? nil : String(match.1)
    }

    @Test("defaults: the help of every command states those that are documented") func helpStatesTheDefaults() throws {
        let found = try defaults()
        #expect(Set(found.filter { !$0.value.isEmpty }.keys) == Set(Self.documented.keys))
        for (command, options) in found {
            #expect(options == Self.documented[command] ?? [:], "\(command)")
        }
    }

    /// Of a recipe, by the names of options where these differ from the keys.
    private func compare(_ command: String, with recipe: JSONValue, _ keys: [String: String]) throws {
        let stated = try #require(defaults()[command])
        for (option, key) in keys {
            let text = try #require(stated[option], "\(option) of \(command)")
            let used = try #require(recipe[key], "\(key) of \(command)")
            if let number = Double(text) {
                // Some settings have 32 bits.
                let value = try #require(used.double ?? used.string.flatMap { Double($0) })
                #expect(abs(value - number) <= 1e-6 * abs(number), "\(option) of \(command)")
            } else {
                #expect(used.string == text, "\(option) of \(command)")
            }
        }
    }

    @Test("defaults: training uses what its help states") func trainingUsesTheDefaults() throws {
        let folder = try TrainScratch()
        let result = try runCommand(
            ["train", "classify", "shapes", "--model", "logistic", "--epochs", "1"], in: folder.path)
        #expect(result.exitCode == 0, "\(result.errors)")
        let common = ["schedule": "schedule", "holdout": "holdout", "seed": "seed"]
        let shared = common.merging(["momentum": "momentum"]) { $1 }
        try compare(
            "train classify", with: JSONValue.parse(folder.scratch.text("run/recipe.json")),
            shared.merging(["l1": "l1", "label-smoothing": "label_smoothing"]) { $1 })
        // What a program gets that gives no settings.
        try compare("train classify", with: ClassificationRecipe(ModelRegistry.spec(named: "resnet20")).json, shared)
        try compare("tune classify", with: ClassificationRecipe(ModelRegistry.spec(named: "lenet5")).json, common)
        try compare(
            "train detect", with: DetectionRecipe(ModelRegistry.spec(named: "yolox-nano")).json,
            [
                "model": "model", "epochs": "epochs", "optimizer": "optimizer", "schedule": "schedule",
                "holdout": "holdout", "seed": "seed", "batch-size": "batch_size", "learning-rate": "learning_rate",
                "average": "average", "weight-decay": "weight_decay", "momentum": "momentum",
                "multi-scale": "multi_scale", "objectness": "objectness",
            ])
        try compare(
            "train segment", with: SegmentationRecipe(ModelRegistry.spec(named: "unet-efficientnet-lite0")).json,
            shared.merging([
                "epochs": "epochs", "optimizer": "optimizer", "batch-size": "batch_size",
                "learning-rate": "learning_rate",
                "weight-decay": "weight_decay", "loss": "loss", "class-weights": "class_weights", "model": "model",
            ]) { $1 })
        try compare(
            "train shapes", with: ShapeRecipe(.box).json,
            ["steps": "steps", "batch-size": "batch_size", "learning-rate": "learning_rate", "seed": "seed"])
        try compare(
            "train style", with: StyleRecipe(style: "").json,
            [
                "size": "size", "style-scale": "style_scale", "steps-per-epoch": "steps_per_epoch", "seed": "seed",
                "batch-size": "batch_size", "learning-rate": "learning_rate", "schedule": "schedule",
                "content-weight": "content_weight", "style-weight": "style_weight",
            ])
    }

    @Test("defaults: detection uses what its help states") func detectionUsesTheDefaults() throws {
        let stated = try #require(defaults()["detect"])
        let (usual, windows) = (try Detector().defaultOptions, SlidingWindowDetector.defaultOptions)
        #expect(stated["conf"] == "\(usual.confidence)" && stated["iou"] == "\(usual.iouThreshold)")
        #expect(stated["max-det"] == "\(usual.maxDetections)" && stated["model"] == Detector.defaultModel)
        #expect((windows.confidence, windows.iouThreshold) == (0.9, 0.3))
    }

    @Test("defaults: detection without options does what the stated ones do") func detectionDoesWhatIsStated() throws {
        let scratch = try DetectScratch()
        try scratch.put("cat.jpg", as: "x.jpg")
        func found(_ options: [String]) throws -> [String] {
            let result = try runCommand(["detect", "x.jpg", "--json", "--no-image"] + options, in: scratch.path)
            #expect(result.exitCode == 0, "\(result.errors)")
            return result.lines
        }
        let stated = try #require(defaults()["detect"])
        // What makes the option matter, and values around the default.
        for (option, base, others) in [
            ("iou", ["--conf", "0.001"], ["0.55", "0.65"]), ("conf", [], ["0.01", "0.99"]),
            ("max-det", ["--conf", "0", "--iou", "1"], ["299", "301"]),
        ] as [(String, [String], [String])] {
            let usual = try found(base)
            #expect(try found(base + ["--\(option)", #require(stated[option])]) == usual)
            for other in others { #expect(try found(base + ["--\(option)", other]) != usual, "\(option) \(other)") }
        }
    }
}
