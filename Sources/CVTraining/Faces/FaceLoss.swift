import CVCore
import CVModels
import CVNN
import CVTensor

/// What the embeddings of faces are trained by.
public enum FaceLoss: String, Sendable, CaseIterable {
    /// A face is to be nearer to another one of the same person than to one of another person, by a margin.
    case triplet
    /// A logistic head on |f(a) - f(b)| tells whether both are the same.
    case logistic
    /// The same head on (f(a) - f(b))² / (f(a) + f(b)).
    case chiSquared = "chi-squared"
    /// Pairs of the same person are drawn together, others apart up to a margin.
    case contrastive
    /// The people of the training are classes, with a margin in the angle. (The classes are not kept.)
    case arcFace = "arcface"

    /// How the network compares two embeddings.
    public var comparison: SiameseNet.Comparison {
        switch self {
        case .triplet, .contrastive, .arcFace: .distance
        case .logistic: .logistic
        case .chiSquared: .chiSquared
        }
    }

    /// The margin that suits embeddings of length 1; nil for a loss without a margin.
    public var defaultMargin: Double? {
        switch self {
        case .triplet: 0.5
        case .contrastive: 1
        case .arcFace: 0.3
        case .logistic, .chiSquared: nil
        }
    }
}

/// A loss with the parameters that only the training has.
struct FaceLearner {
    let recipe: FaceRecipe
    let network: SiameseNet
    /// The directions of the people for each branch of the network, [people, D]; none for a loss without classes.
    let directions: [Parameter]

    /// What the keys of `directions` begin with: they are not part of the network.
    static let scope = "loss"

    /// The factor of cosines as logits. That of the paper, 64, is for thousands of people.
    private static let scale: Float = 16

    init(_ recipe: FaceRecipe, people: Int, input: ModelSpec.Input, _ p: ParameterScope) {
        self.recipe = recipe
        network = SiameseNet(
            recipe.loss.comparison, channels: input.channels, height: input.height, width: input.width, p)
        directions =
            recipe.loss == .arcFace
            ? network.branches.enumerated().map {
                p.scope(Self.scope).parameter(
                    "directions\($0 + 1)", shape: [people, $1.dimension], initialized: .normal(deviation: 0.1))
            } : []
    }

    /// The mean loss of the branches of the network for a batch of several images of several people. Each has a loss of its own:
    /// together they would soon have nothing left to learn.
    ///
    /// - Parameters:
    ///   - images: [N, C, H, W] on a tape.
    ///   - people: the person of each.
    ///   - random: draws triplets.
    /// - Returns: the loss.
    func loss(_ images: Tensor, _ people: [Int], using random: inout SplitMix64) -> TrainingLoss {
        var losses: [Tensor] = []
        for branch in network.branches.indices { losses.append(loss(of: branch, images, people, using: &random)) }
        return TrainingLoss(losses.dropFirst().reduce(losses[0], +) * (1 / Float(losses.count)))
    }

    private func loss(
        of index: Int, _ images: Tensor, _ people: [Int], using random: inout SplitMix64
    ) -> Tensor {
        let branch = network.branches[index]
        let embeddings = branch(images)
        let margin = Float(recipe.margin ?? 0)
        switch recipe.loss {
        case .triplet:
            let triplets = recipe.mining.triplets(
                embeddings.detached, classes: people, margin: margin, squared: recipe.squared, using: &random)
            return tripletLoss(embeddings, triplets, margin: margin, squared: recipe.squared)
        case .logistic, .chiSquared:
            let pairs = PairBatch(classes: people)
            let logits = branch.logits(selectRows(embeddings, pairs.first), selectRows(embeddings, pairs.second))
            return pairLoss(logits, pairs)
        case .contrastive:
            return contrastiveLoss(embeddings, PairBatch(classes: people), margin: margin)
        case .arcFace:
            return arcFaceLoss(
                embeddings, directions: directions[index].value(on: embeddings), classes: people, margin: margin,
                scale: Self.scale)
        }
    }
}
