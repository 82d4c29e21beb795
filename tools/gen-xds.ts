/**
 * Makes packages/xds/src/gen/ from Envoy's proto files as the npm package @grpc/grpc-js-xds carries them, and from
 * tools/xds/additions.json: fields and messages that are newer than those, and Istio's own.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadProtos } from './xds/protos.ts';
import { roots } from './xds/roots.ts';
import { extend, sorted, tableOf } from './xds/table.ts';
import { typesOf } from './xds/types.ts';

const additions = JSON.parse(readFileSync(join(import.meta.dirname, 'xds/additions.json'), 'utf8'));
const table = sorted(extend(tableOf(loadProtos(roots)), additions));
const out = join(import.meta.dirname, '../packages/xds/src/gen');
writeFileSync(join(out, 'schema.json'), `${JSON.stringify(table, null, 1)}\n`);
writeFileSync(join(out, 'messages.ts'), typesOf(table));
