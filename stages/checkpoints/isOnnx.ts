/** Whether a file that begins so is an ONNX file: a protobuf message whose first field is the version of its format. */
export const isOnnx = (head: Uint8Array): boolean => head[0] === 0x08 && (head[1] ?? 0) > 0 && (head[1] ?? 0) < 0x20
