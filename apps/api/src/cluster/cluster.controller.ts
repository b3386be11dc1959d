import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ApiErrors } from '../docs/api-errors.js';
import { clusterSchema } from '../docs/cluster-schema.js';
import { OpenTo } from '../door/access.js';
import { inTime } from '../jobs/in-time.js';
import type { ClusterReport } from './cluster-report.js';
import { ClusterWatch } from './cluster-watch.js';

/** Longest wait for Redis. */
const REDIS_MS = 5_000;

/** What the scheduler does, as numbers. */
@ApiTags('server')
@Controller('cluster')
export class ClusterController {
  constructor(private readonly watch: ClusterWatch) {}

  @Get()
  @OpenTo('infer')
  @ApiOperation({ summary: 'The workers and what they do, the queues, and what this API refused' })
  @ApiResponse({ status: 200, description: 'What workers do is about half a second old', schema: clusterSchema })
  @ApiErrors({ 503: 'Redis is not available' })
  read(): Promise<ClusterReport> {
    return inTime(this.watch.report(), REDIS_MS);
  }
}
