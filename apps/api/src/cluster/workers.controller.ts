import { Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Cluster } from '@sluice/cluster';
import { SluiceError } from '@sluice/contracts';
import { ApiErrors } from '../docs/api-errors.js';
import { inTime } from '../jobs/in-time.js';

/** Longest wait for Redis. */
const REDIS_MS = 5_000;
const UNDERSTOOD = {
  status: 204,
  description: 'Noted; `handOff` of the worker in GET /cluster tells when it has heard',
};

/** An operator's hand on one worker. */
@ApiTags('server')
@ApiParam({ name: 'id', description: 'As GET /cluster names it' })
@ApiErrors({ 404: 'No such worker is alive', 503: 'Redis is not available' })
@Controller('workers/:id')
export class WorkersController {
  constructor(private readonly cluster: Cluster) {}

  @Post('pause')
  @HttpCode(204)
  @ApiResponse(UNDERSTOOD)
  @ApiOperation({ summary: 'Let a worker finish what runs, and leave everything else to the others' })
  pause(@Param('id') id: string): Promise<void> {
    return this.set(id, true);
  }

  @Post('resume')
  @HttpCode(204)
  @ApiResponse(UNDERSTOOD)
  @ApiOperation({ summary: 'Let a paused worker take work again' })
  resume(@Param('id') id: string): Promise<void> {
    return this.set(id, false);
  }

  private async set(id: string, paused: boolean): Promise<void> {
    const workers = await inTime(this.cluster.workers(), REDIS_MS);
    if (!workers.some((worker) => worker.id === id)) {
      const alive = workers.map((worker) => worker.id).join(', ') || 'none';
      throw new SluiceError('not_found', `there is no worker ${id}, alive are: ${alive}`);
    }
    await inTime(this.cluster.pause(id, paused), REDIS_MS);
  }
}
