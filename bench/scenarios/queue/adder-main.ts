import { stopWithParent } from '@sluice/local-cluster';
import { runLoad, type LoadCommand } from './adder-load.js';
import { sideNamed } from './sides.js';
import { termsOf } from './terms.js';

/** Adds jobs and waits for their results, when it is asked to: what an API does, without HTTP. */
stopWithParent();
const [side = '', ...terms] = process.argv.slice(2);
const adder = await sideNamed(side).openAdder(termsOf(terms));
// What goes wrong ends this process, and the bench says so.
process.on('message', (command: LoadCommand) => void runLoad(adder, command).then((load) => process.send?.(load)));
process.send?.({});
