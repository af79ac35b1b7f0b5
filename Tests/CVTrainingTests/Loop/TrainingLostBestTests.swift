import CVCore
import CVTraining
import TestSupport
import Testing

@Suite struct TrainingLostBestTests {
    /// The weights of the checkpoint are those of the middle of an epoch, not those that were the best.
    @Test("resuming: best weights are not written again from the middle of the next epoch", arguments: [5, 7])
    func theMiddleOfAnEpochIsNotItsEnd(steps: Int) throws {
        let folder = try temporaryFolder()
        defer { remove(folder) }
        let files = TrainingFiles(
            checkpoint: folder + "/checkpoint.safetensors", best: folder + "/best.safetensors")
        #expect(try SmallRun(files: files).run(steps: steps).best?.epoch == 1)
        let best = try FileInput.read(folder + "/best.safetensors")
        remove(folder + "/best.safetensors")
        let run = SmallRun(files: files)
        try run.trainer.resume(from: folder + "/checkpoint.safetensors")
        #expect(run.trainer.lostBest?.epoch == (steps == 5 ? nil : 1))
        try run.run(steps: 1)
        if steps == 5 {
            #expect(try FileInput.read(folder + "/best.safetensors") == best)
        } else {
            #expect(FileSystem.kind(of: folder + "/best.safetensors") != .file)
        }
    }
}
