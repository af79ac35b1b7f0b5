import CVCore

extension ImageDataset {
    /// The files that the set is read from: images, masks and annotations, the list or tar file, the list of classes.
    ///
    /// Nothing that is written may replace one of them.
    public var files: [String] {
        var files = [path] + ["classes.txt", "labels.txt"].map { FileSystem.join(path, $0) }
        files += COCOFolder(path).files + LandmarkFile.files(of: path)
        for item in items {
            if case .embedded(let drawing) = item.image { files.append(drawing) }
            if case .file(let image) = item.image {
                files.append(image)
                // Where labelme writes what was drawn.
                if case .regions = item.annotation {
                    files.append(FileSystem.join(FileSystem.folder(of: image), FileSystem.stem(of: image) + ".json"))
                }
            }
            if case .mask(let mask) = item.annotation { files.append(mask) }
            if let file = item.annotationFile { files.append(file) }
        }
        return files
    }
}
