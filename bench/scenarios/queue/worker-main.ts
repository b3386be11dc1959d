import { stopWithParent } from '@sluice/local-cluster';
import { sideNamed } from './sides.js';
import { termsOf } from './terms.js';

/** Takes jobs and answers each with its payload: what a worker does, without an engine. */
stopWithParent();
const [side = '', ...terms] = process.argv.slice(2);
await sideNamed(side).openWorker(termsOf(terms));
process.send?.({});
