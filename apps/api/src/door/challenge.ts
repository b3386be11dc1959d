/** What people open in a browser, which asks them for a password when it is told to. */
const PAGES = ['/queues', '/docs'];

/** The `WWW-Authenticate` of a 401. */
export function challengeFor(path: string): string {
  const isPage = PAGES.some((page) => path === page || path.startsWith(`${page}/`));
  return isPage
    ? 'Basic realm="Sluice: any name, and a key as the password", charset="UTF-8"'
    : 'Bearer realm="Sluice"';
}
