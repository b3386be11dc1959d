import { Controller, HttpCode, Param, Post, Req } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { ApiErrors } from '../docs/api-errors.js';
import {
  loadRequestSchema,
  modelLoadedSchema,
  modelUnloadedSchema,
  repositoryIndexRequestSchema,
  repositoryIndexSchema,
  unloadRequestSchema,
} from '../docs/schemas.js';
import { OpenTo } from '../door/access.js';
import { callerOf } from '../door/caller.js';
import type { IndexEntry } from './repository-index.js';
import { checkLoadRequest, checkUnloadRequest, readIndexRequest } from './repository-request.js';
import { RepositoryService } from './repository.service.js';

const MODEL = { name: 'model', example: 'digits' };
const ERRORS = {
  400: 'What is wrong with the request, and what was expected',
  404: 'No such model',
  503: 'Why it did not come about, worker by worker; or no worker is alive',
};

/** The model repository extension: which models are there, and which of them shall be served. */
@ApiTags('repository')
@Controller('v2/repository')
export class RepositoryController {
  constructor(private readonly repository: RepositoryService) {}

  @Post('index')
  @OpenTo('infer')
  @HttpCode(200)
  @ApiOperation({ summary: 'Every model version that a worker knows, and its state' })
  @ApiBody({ required: false, schema: repositoryIndexRequestSchema })
  @ApiResponse({ status: 200, description: 'By name and version', schema: repositoryIndexSchema })
  @ApiErrors({ 400: ERRORS[400] })
  index(@Req() { body }: FastifyRequest): Promise<IndexEntry[]> {
    return this.repository.index(readIndexRequest(body).readyOnly);
  }

  @Post('models/:model/load')
  @HttpCode(200)
  @ApiParam(MODEL)
  @ApiOperation({ summary: "Load a model, its new versions and changed files, from the workers' folders" })
  @ApiBody({ required: false, schema: loadRequestSchema })
  @ApiResponse({ status: 200, description: 'Every worker serves it', schema: modelLoadedSchema })
  @ApiErrors(ERRORS)
  async load(@Req() request: FastifyRequest, @Param('model') model: string): Promise<object> {
    checkLoadRequest(request.body);
    await this.repository.load(model, callerOf(request));
    return { name: model, load: true };
  }

  @Post('models/:model/unload')
  @HttpCode(200)
  @ApiParam(MODEL)
  @ApiOperation({ summary: 'Take a model out of service; what has begun is finished' })
  @ApiBody({ required: false, schema: unloadRequestSchema })
  @ApiResponse({ status: 200, description: 'No worker serves it', schema: modelUnloadedSchema })
  @ApiErrors(ERRORS)
  async unload(@Req() { body }: FastifyRequest, @Param('model') model: string): Promise<object> {
    checkUnloadRequest(body);
    await this.repository.unload(model);
    return { name: model, unload: true };
  }
}
