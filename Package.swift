// swift-tools-version: 6.1
import PackageDescription

/// Set by `Tools/fuzz/run.sh`: the package is then that of the fuzz targets, see the end.
let isFuzzing = Context.environment["CVTOOLKIT_FUZZ"] == "1"

let package = Package(
    name: "CVToolkit",
    platforms: [.macOS(.v15)],
    products: [
        // Inference: images in, detections, classes, masks and stylized images out.
        .library(name: "CVToolkit", targets: ["CVToolkit"]),
        // Tensors, the tape, layers, weight files and networks, for those who write networks.
        .library(name: "CVNN", targets: ["CVTensor", "CVGraph", "CVNN", "CVWeights", "CVModels"]),
        // Data sets, the training loop, and the training of each task.
        .library(name: "CVTraining", targets: ["CVTraining"]),
        // People and their faces in a file of SQLite, and the nearest among them.
        .library(name: "CVFaceDatabase", targets: ["CVFaceDatabase"]),
        .executable(name: "cvtool", targets: ["cvtool"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // System libraries.
        .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
        .systemLibrary(name: "CJPEG", pkgConfig: "libjpeg", providers: [.apt(["libjpeg-dev"])]),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),

        // The library, in the order of its imports.
        .target(name: "CKernels"),
        .target(name: "CCodecs", dependencies: ["CPNG", "CJPEG"], linkerSettings: [.linkedLibrary("z")]),
        .target(name: "CVCore", dependencies: ["CKernels"]),
        .target(name: "CVImage", dependencies: ["CKernels", "CCodecs", "CVCore"]),
        .target(name: "CVTensor", dependencies: ["CKernels", "CVCore"]),
        .target(name: "CVGraph", dependencies: ["CKernels", "CVCore", "CVTensor"]),
        .target(name: "CVNN", dependencies: ["CKernels", "CVCore", "CVTensor"]),
        .target(name: "CVWeights", dependencies: ["CKernels", "CVCore", "CVNN", "CVTensor"]),
        .target(name: "CVModels", dependencies: ["CVCore", "CVNN", "CVTensor", "CVWeights"]),
        .target(
            name: "CVTask",
            dependencies: ["CKernels", "CVCore", "CVGraph", "CVImage", "CVModels", "CVNN", "CVTensor", "CVWeights"]),
        .target(name: "CVFaceDatabase", dependencies: ["CKernels", "CSQLite", "CVCore", "CVTask"]),
        .target(
            name: "CVClassification",
            dependencies: ["CVCore", "CVGraph", "CVImage", "CVModels", "CVNN", "CVTask", "CVTensor", "CVWeights"]),
        .target(
            name: "CVStyle",
            dependencies: ["CVCore", "CVImage", "CVModels", "CVNN", "CVTask", "CVTensor", "CVWeights"]),
        .target(
            name: "CVDetection",
            dependencies: [
                "CVClassification", "CVCore", "CVGraph", "CVImage", "CVModels", "CVNN", "CVTask", "CVTensor",
                "CVWeights",
            ]),
        .target(
            name: "CVSegmentation",
            dependencies: [
                "CVCore", "CVGraph", "CVDetection", "CVImage", "CVModels", "CVNN", "CVTask", "CVTensor", "CVWeights",
            ]),
        .target(
            name: "CVLandmarks",
            dependencies: ["CVCore", "CVGraph", "CVImage", "CVModels", "CVNN", "CVTask", "CVTensor", "CVWeights"]),
        .target(
            name: "CVFaces",
            dependencies: [
                "CVCore", "CVGraph", "CVDetection", "CVImage", "CVModels", "CVTask", "CVTensor", "CVWeights",
            ]),
        .target(
            name: "CVTraining",
            dependencies: [
                "CVClassification", "CVCore", "CVDetection", "CVFaces", "CVImage", "CVLandmarks", "CVModels", "CVNN",
                "CVSegmentation", "CVStyle", "CVTask", "CVTensor", "CVWeights",
                .product(name: "Yams", package: "Yams"),
            ]),
        .target(
            name: "CVToolkit",
            dependencies: [
                "CVClassification", "CVCore", "CVDetection", "CVFaces", "CVImage", "CVLandmarks", "CVModels",
                "CVNN", "CVSegmentation", "CVStyle", "CVTask", "CVTensor", "CVWeights",
            ]),

        // The command, and what it needs beside the library: inputs, names of outputs, progress, signals.
        .target(name: "CLISupport", dependencies: ["CVCore"]),
        .executableTarget(
            name: "cvtool",
            dependencies: [
                "CLISupport", "CVClassification", "CVCore", "CVDetection", "CVFaceDatabase", "CVFaces", "CVGraph",
                "CVImage",
                "CVLandmarks", "CVModels", "CVNN", "CVSegmentation", "CVStyle", "CVTask", "CVTensor", "CVTraining",
                "CVWeights",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),

        // Tests: one target a module.
        .target(
            name: "TestSupport", dependencies: ["CVCore", "CVImage", "CVNN", "CVTensor"], path: "Tests/TestSupport"),
        .testTarget(
            name: "CVCoreTests",
            dependencies: ["CVCore", "TestSupport"]),
        .testTarget(
            name: "CVFaceDatabaseTests",
            dependencies: ["CSQLite", "CVCore", "CVFaceDatabase", "TestSupport"],
            exclude: ["Golden"]),
        .testTarget(
            name: "CVImageTests",
            dependencies: ["CKernels", "CVCore", "CVImage", "TestSupport"],
            exclude: ["Golden"]),
        .testTarget(
            name: "CVTensorTests",
            dependencies: ["CKernels", "CVCore", "CVTensor", "TestSupport"],
            exclude: ["Golden"]),
        .testTarget(
            name: "CVGraphTests",
            dependencies: ["CKernels", "CVCore", "CVGraph", "CVModels", "CVNN", "CVTensor", "TestSupport"]),
        .testTarget(
            name: "CVNNTests",
            dependencies: ["CKernels", "CVCore", "CVNN", "CVTensor", "CVWeights", "TestSupport"],
            exclude: ["Golden"]),
        .testTarget(
            name: "CVWeightsTests",
            dependencies: ["CKernels", "CVCore", "CVNN", "CVTensor", "CVWeights", "TestSupport"],
            exclude: ["Golden"]),
        .testTarget(
            name: "CVModelsTests",
            dependencies: ["CVCore", "CVModels", "CVNN", "CVTensor", "CVWeights", "TestSupport"],
            exclude: ["Golden"]),
        .testTarget(
            name: "CVTaskTests",
            dependencies: ["CVCore", "CVImage", "CVModels", "CVNN", "CVTask", "CVTensor", "CVWeights", "TestSupport"],
            exclude: ["Golden"]),
        .testTarget(
            name: "CVDetectionTests",
            dependencies: [
                "CVClassification", "CVCore", "CVDetection", "CVImage", "CVModels", "CVNN", "CVTask", "CVTensor",
                "CVWeights", "TestSupport",
            ],
            exclude: ["Golden"]),
        .testTarget(
            name: "CVFacesTests",
            dependencies: [
                "CVCore", "CVDetection", "CVFaces", "CVImage", "CVLandmarks", "CVModels", "CVNN", "CVTask", "CVTensor",
                "CVWeights", "TestSupport",
            ],
            exclude: ["Golden"]),
        .testTarget(
            name: "CVClassificationTests",
            dependencies: [
                "CVClassification", "CVCore", "CVImage", "CVModels", "CVNN", "CVTask", "CVTensor", "CVWeights",
                "TestSupport",
            ],
            exclude: ["Golden"]),
        .testTarget(
            name: "CVSegmentationTests",
            dependencies: [
                "CVCore", "CVDetection", "CVImage", "CVModels", "CVNN", "CVSegmentation", "CVTask", "CVTensor",
                "CVWeights", "TestSupport",
            ],
            exclude: ["Golden"]),
        .testTarget(
            name: "CVLandmarksTests",
            dependencies: [
                "CVCore", "CVImage", "CVLandmarks", "CVModels", "CVNN", "CVTask", "CVTensor", "CVWeights",
                "TestSupport",
            ],
            exclude: ["Golden"]),
        .testTarget(
            name: "CVStyleTests",
            dependencies: [
                "CVCore", "CVImage", "CVModels", "CVNN", "CVStyle", "CVTask", "CVTensor", "CVTraining", "CVWeights",
                "TestSupport",
            ],
            exclude: ["Golden"]),
        .testTarget(
            name: "CVTrainingTests",
            dependencies: [
                "CVClassification", "CVCore", "CVDetection", "CVImage", "CVLandmarks", "CVModels", "CVNN",
                "CVSegmentation", "CVTask", "CVTensor", "CVTraining", "CVWeights", "TestSupport",
            ],
            exclude: ["Data/Golden", "Detection/Golden"]),
        .testTarget(
            name: "CLISupportTests",
            dependencies: ["CLISupport", "CVCore", "TestSupport"]),
        .testTarget(
            name: "CVToolTests",
            dependencies: [
                "CLISupport", "CVClassification", "CVCore", "CVDetection", "CVFaceDatabase", "CVFaces", "CVImage",
                "CVLandmarks", "CVModels", "CVNN", "CVSegmentation", "CVStyle", "CVTask", "CVTensor", "CVToolkit",
                "CVTraining", "CVWeights",
                "TestSupport", "cvtool",
            ]),
    ],
    swiftLanguageModes: [.v6]
)

if isFuzzing {
    // Fuzz targets use what is internal: tests make way for them. The command becomes a library without `main`, so that its
    // options are parsed in the process.
    package.products = [.executable(name: "Fuzz", targets: ["Fuzz"])]
    package.targets.removeAll { $0.type == .test }
    if let index = package.targets.firstIndex(where: { $0.name == "cvtool" }) {
        let dependencies = package.targets[index].dependencies
        package.targets[index] = .target(
            name: "cvtool", dependencies: dependencies, swiftSettings: [.define("CVTOOLKIT_FUZZ")])
    }
    package.targets += [
        .systemLibrary(name: "CFuzzer", path: "Tools/fuzz/CFuzzer"),
        .target(
            name: "FuzzFixtures", dependencies: ["CVCore", "CVImage", "CVNN", "TestSupport"], path: "Tests",
            sources: ["CVWeightsTests/PyTorchFixtures.swift", "CVTrainingTests/Data/DataFixtures.swift"]),
        .executableTarget(
            name: "Fuzz",
            dependencies: [
                "CFuzzer", "CLISupport", "CVCore", "CVFaceDatabase", "CVImage", "CVModels", "CVSegmentation",
                "CVTask", "CVTensor", "CVTraining", "CVWeights", "FuzzFixtures", "TestSupport", "cvtool",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Tools/fuzz/Sources"),
    ]
}
