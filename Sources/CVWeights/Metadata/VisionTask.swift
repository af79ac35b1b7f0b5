/// What a network does with an image. The raw value is the `task` in the metadata of weights.
public enum VisionTask: String, Sendable, CaseIterable {
    /// The class of the whole image.
    case classify
    /// Boxes around objects, with their classes.
    case detect
    /// The class of each pixel.
    case segment
    /// The position of each of a fixed set of points of an object, such as the corners of the eyes.
    case landmarks
    /// How much of each pixel is in the foreground.
    case matte
    /// The image in another style.
    case stylize
    /// The image as a vector, near those of images of the same person or thing.
    case embed
    /// Points of the surface of a face, in three dimensions.
    case mesh
    /// Feature maps for other tasks: a backbone without a classification head.
    case features
}
