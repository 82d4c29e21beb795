/** What `/server_info` and `--version` say: revision, version, state of the source tree, build, TLS library. */
export const proxyVersion = '0000000000000000000000000000000000000000/1.40.0/lateen/RELEASE/none';
export const hotRestartVersion = '11.104';
