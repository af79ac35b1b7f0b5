import CVNN

/// YOLOv3 in the format of darknet: its `yolov3.cfg`, and the order of its `.weights`.
enum YOLOv3Configuration {
    /// - Parameter width: channels of the first convolution, 32 in darknet's file.
    static func text(classes: Int, width: Int) -> String {
        var sections = ["[net]\nwidth=416\nheight=416\nchannels=3"]
        func convolution(_ filters: Int, _ size: Int, stride: Int = 1) {
            sections.append(
                "[convolutional]\nbatch_normalize=1\nfilters=\(filters)\nsize=\(size)\nstride=\(stride)\npad=1\n"
                    + "activation=leaky")
        }
        convolution(width, 3)
        for (stage, blocks) in [1, 2, 8, 8, 4].enumerated() {
            let channels = width << (stage + 1)
            convolution(channels, 3, stride: 2)
            for _ in 0..<blocks {
                convolution(channels / 2, 1)
                convolution(channels, 3)
                sections.append("[shortcut]\nfrom=-3\nactivation=linear")
            }
        }
        for (scale, mask) in ["6,7,8", "3,4,5", "0,1,2"].enumerated() {
            let channels = 16 * width >> scale
            if scale > 0 {
                // Back before the head; the feature maps of Darknet-53 are those of its layers 61 and 36.
                sections.append("[route]\nlayers=-4")
                convolution(channels, 1)
                sections.append("[upsample]\nstride=2")
                sections.append("[route]\nlayers=-1, \(scale == 1 ? 61 : 36)")
            }
            for _ in 0..<3 {
                convolution(channels, 1)
                convolution(2 * channels, 3)
            }
            sections.append(
                "[convolutional]\nsize=1\nstride=1\npad=1\nfilters=\(3 * (5 + classes))\nactivation=linear")
            sections.append(
                "[yolo]\nmask=\(mask)\nclasses=\(classes)\nnum=9\n"
                    + "anchors=10,13, 16,30, 33,23, 30,61, 62,45, 59,119, 116,90, 156,198, 373,326")
        }
        return sections.joined(separator: "\n\n") + "\n"
    }

    /// A header, and for each convolution the bias, γ, mean and variance if it is normalized, and the kernel.
    static func weights(_ parameters: ParameterSet) -> [UInt8] {
        var bytes: [UInt8] = [0, 0, 0, 0, 2, 0, 0, 0, 5, 0, 0, 0] + [UInt8](repeating: 0, count: 8)
        func append(_ key: String) {
            for value in parameters[key]!.value.values {
                withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
            }
        }
        for parameter in parameters where parameter.shape.rank == 4 {
            let scope = parameter.name.dropLast("weight".count)
            if scope.hasSuffix("conv.") {
                let norm = scope.dropLast("conv.".count) + "bn."
                for part in ["bias", "weight", "running_mean", "running_var"] { append(norm + part) }
            } else {
                append(scope + "bias")
            }
            append(parameter.name)
        }
        return bytes
    }
}
