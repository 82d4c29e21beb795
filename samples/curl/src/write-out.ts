import type { Facts } from './transfer.ts';

/** A `--write-out` format with its variables filled in. */
export function formatFacts(format: string, facts: Facts, exitCode: number, error: string): string {
  const values = variables(facts, exitCode, error);
  return format
    .replace(/%header\{([^}]*)\}/g, (_, name: string) => header(facts, name))
    .replace(/%\{([^}]*)\}/g, (_, name: string) => values[name] ?? '')
    .replace(/%%/g, '%')
    .replace(/\\([nrt\\])/g, (_, letter: string) => ({ n: '\n', r: '\r', t: '\t', '\\': '\\' })[letter]!);
}

function header({ headers }: Facts, wanted: string): string {
  return headers.find(([name]) => name.toLowerCase() === wanted.toLowerCase())?.[1] ?? '';
}

function variables(facts: Facts, exitCode: number, error: string): Record<string, string> {
  const code = String(facts.status).padStart(3, '0');
  const time = (value: number) => value.toFixed(6);
  return {
    http_code: code,
    response_code: code,
    http_connect: '000',
    http_version: facts.httpVersion,
    content_type: facts.contentType,
    method: facts.method,
    url: facts.url,
    url_effective: facts.url,
    scheme: facts.url.slice(0, facts.url.indexOf(':')),
    num_redirects: String(facts.redirects),
    num_connects: '1',
    num_headers: String(facts.headers.length),
    redirect_url: facts.redirectUrl,
    remote_ip: facts.remote,
    remote_port: String(facts.remotePort),
    local_ip: facts.local,
    local_port: String(facts.localPort),
    size_download: String(facts.size),
    size_header: String(facts.headerBytes),
    size_upload: String(facts.uploaded),
    speed_download: String(Math.round(facts.size / (facts.total || 1))),
    speed_upload: String(Math.round(facts.uploaded / (facts.total || 1))),
    time_namelookup: time(facts.nameLookup),
    time_connect: time(facts.connect),
    time_appconnect: time(facts.tls),
    time_pretransfer: time(facts.tls || facts.connect),
    time_redirect: time(0),
    time_starttransfer: time(facts.firstByte),
    time_total: time(facts.total),
    exitcode: String(exitCode),
    errormsg: error,
    header_json: JSON.stringify(
      Object.fromEntries(facts.headers.map(([name, value]) => [name.toLowerCase(), [value]])),
    ),
    json: JSON.stringify({
      http_code: facts.status,
      url_effective: facts.url,
      time_total: facts.total,
      exitcode: exitCode,
    }),
    stdout: '',
    stderr: '',
  };
}
