import CVCore
import CVFaces
import CVImage
import CVLandmarks
import CVTask

extension Face {
    /// By how much it is turned counterclockwise, in degrees, from the line between its eyes; 0 where they are not known.
    var roll: Double {
        guard let right = self[.rightEye], let left = self[.leftEye] else { return 0 }
        return LandmarkScheme.eyesNoseMouth.roll([right, left])
    }
}

extension LandmarkDetector {
    /// The landmarks of a face that was found, turned as its eyes are.
    func detect(_ image: Image, _ face: Face, options: LandmarkOptions) throws(NonFiniteOutput) -> Landmarks {
        try detect(image, in: face.box, degrees: face.roll, options: options)
    }
}
