import { type Attributes, writeAttribute } from './attribute.js';
import type { ElementData, ElementType } from './element-type.js';
import { ProtobufWriter } from './protobuf-writer.js';
import { type TensorValue, writeTensor } from './tensor-value.js';
import { type Dimension, type ValueInfo, writeValueInfo } from './value-info.js';

/** The pair of ONNX 1.12, which every onnxruntime since 1.12 reads; it has all that is written here. */
const IR_VERSION = 8;
const OPSET_VERSION = 17;
/** Operator sets other than ONNX's own are not versioned in step with it: com.microsoft has always been 1. */
const FOREIGN_OPSET_VERSION = 1;

/** Fields of `ModelProto`, `OperatorSetIdProto`, `GraphProto` and `NodeProto`. */
const Model = { irVersion: 1, producerName: 2, graph: 7, opsetImport: 8 } as const;
const OperatorSet = { domain: 1, version: 2 } as const;
const Graph = { node: 1, name: 2, initializer: 5, input: 11, output: 12 } as const;
const Node = { input: 1, output: 2, name: 3, opType: 4, attribute: 5, domain: 7 } as const;

export interface NodeOptions {
  /** Names of the outputs, in the operator's order; by default it has one, whose name is made up. */
  readonly outputs?: readonly [string, ...string[]];
  readonly attributes?: Attributes;
  /** The operator set, when it is not ONNX's own, e.g. `com.microsoft`. */
  readonly domain?: string;
}

interface GraphNode {
  readonly opType: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Attributes;
  readonly domain: string;
}

/**
 * An ONNX model in the making. Values are names, so that a graph reads as the computation that it is:
 *
 *     const hidden = graph.node('Gemm', ['x', weights, bias]);
 *     graph.node('Relu', [hidden], { outputs: ['y'] });
 *
 * Nodes are written in the order they were added, which must be an order they can run in. The runtime checks the rest
 * (operators, arities, types) when the model is loaded.
 */
export class OnnxGraph {
  private readonly inputs: ValueInfo[] = [];
  private readonly outputs: ValueInfo[] = [];
  private readonly constants = new Map<string, TensorValue>();
  private readonly nodes: GraphNode[] = [];
  private readonly names = new Set<string>();

  constructor(private readonly name: string) {}

  /** @throws Error when the name is taken: in ONNX a value is assigned once */
  input(name: string, type: ElementType, dims: readonly Dimension[]): string {
    this.inputs.push({ name: this.claim(name), type, dims });
    return name;
  }

  /** Makes the value of this name, which a node computes, an output of the model. */
  output(name: string, type: ElementType, dims: readonly Dimension[]): string {
    this.outputs.push({ name, type, dims });
    return name;
  }

  /**
   * A weight or another constant (an initializer). The data is read by `build`: it must not change before.
   * @throws Error when the name is taken
   */
  constant<T extends ElementType>(name: string, type: T, dims: readonly number[], data: ElementData[T]): string {
    this.constants.set(this.claim(name), { type, dims, data });
    return name;
  }

  /**
   * Applies an operator; an optional input that is left out is ''.
   * @returns the name of the first output
   * @throws Error when the name of an output is taken
   */
  node(opType: string, inputs: readonly string[], options: NodeOptions = {}): string {
    const { outputs = [`${opType}_${this.nodes.length}`], attributes = {}, domain = '' } = options;
    for (const output of outputs) this.claim(output);
    this.nodes.push({ opType, inputs, outputs, attributes, domain });
    return outputs[0];
  }

  /**
   * The bytes of `model.onnx`.
   * @throws Error when a constant's data does not fit its dims
   */
  build(): Uint8Array {
    const model = new ProtobufWriter()
      .varint(Model.irVersion, IR_VERSION)
      .string(Model.producerName, 'sluice')
      .message(Model.graph, (graph) => this.writeGraph(graph));
    for (const domain of new Set(['', ...this.nodes.map((node) => node.domain)])) {
      const version = domain === '' ? OPSET_VERSION : FOREIGN_OPSET_VERSION;
      model.message(Model.opsetImport, (opset) =>
        opset.string(OperatorSet.domain, domain).varint(OperatorSet.version, version),
      );
    }
    return model.finish();
  }

  private writeGraph(writer: ProtobufWriter): void {
    for (const [index, node] of this.nodes.entries())
      writer.message(Graph.node, (nested) => writeNode(nested, node, `${node.opType}_${index}`));
    writer.string(Graph.name, this.name);
    for (const [name, value] of this.constants)
      writer.message(Graph.initializer, (nested) => writeTensor(nested, value, name));
    for (const input of this.inputs) writer.message(Graph.input, (nested) => writeValueInfo(nested, input));
    for (const output of this.outputs) writer.message(Graph.output, (nested) => writeValueInfo(nested, output));
  }

  private claim(name: string): string {
    if (this.names.has(name)) throw new Error(`the graph has a value named ${name} already`);
    this.names.add(name);
    return name;
  }
}

function writeNode(writer: ProtobufWriter, node: GraphNode, name: string): void {
  for (const input of node.inputs) writer.string(Node.input, input);
  for (const output of node.outputs) writer.string(Node.output, output);
  writer.string(Node.name, name).string(Node.opType, node.opType);
  for (const [attribute, value] of Object.entries(node.attributes))
    writer.message(Node.attribute, (nested) => writeAttribute(nested, attribute, value));
  if (node.domain !== '') writer.string(Node.domain, node.domain);
}
