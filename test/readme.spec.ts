import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));

it.each(['README.md', 'CONTRIBUTING.md', 'bench/README.md'])('every path that %s names exists', (document) => {
  const folder = document.includes('/') ? `${root}${document.slice(0, document.lastIndexOf('/') + 1)}` : root;
  const text = readFileSync(`${root}${document}`, 'utf8');
  const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, path]) => `${folder}${path}`);
  const quoted = [...text.matchAll(/`((?:apps|libs|test|bench|docs|models)\/[\w./-]+\.\w+)`/g)].map(
    ([, path]) => `${root}${path}`,
  );
  expect([...links, ...quoted].filter((path) => !existsSync(path))).toEqual([]);
});
