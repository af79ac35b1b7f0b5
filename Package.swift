// swift-tools-version: 6.1
import PackageDescription

let package = Package(
    name: "CVToolkit",
    platforms: [.macOS(.v15)],
    products: [],
    targets: [
        // System libraries.
        .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
        .systemLibrary(name: "CJPEG", pkgConfig: "libjpeg", providers: [.apt(["libjpeg-dev"])]),

        // The library, in the order of its imports.
        .target(name: "CKernels"),
        .target(name: "CVCore", dependencies: ["CKernels"]),
        .target(name: "CVImage", dependencies: ["CVCore"]),
        .target(name: "CVTensor", dependencies: ["CKernels", "COpenBLAS", "CVCore"]),
        .target(name: "CVNN", dependencies: ["CKernels", "CVCore", "CVTensor"]),
        .target(name: "CVModels", dependencies: ["CVCore", "CVNN", "CVTensor"]),

        .executableTarget(name: "bench", dependencies: ["CVModels", "CVNN", "CVTensor", "CVCore"]),
        // Tests: one target a module.
        .testTarget(name: "CVCoreTests", dependencies: ["CVCore"]),
        .testTarget(name: "CVTensorTests", dependencies: ["CVTensor", "CVCore"], exclude: ["Golden"]),
        .testTarget(name: "CVModelsTests", dependencies: ["CVModels", "CVNN", "CVTensor"]),
    ],
    swiftLanguageModes: [.v6]
)
