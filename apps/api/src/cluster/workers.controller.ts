import { Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Cluster } from '@sluice/cluster';
import { SluiceError } from '@sluice/contracts';
import { ApiErrors } from '../docs/api-errors.js';
import { pausedWorkerSchema } from '../docs/cluster-schema.js';
import { inTime } from '../jobs/in-time.js';

/** Longest wait for Redis. */
const REDIS_MS = 5_000;
const NOTED = {
  status: 200,
  description: 'Noted; `handOff` of the worker in GET /cluster tells when it has heard',
  schema: pausedWorkerSchema,
};

interface PausedWorker {
  readonly id: string;
  readonly paused: boolean;
}

/** An operator's hand on one worker. */
@ApiTags('server')
@ApiParam({ name: 'id', description: 'As GET /cluster names it' })
@ApiErrors({ 404: 'No such worker is alive', 503: 'Redis is not available' })
@Controller('workers/:id')
export class WorkersController {
  constructor(private readonly cluster: Cluster) {}

  @Post('pause')
  @HttpCode(200)
  @ApiResponse(NOTED)
  @ApiOperation({ summary: 'Let a worker finish what runs, and leave everything else to the others' })
  pause(@Param('id') id: string): Promise<PausedWorker> {
    return this.set(id, true);
  }

  @Post('resume')
  @HttpCode(200)
  @ApiResponse(NOTED)
  @ApiOperation({ summary: 'Let a paused worker take work again' })
  resume(@Param('id') id: string): Promise<PausedWorker> {
    return this.set(id, false);
  }

  private async set(id: string, paused: boolean): Promise<PausedWorker> {
    const workers = await inTime(this.cluster.workers(), REDIS_MS);
    if (!workers.some((worker) => worker.id === id)) {
      const alive = workers.map((worker) => worker.id).join(', ') || 'none';
      throw new SluiceError('not_found', `there is no worker ${id}, alive are: ${alive}`);
    }
    await inTime(this.cluster.pause(id, paused), REDIS_MS);
    return { id, paused };
  }
}
