import CVCore
func FolderListing(_ path: String) -> PictureListing { PictureListing() }
struct ListFile { init(_ path: String) {}; func listing() throws -> PictureListing { PictureListing() } }
struct TarListing { init(_ f: RandomAccessFile) {}; func listing() throws -> PictureListing { PictureListing() } }
extension DecodedPictures {
    /// Divides the pictures of each class by lot: by the hashes of their names, so that a picture stays in its part when others come or go.
    public func split(holdout: Double = 0.1, test: Double = 0, seed: UInt64) throws(DatasetError) -> DatasetSplit { DatasetSplit() }
    /// `preprocessing` with the mean and the standard deviation of each channel over the pictures `items`.
    public func normalization(over items: [Int]) throws -> Preprocessing { preprocessing }
}
extension Preprocessing {
    func samples(_ image: Image) -> [UInt8] { [] }
    /// The network's input for one picture: [1, C, height, width].
    public func tensor(_ image: Image) -> Tensor { fatalError() }
    /// Of several: [N, C, height, width].
    public func batch(_ images: [Image]) -> Tensor { fatalError() }
}
import CVImage
import CVTensor
