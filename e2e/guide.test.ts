import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { delay } from '@lateen/kit';
import { namespacesRefused, projectRoot, TestCluster } from './support/cluster.ts';

interface Block {
  readonly line: number;
  readonly script: string;
  readonly expects: RegExp | undefined;
}

const english = readFileSync(path.join(projectRoot, 'docs/guides/bookinfo.md'), 'utf8');
const chinese = readFileSync(path.join(projectRoot, 'docs/guides/bookinfo.zh-CN.md'), 'utf8');

/** The commands that a reader would type, each with what its output must look like. */
function shellBlocks(text: string): Block[] {
  return [...text.matchAll(/^```sh\n([\s\S]*?)^```\n(?:<!-- expects \/(.*)\/(m?) -->)?/gm)].map((match) => ({
    line: text.slice(0, match.index).split('\n').length,
    script: match[1]!,
    expects: match[2] ? new RegExp(match[2], match[3]) : undefined,
  }));
}

/** One bash that goes on from block to block, as a reader's terminal does. */
class Terminal {
  readonly #bash: ChildProcessWithoutNullStreams;
  #output = '';

  constructor(env: NodeJS.ProcessEnv) {
    this.#bash = spawn('bash', ['--norc'], { env, cwd: projectRoot });
    for (const stream of [this.#bash.stdout, this.#bash.stderr]) {
      stream.on('data', (chunk) => {
        this.#output += chunk;
      });
    }
  }

  async run(script: string, timeout: number): Promise<string> {
    const mark = `__done_${Math.random().toString(36).slice(2)}__`;
    this.#output = '';
    this.#bash.stdin.write(`${script}\necho ${mark}\n`);
    const deadline = performance.now() + timeout;
    while (!this.#output.includes(mark)) {
      if (performance.now() > deadline)
        throw new Error(`no end after ${timeout} ms:\n${script}\n${this.#output}`);
      await delay(20);
    }
    return this.#output.slice(0, this.#output.indexOf(mark));
  }

  close(): void {
    this.#bash.kill();
  }
}

test('the Chinese guide has the same commands', () => {
  const scripts = (text: string) => shellBlocks(text).map((block) => block.script);
  assert.deepEqual(scripts(chinese), scripts(english));
});

/** The reader's cluster is at 127.0.0.1; this one stands beside others. */
function atOwnAddress(script: string, cluster: TestCluster): string {
  return script.replace('lateen up --profile none', `lateen up --profile none --address ${cluster.address}`);
}

const refused = await namespacesRefused();

describe('every command of the Bookinfo guide works as written', { skip: refused }, () => {
  let cluster: TestCluster;
  let terminal: Terminal;
  before(() => {
    cluster = new TestCluster();
    // The guide uses the default cluster; the home of its own keeps it apart from the user's.
    terminal = new Terminal({ ...cluster.env, KUBECONFIG: path.join(cluster.home, 'kubeconfig') });
  });
  after(async () => {
    terminal.close();
    await cluster.run('lateen', ['down']);
    await cluster.remove();
  });

  for (const block of shellBlocks(english)) {
    test(`line ${block.line}: ${block.script.split('\n')[0]}`, async () => {
      const deadline = performance.now() + 60_000;
      for (;;) {
        const output = await terminal.run(atOwnAddress(block.script, cluster), 90_000);
        if (!block.expects || block.expects.test(output)) return;
        if (performance.now() > deadline) assert.match(output, block.expects);
        await delay(200);
      }
    });
  }
});
