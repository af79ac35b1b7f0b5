import CVCore
import CVImage

// The points are those of MediaPipe's face mesh (Kartynnik et al. 2019, arXiv:1907.06724). Which of them form the lips, the eyes, the
// brows, the nose, the oval and the triangles are facts of its canonical face, as published in `face_mesh_connections.py` of
// the package `mediapipe`, version 0.10.14; they are written here as lines. The pairs are those by which the mean of 787 frontal faces
// is symmetric.
extension LandmarkScheme {
    /// The 468 points of a face mesh, and the edges of its triangles. Left and right are those of the person: the right eye is on
    /// the left of the image.
    public static let faceMesh = mesh(name: "face-mesh", irises: false)

    /// The face mesh with five points of each iris: the center, and four around it.
    public static let faceMeshIris = mesh(name: "face-mesh-iris", irises: true)

    private static func mesh(name: String, irises: Bool) -> LandmarkScheme {
        let sides: [(name: String, points: [Int])] = [("eye", MeshLines.eye), ("eyebrow", MeshLines.brow)]
        var contours = [
            Contour("face oval", MeshLines.half(MeshLines.oval), isClosed: true),
            Contour("nose bridge", MeshLines.bridge), Contour("nostrils", MeshLines.half(MeshLines.nostrils)),
        ]
        for side in sides {
            contours.append(Contour("right \(side.name)", side.points, isClosed: true))
            contours.append(Contour("left \(side.name)", side.points.map(MeshLines.mirrored), isClosed: true))
        }
        contours += [
            Contour("outer lips", MeshLines.half(MeshLines.outerLips), isClosed: true),
            Contour("inner lips", MeshLines.half(MeshLines.innerLips), isClosed: true),
        ]
        var pairs = zip(MeshLines.right, MeshLines.left).map { Augment.Mirror.Pair($0, $1) }
        if irises {
            contours += [
                Contour("right iris", Array(469...472), isClosed: true),
                Contour("left iris", Array(474...477), isClosed: true),
            ]
            // Of the four points around each center the first is on the right of the image, the third on the left.
            pairs += [(468, 473), (469, 476), (470, 475), (471, 474), (472, 477)].map { .init($0, $1) }
        }
        return LandmarkScheme(
            name: name, points: (0..<(irises ? 478 : 468)).map { "point \($0)" }, pairs: pairs, contours: contours,
            edges: MeshLines.edges,
            eyes: Eyes(left: MeshLines.eye, right: MeshLines.eye.map(MeshLines.mirrored), corners: (33, 263)))
    }

    /// Which points of this scheme stand for those of another one.
    ///
    /// Of a mesh, those for `ibug68` are the vertices that lie nearest to the marked points of faces on average, each vertex
    /// standing for one point and the choice being symmetric: measured on 1,491 frames of the people whom `landmarks68` was trained
    /// on. But the corners of eyes and mouth, the middle of the brows and the bottom of the nose are the mesh's own: what is marked
    /// there differs from them by a vertex, which looks worse than it counts (0.1 % of the distance between the eyes).
    ///
    /// - Parameter scheme: the other one.
    /// - Returns: an index for each point of the other scheme; nil if its points are not among these.
    public func indices(of scheme: LandmarkScheme) -> [Int]? {
        if scheme == self { return Array(points.indices) }
        let isMesh = name == Self.faceMesh.name || name == Self.faceMeshIris.name
        return isMesh && scheme == .ibug68 ? MeshLines.ibug68 : nil
    }
}

/// Lines through the vertices.
private enum MeshLines {
    /// The vertices that are their own mirror images.
    static let middle: Set<Int> = [
        0, 1, 2, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 94, 151, 152, 164, 168, 175, 195, 197, 199, 200,
    ]
    /// The vertices of the person's right half, and in the same order those of the left one.
    static let right = (0..<248).filter { !middle.contains($0) }
    static let left = 248..<468

    private static let mirrors: [Int] = {
        var mirrors = Array(0..<468)
        for (a, b) in zip(right, left) { (mirrors[a], mirrors[b]) = (b, a) }
        return mirrors
    }()

    static func mirrored(_ point: Int) -> Int { mirrors[point] }

    /// A line that is its own mirror image, from its right half, which begins or ends in the middle or both.
    static func half(_ line: [Int]) -> [Int] {
        let back = line.reversed().filter { !middle.contains($0) }.map(mirrored)
        return line + back
    }

    // Around an eye from its outer corner over the lower lid; the brow over its lower edge.
    static let eye = [33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246]
    static let brow = [46, 53, 52, 65, 55, 107, 66, 105, 63, 70]
    // Halves, from the top or from the right of the person to the middle.
    static let oval = [10, 109, 67, 103, 54, 21, 162, 127, 234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152]
    static let outerLips = [0, 37, 39, 40, 185, 61, 146, 91, 181, 84, 17]
    static let innerLips = [13, 82, 81, 80, 191, 78, 95, 88, 178, 87, 14]
    static let nostrils = [98, 97, 2]
    static let bridge = [168, 6, 197, 195, 5, 4, 1]

