import { StageError } from "../../src/dsl/StageError.ts"
import type { SessionError } from "../../src/onnx/Session.ts"

// What onnxruntime says of models that are newer than itself.
const opset = /Opset (\d+) is under development.* till opset (\d+)/
const format = /IR version: (\d+), max supported IR version: (\d+)/

/** An encoder that onnxruntime does not open, as a user says it. */
export const refused = (cause: SessionError): StageError => {
  const said = cause.message
  const [, version, newest] = opset.exec(said) ?? []
  const [, ir, newestIr] = format.exec(said) ?? []
  const message =
    version !== undefined
      ? `the encoder's operators are of opset ${version}, and the newest that can be run is ${newest}`
      : ir !== undefined
        ? `the encoder's file is of IR version ${ir}, and the newest that can be read is ${newestIr}`
        : `onnxruntime refuses the encoder: ${said}`
  const hint = /IR version|opset|domain_version|No Op registered|not a registered function/i.test(said)
    ? "export it for an older opset, and without operators of its own"
    : "see whether onnx.checker.check_model takes the file, and export it again"
  return new StageError({ message, hint, cause })
}
