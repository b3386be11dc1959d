import type { IncomingHttpHeaders } from 'node:http';

/**
 * The key that a request brings: `Authorization: Bearer <key>`, `x-api-key: <key>`, or the password of HTTP Basic, which
 * is what a browser asks a person for; the user's name is not looked at.
 */
export function keyOf(headers: IncomingHttpHeaders): string | undefined {
  const { authorization = '' } = headers;
  const [, scheme = '', credentials = ''] = /^(\S+) +(\S+) *$/.exec(authorization) ?? [];
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return credentials;
    case 'basic': {
      const pair = Buffer.from(credentials, 'base64').toString();
      return pair.slice(pair.indexOf(':') + 1);
    }
    default: {
      const key = headers['x-api-key'];
      return typeof key === 'string' ? key : undefined;
    }
  }
}
