import type { Socket } from 'node:net';

const patient = new WeakSet<Socket>();

/**
 * Connections whose request may take as long as its bytes keep coming. Node knows one time for all requests of a server,
 * counted from their first byte; whoever reads such a request counts from the last one.
 */
export const patientSockets = {
  add: (socket: Socket) => void patient.add(socket),
  remove: (socket: Socket) => void patient.delete(socket),
  has: (socket: Socket) => patient.has(socket),
};
