/** The proto files whose messages a configuration may hold; what they import comes along. */
export const roots = [
  'envoy/admin/v3/*.proto',
  'envoy/config/**/v3/*.proto',
  'envoy/extensions/**/v3/*.proto',
  'envoy/service/{discovery,secret,status,runtime}/v3/*.proto',
  'envoy/type/**/v3/*.proto',
  'udpa/type/v1/*.proto',
  'xds/{type,core}/**/*.proto',
];

/** Left out: protocols and services outside of what a mesh configures, and files whose imports are not packaged. */
export const excluded =
  /opencensus|trace\/v3\/trace\.proto|thrift|dubbo|zookeeper|geoip|aws_|\/s2a\/|\/alts\/|http\/cache|tap\/|\/quic\/(?!v3)|datadog|lightstep|dynamic_ot|skywalking|xray|kill_request|gcp_authn|dynatrace|rate_limit_quota|proto_message|maxmind|file_system|apple|grpc_credential|wasm\/v3\/wasm_stats|data\/dns|filters\/udp/;
