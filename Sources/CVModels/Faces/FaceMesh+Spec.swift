extension FaceMesh {
    /// Its facts for the registry.
    static let spec = ModelSpec(
        "face-mesh", "MediaPipe's face mesh (Kartynnik et al. 2019, arXiv:1907.06724): 468 points of a face",
        task: .mesh, input: .init(channels: 3, height: 192, width: 192), classes: nil, takesAnySize: false,
        limits: .init(classes: 1...1, channels: 3...3, minimumSide: 192, maximumSide: 192),
        build: { .mesh(FaceMesh($2)) })
}

extension FaceMeshAttention {
    /// Its facts for the registry.
    static let spec = ModelSpec(
        "face-mesh-attention",
        "MediaPipe's face mesh with attention (Grishchenko et al. 2020, arXiv:2006.10962): 468 points of a face and 10 of the irises",
        task: .mesh, input: .init(channels: 3, height: 192, width: 192), classes: nil, takesAnySize: false,
        limits: .init(classes: 1...1, channels: 3...3, minimumSide: 192, maximumSide: 192),
        build: { .mesh(FaceMeshAttention($2)) })
}
