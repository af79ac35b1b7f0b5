import CVCore
import CVTensor

/// A step of a plan, with everything that does not depend on the input decided: algorithm, packed weights, memory.
package protocol PlanStep: Sendable {
    /// What it does and how, for the printed plan.
    var description: PlanStepDescription { get }

    /// Computes the results. The bytes do not depend on the number of threads.
    func run(_ memory: RunMemory)
}

/// What the printed plan says of a step.
public struct PlanStepDescription: Sendable {
    /// Such as `conv 3×3 + relu`.
    public var operation: String
    /// Such as `winograd 4×4`; nothing where there is no choice.
    public var algorithm: String
    /// Such as `blocked 16`, or `planar`.
    public var layout: String
    /// Of the result.
    public var shape: Shape
    /// Floating-point operations of the definition: two for each multiply-add.
    public var operations: Double
    /// Floats that are read and written: input, weights, and result once each.
    public var floats: Double
    /// The key of the weight.
    public var key: String?
}

/// The memory of one run of a plan.
package struct RunMemory: @unchecked Sendable {
    package let arena: UnsafeMutablePointer<Float>
    package let inputs: [UnsafePointer<Float>]
    package let outputs: [UnsafeMutablePointer<Float>]

    /// Where a value begins, to be read.
    package func read(_ placement: Placement, at offset: Int) -> UnsafePointer<Float> {
        switch placement.memory {
        case .arena: UnsafePointer(arena) + offset
        case .input(let index): inputs[index] + offset
        case .output(let index): UnsafePointer(outputs[index]) + offset
        }
    }

    /// Where a value begins, to be written.
    package func write(_ placement: Placement, at offset: Int) -> UnsafeMutablePointer<Float> {
        switch placement.memory {
        case .arena: arena + offset
        case .output(let index): outputs[index] + offset
        case .input: preconditionFailure("a plan writes to its input")
        }
    }

    /// Pixel (0, 0) of a block of channels of an image.
    package func read(_ placement: Placement, image: Int, block: Int = 0) -> UnsafePointer<Float> {
        read(placement, at: placement.pixel(image: image, block: block))
    }

    /// Pixel (0, 0) of a block of channels of an image.
    package func write(_ placement: Placement, image: Int, block: Int = 0) -> UnsafeMutablePointer<Float> {
        write(placement, at: placement.pixel(image: image, block: block))
    }
}
