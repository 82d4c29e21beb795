/** The embedded cluster's addresses; the same in every cluster, since each has network namespaces of its own. */
export const clusterNetwork = {
  podCidr: '10.244.0.0/16',
  serviceCidr: '10.96.0.0/12',
  dnsAddress: '10.96.0.10',
  nodePortRange: [30000, 32767],
  nodeName: 'lateen-node',
} as const;
