import { ELEMENT_TYPES, OnnxGraph } from '@sluice/onnx-writer';
import { describeInferenceEngine } from '../inference-engine.conformance.js';
import { OnnxEngine } from './onnx-engine.js';

describeInferenceEngine('OnnxEngine', {
  create: () => new OnnxEngine({ device: 'cpu', fallback: 'none', intraOpThreads: 1, allowSpinning: false }),
  sums: sums(),
  fragile: fragile(),
  slow: slow(),
});

/** x · ones: each element of the product is the row's sum. */
function sums(): Uint8Array {
  const graph = new OnnxGraph('sums');
  const x = graph.input('x', 'float', ['batch', 3]);
  for (const [name, width] of [
    ['y', 1],
    ['z', 2],
  ] as const) {
    const ones = graph.constant(`ones_${name}`, 'float', [3, width], new Float32Array(3 * width).fill(1));
    graph.node('MatMul', [x, ones], { outputs: [name] });
    graph.output(name, 'float', ['batch', width]);
  }
  return graph.build();
}

/** Looks the first value of a row up in a table of two: no shape is wrong, and still the run may fail. */
function fragile(): Uint8Array {
  const graph = new OnnxGraph('fragile');
  const x = graph.input('x', 'float', ['batch', 3]);
  const select = graph.constant('select', 'float', [3, 1], Float32Array.of(1, 0, 0));
  const table = graph.constant('table', 'float', [2], Float32Array.of(10, 20));
  const index = graph.node('Cast', [graph.node('MatMul', [x, select])], {
    attributes: { to: { int: ELEMENT_TYPES.int64 } },
  });
  graph.node('Gather', [table, index], { outputs: ['y'] });
  graph.output('y', 'float', ['batch', 1]);
  return graph.build();
}

/** One square matrix applied many times: a small file and a long run. */
function slow(): Uint8Array {
  const width = 1024;
  const times = 300;
  const graph = new OnnxGraph('slow');
  const widen = graph.constant('widen', 'float', [3, width], new Float32Array(3 * width).fill(1));
  const square = graph.constant('square', 'float', [width, width], new Float32Array(width * width).fill(1 / width));
  const narrow = graph.constant('narrow', 'float', [width, 1], new Float32Array(width).fill(1 / width));
  let value = graph.node('MatMul', [graph.input('x', 'float', ['batch', 3]), widen]);
  for (let index = 0; index < times; index++) value = graph.node('MatMul', [value, square]);
  graph.node('MatMul', [value, narrow], { outputs: ['y'] });
  graph.output('y', 'float', ['batch', 1]);
  return graph.build();
}
