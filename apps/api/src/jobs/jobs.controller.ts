import { Controller, Delete, Get, HttpCode, Param, Query, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { JOB_STATES } from '@sluice/job-queue';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiErrors } from '../docs/api-errors.js';
import { jobSchema, jobsSchema } from '../docs/schemas.js';
import { OpenTo } from '../door/access.js';
import { callerOf, isAdmin } from '../door/caller.js';
import type { JobView } from './format-job.js';
import { MAX_PAGE_SIZE, MAX_WAIT_SECONDS, parseJobsQuery, parseWait } from './jobs-query.js';
import { JobsService, type Viewer } from './jobs.service.js';

const ID = { name: 'id', description: 'As answered by `POST …/infer?async=true`' };

/** What was asked with `async=true`, afterwards. Every caller sees its own jobs; an admin reads all. */
@ApiTags('jobs')
@ApiErrors({ 503: 'Redis is not available' })
@Controller('jobs')
export class JobsController {
  constructor(private readonly jobs: JobsService) {}

  @Get()
  @OpenTo('infer')
  @ApiOperation({ summary: 'List jobs, newest first' })
  @ApiQuery({ name: 'state', required: false, enum: JOB_STATES })
  @ApiQuery({ name: 'model', required: false })
  @ApiQuery({ name: 'page', required: false, schema: { type: 'integer', minimum: 1, default: 1 } })
  @ApiQuery({
    name: 'size',
    required: false,
    schema: { type: 'integer', minimum: 1, maximum: MAX_PAGE_SIZE, default: 20 },
  })
  @ApiResponse({ status: 200, description: 'One page of the newest 1,000', schema: jobsSchema })
  @ApiErrors({ 400: 'What is wrong with the query' })
  async list(
    @Query() query: Record<string, unknown>,
    @Req() request: FastifyRequest,
  ): Promise<{ jobs: JobView[]; page: number; size: number; more: boolean }> {
    const parsed = parseJobsQuery(query);
    const { jobs, more } = await this.jobs.list(parsed, callerOf(request));
    return { jobs, page: parsed.page, size: parsed.size, more };
  }

  @Get(':id')
  @OpenTo('infer')
  @ApiOperation({ summary: 'How a job stands, and its result' })
  @ApiParam(ID)
  @ApiQuery({
    name: 'wait',
    required: false,
    description: 'Seconds to wait for its end',
    schema: { type: 'number', minimum: 0, maximum: MAX_WAIT_SECONDS },
  })
  @ApiResponse({
    status: 200,
    description: 'With `result` when completed, with `error` when failed',
    schema: jobSchema,
  })
  @ApiErrors({ 400: 'wait is not a number of seconds', 404: 'No such job', 410: 'Its result is no longer kept' })
  async read(
    @Param('id') id: string,
    @Query() query: Record<string, unknown>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const json = await this.jobs.read(id, viewerOf(request), parseWait(query), gone.signal);
    await reply.status(200).header('content-type', 'application/json').send(json);
  }

  @Delete(':id')
  @OpenTo('infer')
  @HttpCode(204)
  @ApiOperation({ summary: 'Remove a job that waits, or the result of one that has ended' })
  @ApiParam(ID)
  @ApiResponse({ status: 204, description: 'Removed' })
  @ApiErrors({ 404: 'No such job', 409: 'It has started: a running batch cannot be stopped', 410: 'No longer kept' })
  async remove(@Param('id') id: string, @Req() request: FastifyRequest): Promise<void> {
    await this.jobs.remove(id, viewerOf(request));
  }
}

function viewerOf(request: FastifyRequest): Viewer {
  return { caller: callerOf(request), isAdmin: isAdmin(request) };
}
