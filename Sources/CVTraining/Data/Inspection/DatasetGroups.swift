import CVCore

extension ImageDataset {
    /// The same set without its parts, in which images that belong together have a common group: a split keeps them in one part.
    ///
    /// - Parameters:
    ///   - pattern: a regular expression that is searched for in the name of each image; its first group, or else all that it matches, is
    ///     the group of the image. Nil for the groups that images have, such as persons.
    ///   - similar: further groups of indices, such as those of images that look the same; what meets becomes one group.
    /// - Returns: the set to be split anew.
    /// - Throws: `DatasetError` for a pattern that is no regular expression.
    public func ungrouped(by pattern: String?, similar: [[Int]] = []) throws(DatasetError) -> ImageDataset {
        let names = try pattern.map { text throws(DatasetError) in try PersonNames(text, of: path) }
        var groups = items.map { item in names.map { $0.person(in: item.name) } ?? item.group }
        for members in similar {
            // All that has the group of one of them goes with it.
            let met = Set(members.compactMap { groups[$0] })
            let name = met.min() ?? items[members[0]].name
            for index in groups.indices where groups[index].map(met.contains) ?? false { groups[index] = name }
            for index in members { groups[index] = name }
        }
        let regrouped = zip(items, groups).map { item, group in
            Item(name: item.name, part: nil, image: item.image, annotation: item.annotation, group: group)
        }
        return replacingItems(regrouped)
    }
}
