import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { clusterFiles } from './files.ts';
import { type UpInput, up } from './up.ts';

test('a home that cannot be made is refused with the variable that sets it', async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'lateen-up-'));
  try {
    writeFileSync(path.join(folder, 'file'), '');
    const files = clusterFiles('lateen', { LATEEN_HOME: path.join(folder, 'file/home') });
    await assert.rejects(up({ files } as UpInput), /cannot write to .*file\/home .*set LATEEN_HOME/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
