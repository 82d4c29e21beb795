import { execFileSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFileRegistry, type FileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { excluded } from './roots.ts';

const modules = join(import.meta.dirname, '../../node_modules');
const deps = join(modules, '@grpc/grpc-js-xds/deps');

/** What the packaged protoc-gen-validate lacks: `ignore_empty` and its field number in each rule message. */
const ignoreEmpty: Record<string, number> = {
  ...Object.fromEntries(
    ['Float', 'Double', 'Int32', 'Int64', 'UInt32', 'UInt64', 'SInt32', 'SInt64']
      .concat(['Fixed32', 'Fixed64', 'SFixed32', 'SFixed64'])
      .map((name) => [name, 8]),
  ),
  String: 26,
  Bytes: 14,
  Repeated: 6,
  Map: 6,
};

const openTelemetryStub = `syntax = "proto3";
package opentelemetry.proto.common.v1;
message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3;
  double double_value = 4; ArrayValue array_value = 5; KeyValueList kvlist_value = 6; bytes bytes_value = 7; } }
message ArrayValue { repeated AnyValue values = 1; }
message KeyValueList { repeated KeyValue values = 1; }
message KeyValue { string key = 1; AnyValue value = 2; }
`;

function patchValidate(file: string): void {
  let text = readFileSync(file, 'utf8');
  for (const [name, number] of Object.entries(ignoreEmpty)) {
    text = text.replace(`message ${name}Rules {`, `$& optional bool ignore_empty = ${number};`);
  }
  writeFileSync(file, text);
}

function prepare(folder: string, trees: readonly string[]): void {
  for (const tree of trees) cpSync(tree, folder, { recursive: true });
  patchValidate(join(folder, 'validate/validate.proto'));
  const stub = join(folder, 'opentelemetry/proto/common/v1');
  mkdirSync(stub, { recursive: true });
  writeFileSync(join(stub, 'common.proto'), openTelemetryStub);
}

function compile(folder: string, roots: readonly string[]): Uint8Array {
  const platform = process.arch === 'arm64' ? 'aarch_64' : 'x86_64';
  const protoc = join(modules, `protoc/bin/protoc-linux-${platform}`);
  const out = join(folder, 'set.binpb');
  const files = globSync(roots as string[], { cwd: folder })
    .filter((file) => !excluded.test(file))
    .sort();
  const include = join(modules, 'protoc/include');
  execFileSync(protoc, [
    '-I',
    folder,
    '-I',
    include,
    '--include_imports',
    `--descriptor_set_out=${out}`,
    ...files,
  ]);
  return readFileSync(out);
}

/** Descriptors of the proto files that the glob patterns `roots` name, with everything they import. */
export function loadProtos(
  roots: readonly string[],
  trees: readonly string[] = ['envoy-api', 'googleapis', 'protoc-gen-validate', 'xds'].map((name) =>
    join(deps, name),
  ),
): FileRegistry {
  const folder = mkdtempSync(join(tmpdir(), 'gen-xds-'));
  try {
    prepare(folder, trees);
    return createFileRegistry(fromBinary(FileDescriptorSetSchema, compile(folder, roots)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
