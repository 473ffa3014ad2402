/** A thread that runs models, one after another, for the thread that started it. See `Thread.ts`. */
import { type MessagePort, parentPort } from "node:worker_threads"
import { load, type Runner } from "./runtime.ts"
import { type Answer, buffers, nothing, type Reply, type Request } from "./Thread.ts"

const answering = () => {
  const runners = new Map<number, Runner>()
  return async (request: Request): Promise<Answer> => {
    if (request.call === "open") {
      const runner = await load(request.onnx, request.options)
      runners.set(request.model, runner)
      return { ...nothing, inputs: runner.inputs, outputs: runner.outputs }
    }
    const runner = runners.get(request.model)
    if (runner === undefined) throw new Error("the model is not open")
    switch (request.call) {
      case "hold":
        await runner.hold(request.feeds)
        return nothing
      case "run":
        return { ...nothing, tensors: await runner.run(request.feeds, request.wanted, request.rows) }
      case "close":
        runners.delete(request.model)
        await runner.close()
        return nothing
    }
  }
}

const serve = (port: MessagePort) => {
  const answer = answering()
  const send = (reply: Reply, moved: Array<ArrayBuffer> = []) => port.postMessage(reply, moved)
  let last: Promise<void> = Promise.resolve()
  port.on("message", ({ id, request }: { readonly id: number; readonly request: Request }) => {
    // In turn: a model must not be closed before the runs asked for earlier.
    last = last
      .then(() => answer(request))
      .then(
        // Results are not used here again, so their memory moves.
        (answer) => send({ id, answer }, buffers(answer.tensors)),
        (cause: unknown) => send({ id, error: cause instanceof Error ? cause.message : String(cause) }),
      )
  })
}

if (parentPort !== null) serve(parentPort)
