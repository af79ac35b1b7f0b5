// swift-tools-version: 6.1
import PackageDescription

let package = Package(
    name: "CVToolkit",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "CVToolkit", targets: ["CVToolkit"]),
        .executable(name: "cvtool", targets: ["cvtool"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
    ],
    targets: [
        // System libraries.
        .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
        .systemLibrary(name: "CJPEG", pkgConfig: "libjpeg", providers: [.apt(["libjpeg-dev"])]),

        // The library, in the order of its imports.
        .target(name: "CKernels"),
        .target(name: "CCodecs", dependencies: ["CPNG", "CJPEG"]),
        .target(name: "CVCore", dependencies: ["CKernels"]),
        .target(name: "CVImage", dependencies: ["CKernels", "CCodecs", "CVCore"]),
        .target(name: "CVTensor", dependencies: ["CKernels", "COpenBLAS", "CVCore"]),
        .target(name: "CVNN", dependencies: ["CKernels", "CVCore", "CVImage", "CVTensor"]),
        .target(name: "CVModels", dependencies: ["CVCore", "CVNN", "CVTensor"]),
        .target(name: "CVClassification", dependencies: ["CVCore", "CVImage", "CVModels", "CVNN", "CVTensor"]),
        .target(name: "CVStyle", dependencies: ["CVCore", "CVImage", "CVModels", "CVNN", "CVTensor"]),
        .target(
            name: "CVDetection",
            dependencies: ["CVClassification", "CVCore", "CVImage", "CVModels", "CVNN", "CVTensor"]),
        .target(
            name: "CVSegmentation",
            dependencies: ["CVCore", "CVDetection", "CVImage", "CVModels", "CVNN", "CVTensor"]),
        .target(
            name: "CVToolkit",
            dependencies: [
                "CVClassification", "CVCore", "CVDetection", "CVImage", "CVModels", "CVNN", "CVSegmentation", "CVStyle",
                "CVTensor",
            ]),

        // The command, and what it needs beside the library: inputs, names of outputs, progress, signals.
        .target(name: "CLISupport", dependencies: ["CVCore"]),
        .executableTarget(
            name: "cvtool",
            dependencies: [
                "CLISupport", "CVToolkit", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),

        // Tests: one target a module.
        .target(name: "TestSupport", dependencies: ["CVCore", "CVNN", "CVTensor"], path: "Tests/TestSupport"),
        .testTarget(name: "CVCoreTests", dependencies: ["CVCore", "TestSupport"]),
        .testTarget(
            name: "CVImageTests", dependencies: ["CKernels", "CVCore", "CVImage", "TestSupport"], exclude: ["Golden"]),
        .testTarget(
            name: "CVTensorTests", dependencies: ["CKernels", "CVCore", "CVTensor", "TestSupport"], exclude: ["Golden"]),
        .testTarget(name: "CVNNTests", dependencies: ["CKernels", "CVNN", "TestSupport"], exclude: ["Golden"]),
        .testTarget(
            name: "CVModelsTests", dependencies: ["CVModels", "CVNN", "CVTensor", "TestSupport"], exclude: ["Golden"]),
        .testTarget(
            name: "CVDetectionTests",
            dependencies: [
                "CVClassification", "CVDetection", "CVImage", "CVModels", "CVNN", "CVTensor", "TestSupport",
            ],
            exclude: ["Golden"]),
        .testTarget(
            name: "CVClassificationTests",
            dependencies: ["CVClassification", "CVCore", "CVImage", "CVNN", "CVTensor", "TestSupport"],
            exclude: ["Golden"]),
        .testTarget(
            name: "CVSegmentationTests",
            dependencies: [
                "CVCore", "CVDetection", "CVImage", "CVModels", "CVNN", "CVSegmentation", "CVTensor", "TestSupport",
            ],
            exclude: ["Golden"]),
        .testTarget(
            name: "CVStyleTests",
            dependencies: ["CVCore", "CVImage", "CVModels", "CVNN", "CVStyle", "CVTensor", "TestSupport"],
            exclude: ["Golden"]),
        .testTarget(name: "CLISupportTests", dependencies: ["CLISupport", "CVCore"]),
        .testTarget(name: "CVToolTests", dependencies: ["CVNN", "CVToolkit", "TestSupport", "cvtool"]),
    ],
    swiftLanguageModes: [.v6]
)
