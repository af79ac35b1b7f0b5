import CVCore
import CVImage
import Foundation
import TestSupport

/// A folder with a data set of three shapes in it, for training; gone with the test.
final class TrainScratch {
    let scratch: DetectScratch
    var path: String { scratch.path }

    /// images: of each class, 16×16, in `shapes/<class>/`.
    init(images: Int = 30) throws {
        scratch = try DetectScratch()
        for (number, name) in ["bar", "disc", "square"].enumerated() {
            for index in 0..<images {
                var random = SplitMix64(seed: UInt64(number), stream: index)
                let bytes = try Self.shape(number, &random).encoded(as: .png())
                try scratch.write(Data(bytes), to: "shapes/\(name)/\(index).png")
            }
        }
    }

    /// A light bar, disc or square somewhere on darker noise, each mostly in a color of its own.
    private static func shape(_ number: Int, _ random: inout SplitMix64) -> Image {
        let (x, y) = (5 + 6 * random.uniform(), 5 + 6 * random.uniform())
        var pixels: [UInt8] = []
        for row in 0..<16 {
            for column in 0..<16 {
                let (dx, dy) = (abs(Float(column) - x), abs(Float(row) - y))
                let isInside = [dx < 2, dx * dx + dy * dy < 16, max(dx, dy) < 4][number]
                for channel in 0..<3 {
                    let noise = UInt8(clamping: 80 * random.uniform())
                    pixels.append(isInside ? (channel == number ? 170 : 90) + noise : noise)
                }
            }
        }
        return Image(width: 16, height: 16, format: .rgb, pixels: pixels)
    }

    func run(_ arguments: String...) throws -> CommandResult { try runCommand(arguments, in: path) }

    /// A short training of the simplest network, into `run/` where nothing else is said.
    func train(_ arguments: String..., model: String = "logistic") throws -> CommandResult {
        let network = ["--model", model] + (model == "logistic" ? ["--imgsz", "16", "--channels", "3"] : [])
        return try runCommand(
            ["train", "classify", "shapes", "--batch-size", "16"] + network + arguments, in: path)
    }

    /// The columns of a log but the seconds.
    func log(_ folder: String = "run") throws -> [[String]] {
        try scratch.text("\(folder)/log.csv").split(whereSeparator: \.isNewline).map {
            $0.split(separator: ",").dropLast().map(String.init)
        }
    }

    /// Starts a training and presses Ctrl-C when its log is there.
    ///
    /// - Parameter end: ends the process in another way.
    func interrupted(
        _ arguments: [String], by end: (Process) throws -> Void = { $0.interrupt() }
    ) throws -> (status: Int32, remarks: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try commandPath)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: path)
        let errors = Pipe()
        process.standardError = errors
        process.standardOutput = FileHandle.nullDevice
        try process.runInterruptible()
        var remarks = Data()
        while true {
            let piece = errors.fileHandleForReading.availableData
            remarks += piece
            if piece.isEmpty || String(decoding: remarks, as: UTF8.self).contains("epoch  1/") { break }
        }
        try end(process)
        remarks += errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: remarks, as: UTF8.self))
    }
}
