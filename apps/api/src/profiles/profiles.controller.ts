import { Controller, Get, HttpCode, Param, Post, Req } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { ApiErrors } from '../docs/api-errors.js';
import { profileJobsSchema, profilesSchema } from '../docs/schemas.js';
import { OpenTo } from '../door/access.js';
import { callerOf } from '../door/caller.js';
import type { ProfileView } from './format-profile.js';
import { ProfilesService, type ProfileJobView } from './profiles.service.js';

/** What batches of a model version cost, by their size and the kind of device. */
@ApiTags('models')
@ApiParam({ name: 'model', example: 'digits' })
@ApiParam({ name: 'version', example: '1' })
@ApiErrors({ 404: 'No such model or version' })
@Controller('models/:model/versions/:version/profile')
export class ProfilesController {
  constructor(private readonly profiles: ProfilesService) {}

  @Get()
  @OpenTo('infer')
  @ApiOperation({ summary: 'What was measured of a version, by kind of device' })
  @ApiResponse({ status: 200, description: 'Empty as long as nothing was', schema: profilesSchema })
  async read(
    @Param('model') model: string,
    @Param('version') version: string,
  ): Promise<{ model: string; version: string; profiles: ProfileView[] }> {
    return { model, version, profiles: await this.profiles.read({ model, version }) };
  }

  @Post()
  @HttpCode(202)
  @ApiOperation({ summary: 'Measure a version on every worker that has it ready, beside its inference' })
  @ApiResponse({ status: 202, description: 'One job for each worker: see GET /jobs/{id}', schema: profileJobsSchema })
  @ApiErrors({ 409: 'All of them are measuring it already', 503: 'No worker has it ready' })
  async measure(
    @Param('model') model: string,
    @Param('version') version: string,
    @Req() request: FastifyRequest,
  ): Promise<{ jobs: ProfileJobView[] }> {
    return { jobs: await this.profiles.measure({ model, version }, callerOf(request)) };
  }
}
