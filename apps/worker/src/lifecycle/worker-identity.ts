import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { Injectable } from '@nestjs/common';
import { WorkerConfig } from '@sluice/config';

/** Who this worker is: another one after every start, so that nobody takes a restarted worker for the one that died. */
@Injectable()
export class WorkerIdentity {
  readonly id: string;
  readonly host = hostname();
  readonly pid = process.pid;
  readonly startedAt = Date.now();

  constructor({ name }: WorkerConfig) {
    this.id = `${name}.${this.host}.${this.pid}.${randomBytes(3).toString('hex')}`;
  }
}
