import CVCore
import Foundation
import Testing

/// Where the system has no thread left, all is done by the one that there is.
@Suite struct WithoutThreadsTests {
    /// In a process of its own: the variable counts for all that run in it. See also `FileTests` on AddressSanitizer.
    @Test("threads: none starts where none may", .enabled(if: dlsym(nil, "__asan_init") == nil))
    func noThreadStarts() async {
        await #expect(processExitsWith: .success) {
            setenv("CVTOOLKIT_NO_THREADS", "1", 1)
            #expect(!startThread {})
            unsetenv("CVTOOLKIT_NO_THREADS")
            #expect(startThread {})
        }
    }

    @Test(
        "cvtool train: without threads a training goes on, to the same weights", .timeLimit(.minutes(5)),
        arguments: [
            "train classify shapes --model lenet5 --imgsz 28 --epochs 2 --batch-size 4",
            "train classify shapes --model logistic --imgsz 16 --epochs 2 --augment mirror@0.5",
        ])
    func trainingGoesOnWithoutThreads(_ arguments: String) throws {
        let folder = try TrainScratch(images: 6)
        let options = arguments.split(separator: " ").map(String.init)
        for (output, environment) in [("with", [:]), ("without", ["CVTOOLKIT_NO_THREADS": "1"])] {
            let result = try runCommand(
                options + ["--threads", "4", "-q", "-o", output], environment: environment, in: folder.path)
            #expect(result.exitCode == 0, "\(result.errors)")
        }
        let weights = try folder.scratch.bytes("with/last.safetensors")
        #expect(try !weights.isEmpty && folder.scratch.bytes("without/last.safetensors") == weights)
    }
}
