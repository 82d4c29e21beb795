/** What `/server_info` and `--version` say: revision, version, state of the source tree, build, TLS library. */
export const proxyVersion = '0000000000000000000000000000000000000000/1.40.0/lateen/RELEASE/none';
export const hotRestartVersion = '11.104';

/** What the node says of itself to an xDS server. */
export const userAgentBuildVersion = {
  version: { majorNumber: 1, minorNumber: 40 },
  metadata: { 'build.type': 'RELEASE', 'revision.status': 'lateen' },
};
