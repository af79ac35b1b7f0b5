// swift-tools-version: 6.1
import PackageDescription

// The examples are a package of their own, so that they see what any other package sees: the products.
let toolkit = Target.Dependency.product(name: "CVToolkit", package: "CVToolkit")
let networks = Target.Dependency.product(name: "CVNN", package: "CVToolkit")
let training = Target.Dependency.product(name: "CVTraining", package: "CVToolkit")
let faces = Target.Dependency.product(name: "CVFaceDatabase", package: "CVToolkit")

let package = Package(
    name: "Examples",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "CVToolkit", path: "..")],
    targets: [
        .executableTarget(name: "DetectObjects", dependencies: [toolkit]),
        .executableTarget(name: "TrainDigits", dependencies: [toolkit, training]),
        .executableTarget(name: "CustomLayer", dependencies: [networks]),
        .executableTarget(name: "PortFromPyTorch", dependencies: [networks]),
    ],
    swiftLanguageModes: [.v6]
)
