const EXAMPLE = 'inference:70,model-update:30';
const NAME = /^[a-z][a-z0-9-]*$/;
const NUMBER = /^\d+(\.\d+)?$/;

/**
 * Reads `inference:70,model-update:30`: classes and their weights, any number of them, in order. Weights need not add up
 * to 100.
 *
 * @throws Error that names the entry, what is wrong with it and what is allowed
 */
export function parseShare(text: string): { name: string; weight: number }[] {
  if (text.trim() === '') throw new Error(`expected classes and their weights, for example ${EXAMPLE}`);
  const classes = text.split(',').map((entry) => parseEntry(entry.trim()));
  const twice = classes.find(({ name }, index) => classes.findIndex((other) => other.name === name) !== index);
  if (twice) throw new Error(`class ${twice.name} comes twice, expected each once`);
  return classes;
}

function parseEntry(entry: string): { name: string; weight: number } {
  const [name = '', weight, ...more] = entry.split(':').map((part) => part.trim());
  if (weight === undefined || more.length > 0)
    throw new Error(`"${entry}": expected a class and its weight, for example ${EXAMPLE}`);
  if (!NAME.test(name))
    throw new Error(`"${entry}": a class begins with a small letter; small letters, digits and - may follow`);
  const value = NUMBER.test(weight) ? Number(weight) : NaN;
  if (!(value > 0 && value < Infinity))
    throw new Error(`"${entry}": expected a weight above 0, for example ${name}:70`);
  return { name, weight: value };
}
