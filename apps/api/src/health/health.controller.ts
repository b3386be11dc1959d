import { Controller, Get, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Cluster } from '@sluice/cluster';
import { messageOf } from '@sluice/contracts';
import type { FastifyReply } from 'fastify';
import { liveSchema, readySchema, serverMetadataSchema } from '../docs/schemas.js';
import { OpenTo } from '../door/access.js';
import { ModelCatalogue, type Readiness } from '../models/model-catalogue.js';
import { SERVER } from './server-metadata.js';

/** The server as the protocol describes it, and whether it can do its work. */
@ApiTags('server')
@Controller('v2')
export class HealthController {
  constructor(
    private readonly cluster: Cluster,
    private readonly catalogue: ModelCatalogue,
  ) {}

  @Get()
  @OpenTo('infer')
  @ApiOperation({ summary: 'Name, version and extensions of the server' })
  @ApiResponse({ status: 200, description: 'Only extensions that are served in full', schema: serverMetadataSchema })
  metadata(): typeof SERVER {
    return SERVER;
  }

  @Get('health/live')
  @OpenTo('everyone')
  @ApiOperation({ summary: 'Whether this process works at all' })
  @ApiResponse({ status: 200, description: 'It does', schema: liveSchema })
  live(): { live: true } {
    return { live: true };
  }

  @Get('health/ready')
  @OpenTo('infer')
  @ApiOperation({ summary: 'Whether requests can be answered: Redis is there, and a worker with a model' })
  @ApiResponse({ status: 200, description: 'They can', schema: readySchema })
  @ApiResponse({ status: 503, description: 'They cannot, and why', schema: readySchema })
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<Readiness> {
    const readiness = await this.check();
    if (!readiness.ready) void reply.status(503);
    return readiness;
  }

  private async check(): Promise<Readiness> {
    try {
      await this.cluster.ping();
    } catch (error) {
      return { ready: false, reason: messageOf(error) };
    }
    return this.catalogue.anyReady();
  }
}
