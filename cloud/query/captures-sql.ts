/** Captured readings as SQL: one row a reading, with Viam's payload as JSON; and Viam's table `readings` over them. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { sqlList, sqlText } from '../stores/time-series/database';
import { structureOf } from './payload-shape';
import type { CapturesTask } from './task';

const value = `case when count is not null then count::varchar
  when number is not null then coalesce(text, number::varchar)
  when boolean is not null then if(boolean, 'true', 'false') else to_json(text)::varchar end`;

/** Tables `captures` and `nodes`, and views `captured` (capture, time, data) and `readings`. */
export async function prepareCaptures(connection: DuckDBConnection, task: CapturesTask): Promise<void> {
  await connection.run(`
    create temp table captures (capture integer, organization_id varchar, robot_id varchar, part_id varchar,
      component_type varchar, component_name varchar, method_name varchar, additional_parameters varchar, tags varchar);
    create temp table nodes (node integer, parent integer, depth integer, capture integer, label varchar, open varchar,
      close varchar, series integer)`);
  const captures = await connection.createAppender('captures', 'main', 'temp');
  task.captures.forEach((of, capture) => {
    captures.appendInteger(capture);
    for (const text of [of.appId, of.machine, of.partId, of.componentType, of.componentName, of.method])
      captures.appendVarchar(text);
    captures.appendVarchar(JSON.stringify(of.parameters));
    captures.appendVarchar(JSON.stringify(of.tags));
    captures.endRow();
  });
  captures.closeSync();
  const nodes = await connection.createAppender('nodes', 'main', 'temp');
  for (const { node, parent, depth, capture, label, open, close, series } of task.nodes) {
    for (const number of [node, parent, depth, capture])
      number === null ? nodes.appendNull() : nodes.appendInteger(number);
    for (const text of [label, open, close]) nodes.appendVarchar(text);
    series === null ? nodes.appendNull() : nodes.appendInteger(series);
    nodes.endRow();
  }
  nodes.closeSync();
  await connection.run(capturedView(task));
  await connection.run(readingsView(task));
}

/** Rows, each series and time once, whose values stand so deep in their payloads. */
function rows({ files, hot, isOverlapping, from, to }: CapturesTask, depth: string): string {
  const among = `(select series from nodes where series is not null and depth ${depth})`;
  const parts: string[] = [];
  if (files.length > 0) {
    const cold = `select series, time::timestamp as time, count::integer as count, number, boolean, text
      from read_parquet(${sqlList(files)})
      where series in ${among} and time >= make_timestamp_ms(${from}) and time < make_timestamp_ms(${to})`;
    parts.push(
      hot !== undefined && isOverlapping
        ? `select * from (${cold}) cold anti join
            (select series, make_timestamp_ms(time) as time from read_parquet(${sqlList([hot])})) using (series, time)`
        : cold,
    );
  }
  if (hot !== undefined)
    parts.push(`select series, make_timestamp_ms(time) as time, count, number, boolean, text
      from read_parquet(${sqlList([hot])}) where series in ${among}`);
  return (
    parts.join(' union all ') ||
    'select series, make_timestamp_ms(time) as time, count, number, boolean, text from nothing'
  );
}

function capturedView(task: CapturesTask): string {
  const text = (depth: string) =>
    `select node, time, open || ${value} || close as text from (${rows(task, depth)}) join nodes using (series)`;
  // A reading of one value is a row; others are put together from the inside out.
  const parts = [text('= 0')];
  const deepest = task.nodes.reduce((most, { depth }) => Math.max(most, depth), 0);
  if (deepest > 0) {
    let items = text('> 0');
    for (let depth = deepest; depth > 0; depth--)
      items = `
        select if(inner_node.depth = ${depth}, inner_node.parent, inner_node.node) as node, time,
          if(any_value(inner_node.depth) = ${depth},
            any_value(outer_node.open) || string_agg(inner_node.label || text, ',' order by inner_node.node) || any_value(outer_node.close),
            any_value(text)) as text
        from (${items}) join nodes inner_node using (node) left join nodes outer_node on outer_node.node = inner_node.parent
        group by 1, 2`;
    parts.push(items);
  }
  return `create temp view captured as select capture, time, text as data
    from (${parts.join(' union all ')}) join nodes using (node)`;
}

const metadata = `organization_id, organization_id as location_id, robot_id, robot_id as robot_name,
  part_id, part_id as part_name, component_type, component_name, method_name`;

/** As Viam documents its table. The time at which the device had the value is not kept: it is that of the request. */
function readingsView({ dataType, ask }: CapturesTask): string {
  const isTyped = ask.kind === 'sql';
  const structure = structureOf(dataType);
  const data = !isTyped
    ? 'data'
    : structure === '"JSON"'
      ? 'data::json as data'
      : `from_json(data, ${sqlText(structure)}) as data`;
  return `create temp view readings as
    select ${metadata}, additional_parameters::json as additional_parameters,
      from_json(tags, '["VARCHAR"]') as tags, time as time_requested, time as time_received, ${data}
    from captured join captures using (capture)`;
}
