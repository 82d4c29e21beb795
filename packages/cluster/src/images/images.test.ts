import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { addImage, fullName, listImages, removeImage, resolveImage } from './index.ts';

const places = {
  projectRoot: path.resolve(import.meta.dirname, '../../../..'),
  node: '/node',
  userFile: '/none',
};
const command = (image: string) => {
  const found = resolveImage(image, places);
  return found && [...found.entrypoint, ...found.cmd].map((word) => path.basename(word)).join(' ');
};

const cases: [string, string | undefined][] = [
  ['docker.io/istio/examples-bookinfo-productpage-v1:1.16.2', 'node bookinfo-productpage.mjs 9080'],
  ['registry.istio.io/release/examples-bookinfo-reviews-v3:1.20.3', 'node bookinfo-reviews.mjs 9080'],
  ['istio/examples-bookinfo-ratings-v-faulty', 'node bookinfo-ratings.mjs 9080'],
  ['istio/tcp-echo-server:1.1', 'node tcp-echo.mjs 9000 hello'],
  ['localhost:5000/mirror/istio/tcp-echo-server:1.1', 'node tcp-echo.mjs 9000 hello'],
  ['docker.io/curlimages/curl:8.16.0', 'curl --help'],
  ['busybox', 'sh'],
  ['docker.io/kennethreitz/httpbin@sha256:00', 'node httpbin.mjs 80'],
  ['istio/proxyv2:1.2.2', 'node lateen.mjs pilot-agent'],
  ['docker.io/lateen/pilot:0.1.0', 'node lateen.mjs pilot-discovery'],
  ['gcr.io/istio-release/proxy_init:1.2.2', 'node lateen.mjs pilot-agent istio-iptables'],
  ['foo/bar:1', undefined],
  ['mycorp/pilot', undefined],
];
for (const [image, expected] of cases) test(`image ${image}`, () => assert.equal(command(image), expected));

test('versions of one program differ by variables', () => {
  assert.equal(resolveImage('istio/examples-bookinfo-reviews-v3:1', places)?.env.STAR_COLOR, 'red');
  assert.equal(resolveImage('istio/examples-bookinfo-reviews-v1:1', places)?.env.ENABLE_RATINGS, 'false');
});

test('users add images of their own', () => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'lateen-images-'));
  const userFile = path.join(directory, 'home/images.yaml');
  try {
    addImage(userFile, {
      name: 'team/reviews',
      command: ['/bin/reviews', '--dev'],
      directory: '/src',
      env: { A: '1' },
    });
    addImage(userFile, { name: 'team/reviews:2', command: ['two'] });
    assert.equal(listImages(userFile).length, 2);
    const own = resolveImage('docker.io/team/reviews:dev', { ...places, userFile });
    assert.deepEqual(own, {
      entrypoint: ['/bin/reviews', '--dev'],
      cmd: [],
      env: { A: '1' },
      workingDirectory: '/src',
      visible: ['/src'],
    });
    assert.equal(removeImage(userFile, 'team/reviews'), true);
    assert.equal(removeImage(userFile, 'team/reviews'), false);
    assert.equal(resolveImage('team/reviews:3', { ...places, userFile }), undefined);
    assert.throws(() => addImage(userFile, { name: 'x', command: [] }), /lateen image add x -- COMMAND/);
    assert.throws(() => addImage(userFile, { name: '-x', command: ['a'] }), /no image name/);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test('a container sees the folder of a program that is named by its full path', () => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'lateen-images-'));
  const userFile = path.join(directory, 'images.yaml');
  const program = path.join(directory, 'a server.js');
  const add = (folder: string) =>
    addImage(userFile, { name: 'own', command: ['node', program, '/no/such/file'], directory: folder });
  try {
    writeFileSync(program, '');
    add('/somewhere');
    assert.deepEqual(resolveImage('own', { ...places, userFile })?.visible, ['/somewhere', directory]);
    add('/tmp');
    assert.deepEqual(resolveImage('own', { ...places, userFile })?.visible, [directory]);
    assert.equal(resolveImage('own', { ...places, userFile })?.workingDirectory, '/tmp');
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test('names in full', () => {
  assert.equal(fullName('busybox'), 'docker.io/library/busybox:latest');
  assert.equal(fullName('istio/pilot:1'), 'docker.io/istio/pilot:1');
  assert.equal(fullName('localhost:5000/a'), 'localhost:5000/a:latest');
});
