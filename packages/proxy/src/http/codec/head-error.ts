/** Why a message head or body was refused: the status to answer and Envoy's response code details. */
export interface CodecError {
  readonly status: number;
  readonly details: string;
}

export const codecErrors = {
  codec: { status: 400, details: 'http1.codec_error' },
  invalidCharacters: { status: 400, details: 'http1.invalid_characters' },
  invalidAuthority: { status: 400, details: 'http.invalid_authority' },
  invalidUrl: { status: 400, details: 'http1.invalid_url' },
  invalidScheme: { status: 400, details: 'http1.invalid_scheme' },
  invalidUnderscore: { status: 400, details: 'http1.unexpected_underscore' },
  connectionSanitization: { status: 400, details: 'http1.connection_header_rejected' },
  bodyDisallowed: { status: 400, details: 'http1.body_disallowed' },
  lengthAndChunked: { status: 400, details: 'http1.content_length_and_chunked_not_allowed' },
  transferEncoding: { status: 501, details: 'http1.invalid_transfer_encoding' },
  headersTooLarge: { status: 431, details: 'http1.headers_too_large' },
  tooManyHeaders: { status: 431, details: 'http1.too_many_headers' },
  trailersTooLarge: { status: 431, details: 'http1.trailers_too_large' },
  tooManyTrailers: { status: 431, details: 'http1.too_many_trailers' },
} as const satisfies Record<string, CodecError>;
