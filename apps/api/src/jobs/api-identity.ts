import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { Injectable } from '@nestjs/common';

/** Where replies for this process go: another address after every start. */
@Injectable()
export class ApiIdentity {
  readonly id = `api.${hostname()}.${process.pid}.${randomBytes(3).toString('hex')}`;
}
