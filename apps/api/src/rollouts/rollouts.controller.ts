import { Readable } from 'node:stream';
import { Controller, Get, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOperation, ApiParam, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ApiConfig } from '@sluice/config';
import type { Instruction } from '@sluice/scheduling';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiErrors } from '../docs/api-errors.js';
import {
  rolloutEventsSchema,
  rolloutExamples,
  rolloutRequestSchema,
  rolloutSchema,
  rolloutsSchema,
} from '../docs/rollout-schemas.js';
import { callerOf } from '../door/caller.js';
import type { RolloutView } from './format-rollout.js';
import { readRolloutRequest } from './rollout-request.js';
import { RolloutStream } from './rollout-stream.js';
import { RolloutsService } from './rollouts.service.js';

const ID = { name: 'id', description: 'As POST …/rollouts answered it' };
const NOTED = { status: 200, description: 'Noted: the workers bring it about', schema: rolloutSchema };
const INSTRUCTION_ERRORS = { 404: 'No such rollout', 409: 'It has ended, or goes back already' };

/** Versions on their way into service. Everything here is for administrators. */
@ApiTags('rollouts')
@ApiParam({ name: 'model', example: 'digits' })
@ApiErrors({ 503: 'Redis is not available' })
@Controller('models/:model/rollouts')
export class RolloutsController {
  constructor(
    private readonly config: ApiConfig,
    private readonly rollouts: RolloutsService,
    private readonly stream: RolloutStream,
  ) {}

  @Post()
  @HttpCode(201)
  @ApiOperation({ summary: 'Begin to roll out a version that was pushed' })
  @ApiBody({ schema: rolloutRequestSchema, examples: rolloutExamples })
  @ApiResponse({ status: 201, description: 'It goes on by itself, `Location` names it', schema: rolloutSchema })
  @ApiErrors({
    400: 'Which field is wrong, and what was expected',
    404: 'No such version in the store: push it first',
    409: 'The model has a rollout that has not ended, or the version is live',
    413: 'The body is larger than SLUICE_MAX_BODY_BYTES',
  })
  async begin(
    @Param('model') model: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RolloutView> {
    const asked = readRolloutRequest(request.body, this.config.limits);
    const rollout = await this.rollouts.begin(model, asked, callerOf(request));
    void reply.header('location', `/models/${model}/rollouts/${rollout.id}`);
    return rollout;
  }

  @Get()
  @ApiOperation({ summary: 'The latest rollouts of a model, newest first' })
  @ApiResponse({ status: 200, description: 'At most 20', schema: rolloutsSchema })
  async list(@Param('model') model: string): Promise<{ rollouts: RolloutView[] }> {
    return { rollouts: await this.rollouts.list(model) };
  }

  @Get(':id')
  @ApiParam(ID)
  @ApiOperation({ summary: 'How a rollout stands: its stages, and each worker' })
  @ApiResponse({ status: 200, description: 'What workers do is about half a second old', schema: rolloutSchema })
  @ApiErrors({ 404: 'No such rollout' })
  read(@Param('model') model: string, @Param('id') id: string): Promise<RolloutView> {
    return this.rollouts.read(model, id);
  }

  @Get(':id/events')
  @ApiParam(ID)
  @ApiOperation({ summary: 'What happens to a rollout, as server-sent events, until it has ended' })
  @ApiProduces('text/event-stream')
  @ApiHeader({ name: 'Last-Event-ID', required: false, description: 'Go on after this event' })
  @ApiResponse({
    status: 200,
    description: '`step`: something happened; `progress`: how it stands; `end`: how it ended. As JSON in `data`',
    schema: rolloutEventsSchema,
  })
  @ApiErrors({ 404: 'No such rollout' })
  async events(
    @Param('model') model: string,
    @Param('id') id: string,
    @Req() { headers }: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const events = await this.stream.follow(model, id, headers['last-event-id']?.toString());
    await reply
      .header('content-type', 'text/event-stream')
      .header('cache-control', 'no-store')
      // Some proxies would keep it until there is more.
      .header('x-accel-buffering', 'no')
      .send(Readable.from(events));
  }

  @Post(':id/promote')
  @HttpCode(200)
  @ApiParam(ID)
  @ApiResponse(NOTED)
  @ApiErrors(INSTRUCTION_ERRORS)
  @ApiOperation({ summary: 'Promote the version as soon as every worker has it, without the rest of the canary' })
  promote(
    @Param('model') model: string,
    @Param('id') id: string,
    @Req() request: FastifyRequest,
  ): Promise<RolloutView> {
    return this.instruct(model, id, 'promote', request);
  }

  @Post(':id/rollback')
  @HttpCode(200)
  @ApiParam(ID)
  @ApiResponse(NOTED)
  @ApiErrors(INSTRUCTION_ERRORS)
  @ApiOperation({ summary: 'Give the version up; the one that was live answers all requests' })
  rollBack(
    @Param('model') model: string,
    @Param('id') id: string,
    @Req() request: FastifyRequest,
  ): Promise<RolloutView> {
    return this.instruct(model, id, 'roll-back', request);
  }

  @Post(':id/pause')
  @HttpCode(200)
  @ApiParam(ID)
  @ApiResponse(NOTED)
  @ApiErrors(INSTRUCTION_ERRORS)
  @ApiOperation({ summary: 'Stay in the phase that it is in; a version that proves bad goes back all the same' })
  pause(@Param('model') model: string, @Param('id') id: string, @Req() request: FastifyRequest): Promise<RolloutView> {
    return this.instruct(model, id, 'pause', request);
  }

  @Post(':id/resume')
  @HttpCode(200)
  @ApiParam(ID)
  @ApiResponse(NOTED)
  @ApiErrors(INSTRUCTION_ERRORS)
  @ApiOperation({ summary: 'Let a paused rollout go on' })
  resume(@Param('model') model: string, @Param('id') id: string, @Req() request: FastifyRequest): Promise<RolloutView> {
    return this.instruct(model, id, 'resume', request);
  }

  private instruct(model: string, id: string, instruction: Instruction, request: FastifyRequest): Promise<RolloutView> {
    return this.rollouts.instruct(model, id, instruction, callerOf(request));
  }
}
