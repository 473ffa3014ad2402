/**
 * What a pipeline is written with: stages, the nodes they give, the tables that
 * flow between them, and the pipeline that names the nodes wanted.
 *
 * @example
 * import { Pipeline, Stage, Table } from "rankshift"
 */
export * as Node from "./dsl/Node.ts"
export * as Pipeline from "./Pipeline.ts"
export { PipelineError } from "./dsl/Pipeline.ts"
export { Cores, Memo, Progress, Resume, Root, type StageServices } from "./dsl/Services.ts"
export * as Stage from "./dsl/Stage.ts"
export { RowError, StageError } from "./dsl/StageError.ts"
export * as Table from "./arrow/Table.ts"
export type { Batch, Row } from "./arrow/Table.ts"
