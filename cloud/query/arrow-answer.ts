/** Rows of a result as an Arrow IPC stream, a batch at a time. */
import type { DuckDBResult } from '@duckdb/node-api';
import {
  Bool,
  type DataType,
  Field,
  Float64,
  Int64,
  makeBuilder,
  makeData,
  RecordBatch,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  TimestampMillisecond,
  Utf8,
} from 'apache-arrow';

/** Arrow's type of a column that DuckDB calls so; texts stand in for what is none of them. */
function typeOf(duckdb: string): DataType {
  if (duckdb === 'DOUBLE' || duckdb === 'FLOAT' || duckdb === 'INTEGER') return new Float64();
  if (duckdb === 'BIGINT') return new Int64();
  if (duckdb === 'BOOLEAN') return new Bool();
  if (duckdb.startsWith('TIMESTAMP')) return new TimestampMillisecond();
  return new Utf8();
}

export async function* arrowBytes(
  result: DuckDBResult,
  onRows: (count: number) => void,
): AsyncGenerator<Uint8Array> {
  const names = result.deduplicatedColumnNames();
  const types = result.columnTypes().map((type) => typeOf(String(type)));
  const schema = new Schema(names.map((name, index) => new Field(name, types[index]!, true)));
  const writer = new RecordBatchStreamWriter();
  const written = (async () => {
    try {
      for await (const batch of batches(result, schema, onRows)) writer.write(batch);
      writer.finish();
    } catch (error) {
      writer.abort(error);
    }
  })();
  yield* writer;
  await written;
}

async function* batches(
  result: DuckDBResult,
  schema: Schema,
  onRows: (count: number) => void,
): AsyncGenerator<RecordBatch> {
  let isEmpty = true;
  for await (const rows of result.yieldRowsJs()) {
    if (rows.length === 0) continue;
    isEmpty = false;
    onRows(rows.length);
    yield batchOf(schema, rows);
  }
  // Without a batch the stream would not say what its columns are.
  if (isEmpty) yield batchOf(schema, []);
}

function batchOf(schema: Schema, rows: readonly (readonly unknown[])[]): RecordBatch {
  const children = schema.fields.map(({ type }, index) => {
    const builder = makeBuilder({ type, nullValues: [null] });
    for (const row of rows) builder.append(arrowValue(type, row[index]));
    return builder.finish().flush();
  });
  return new RecordBatch(
    schema,
    makeData({ type: new Struct(schema.fields), length: rows.length, nullCount: 0, children }),
  );
}

function arrowValue(type: DataType, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (type instanceof TimestampMillisecond) return value instanceof Date ? value.getTime() : Number(value);
  if (type instanceof Utf8) return typeof value === 'string' ? value : JSON.stringify(value);
  return value;
}