    static let ibug68 = [
        127, 234, 177, 215, 172, 136, 149, 176, 152, 400, 378, 365, 397, 435, 401, 454, 356, 70, 63, 105, 66,
        107, 336, 296, 334, 293, 300, 6, 195, 5, 1, 99, 97, 2, 326, 328, 33, 160, 158, 133, 153, 144, 362, 385,
        387, 263, 373, 380, 61, 42, 72, 11, 302, 272, 291, 405, 314, 17, 84, 181, 78, 82, 13, 312, 308, 316, 15,
        86,
    ]

    /// The edges of the triangles: those of `trails` and their mirror images, and six that cross a square in the same direction
    /// on both sides.
    static let edges: [LandmarkScheme.Edge] = {
        var found: Set<LandmarkScheme.Edge> = []
        for trail in trails.split(separator: ",") {
            let points = trail.split(separator: " ").compactMap { Int($0) }
            for (a, b) in zip(points, points.dropFirst()) {
                found.insert(.init(a, b))
                found.insert(.init(mirrored(a), mirrored(b)))
            }
        }
        let crossing = [(75, 166), (79, 238), (161, 247), (250, 459), (260, 466), (289, 290)]
        return (found + crossing.map { .init($0, $1) }).sorted { ($0.from, $0.to) < ($1.from, $1.to) }
    }()

    private static let trails = """
        0 37 167 164 37 11 12 38 41 42 74 40 92 186 57 61 76 62 77 90 180 179 86 15 85 86 178 179 85 180 181 83 182 \
        194 32 140 170 169 214 187 123 50 118 229 23 145 22 26 154 155 26 112 244 189 190 173 157 28 27 222 65 107 \
        69 108 107 55 8 168 122 188 245 122 6 197 195 51 134 131 48 49 129 126 47 100 36 203 129 209 49 64 235 219 \
        166 20 99 240 75 59 166 218 219 48 235 240 98 99 242 241 238 20 242 238 239 241 141 242 97 167 39 40 185 184 \
        183 42 80 183 62 78 191 62 96 77 76 184 61 185 57 202 204 194 201 18 83 17 18 200 199 171 32 211 140 171 175 \
        152 148 176 170 150 135 138 215 177 123 137 227 34 139 71 63 53 223 27 159 28 222 223 52 63 46 113 225 30 \
        247 113 226 130 25 110 228 229 117 50 187 205 206 216 212 214 135 136 138 172 58 132 93 137 177 58 215 172 \
        136 150 169 135 192 187 147 123 111 143 156 34 127 139 156 46 53 225 224 30 29 27 160 30 161 160 159 158 157 \
        56 190 221 65 52 53 224 223 29 160, 1 44 220 134 236 196 188 128 47 217 126 209 131 49 102 129 64 48 115 218 \
        237 239 79 20 60 75 235 59 219 115 220 218 79 166 60 99 97 165 92 206 36 101 118 119 120 230 23 22 154 153 \
        145 144 110 7 25 228 24 23 144 24 110 163 7 33 130 247 225 46 70 63 104 54 21 71 162 21 68 54 103 67 69 66 \
        65 55 189 193 244 245 128 232 26 231 120 100 126 142 203 206 165 167 2 164 0 11 72 38 81 41 74 184 42 81 80 \
        191 183 76 146 61 43 202 212 186 216 92 39 37 72 12 13 38 82 13, 14 15 16 17 84 181 90 91 182 181 91 77 146 \
        43 204 106 182 201 32 208 171 148 140 176 149 170 211 169 210 214 202 210 204 211 194 106 43 57 212 207 187 \
        213 138 192 214 207 216 205 101, 9 108 109 151 9 8 193 122 196 6 168 193 245 233 232 120 101 119 230 118 117 \
        123 116 227 234 34 143 227 93 234 127 162 139 70 71 68 63 105 69 104 67 108 151 10 109 67, 3 195 5 51 3 197 \
        196 3 236 174 188 114 128 121 100 101 50 205 36 142 129 98 203 165 39 73 40 186 185 74 73 41 72 39, 2 141 19 \
        1 4 44 45 134 198 209 217 114 47 121 232 112 155 133 173 56 221 189 243 190 133 112 233 244 243 112, 31 226 \
        25 33 246 247 226 35 124 143 116 137 132 177 147 215 213 147, 19 125 241 237 44 19 94 2 97 98 64 240 60, 84 \
        180 89 90 96 78 95 88 178 87 14 86 87, 16 85 84 83 201 200 208 199 175 148, 25 31 228 117 111 35 113 124 156 \
        70, 28 221 222 52 66 107 9 55 193, 45 220 131 198 217 174 114, 88 179 89 88 96 89, 4 45 51 4 5, 22 230 229 \
        24, 44 125 141 94, 52 105 104 68, 153 22 231 230, 43 91 106, 51 236 198, 56 28 158, 79 237 125, 111 31 117, \
        116 111 226, 17 85, 29 224, 33 247, 35 143, 46 124, 55 221, 64 102, 66 105, 72 73, 81 82, 91 146, 95 96, 97 \
        141, 98 165, 100 142, 103 104, 115 131, 120 121, 128 233, 133 243, 144 163, 149 150, 161 246, 174 196, 192 \
        213, 201 208, 205 207, 210 211, 217 236, 220 237, 231 232
        """
}
