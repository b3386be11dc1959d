import { Controller, Get, Param, Res } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import {
  formatConfig,
  formatMetadata,
  type ModelConfig,
  type ModelMetadata,
} from '../inference/protocol/model-metadata.js';
import { ApiErrors } from '../docs/api-errors.js';
import { modelConfigSchema, modelMetadataSchema, modelReadySchema } from '../docs/schemas.js';
import { OpenTo } from '../door/access.js';
import { ColdStarts } from '../placement/cold-starts.js';
import { ModelCatalogue } from './model-catalogue.js';

const MODEL = { name: 'model', example: 'digits' };
const VERSION = { name: 'version', example: '1' };
const UNAVAILABLE = { 503: 'The version has never been ready; the reason is in the message' };

/** What a model is: the protocol's metadata, whether it can be asked, and Triton's configuration of it. */
@ApiTags('models')
@ApiParam(MODEL)
@ApiErrors({ 404: 'No such model or version' })
@Controller('v2/models/:model')
export class ModelsController {
  constructor(
    private readonly catalogue: ModelCatalogue,
    private readonly coldStarts: ColdStarts,
  ) {}

  @Get()
  @OpenTo('infer')
  @ApiOperation({ summary: 'Metadata of the version that serves' })
  @ApiResponse({ status: 200, description: 'Inputs and outputs', schema: modelMetadataSchema })
  @ApiErrors(UNAVAILABLE)
  metadata(@Param('model') model: string): Promise<ModelMetadata> {
    return this.describe(model);
  }

  @Get('versions/:version')
  @OpenTo('infer')
  @ApiParam(VERSION)
  @ApiOperation({ summary: 'Metadata of a version' })
  @ApiResponse({ status: 200, description: 'Inputs and outputs', schema: modelMetadataSchema })
  @ApiErrors(UNAVAILABLE)
  versionMetadata(@Param('model') model: string, @Param('version') version: string): Promise<ModelMetadata> {
    return this.describe(model, version);
  }

  @Get('ready')
  @OpenTo('infer')
  @ApiOperation({ summary: 'Whether the model can be asked' })
  @ApiResponse({ status: 200, description: 'It can', schema: modelReadySchema })
  @ApiResponse({ status: 503, description: 'It cannot, and why', schema: modelReadySchema })
  ready(@Param('model') model: string, @Res({ passthrough: true }) reply: FastifyReply): object {
    return this.answerReady(reply, model);
  }

  @Get('versions/:version/ready')
  @OpenTo('infer')
  @ApiParam(VERSION)
  @ApiOperation({ summary: 'Whether a version can be asked' })
  @ApiResponse({ status: 200, description: 'It can', schema: modelReadySchema })
  @ApiResponse({ status: 503, description: 'It cannot, and why', schema: modelReadySchema })
  versionReady(
    @Param('model') model: string,
    @Param('version') version: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): object {
    return this.answerReady(reply, model, version);
  }

  @Get('config')
  @OpenTo('infer')
  @ApiOperation({ summary: "Triton's model configuration, with the device in use" })
  @ApiResponse({ status: 200, description: 'The part that its clients read', schema: modelConfigSchema })
  @ApiErrors(UNAVAILABLE)
  async config(@Param('model') model: string): Promise<ModelConfig> {
    const { ref, serving } = await this.coldStarts.known(model);
    return formatConfig(ref, serving);
  }

  @Get('versions/:version/config')
  @OpenTo('infer')
  @ApiParam(VERSION)
  @ApiOperation({ summary: "Triton's model configuration of a version" })
  @ApiResponse({ status: 200, description: 'The part that its clients read', schema: modelConfigSchema })
  @ApiErrors(UNAVAILABLE)
  async versionConfig(@Param('model') model: string, @Param('version') version: string): Promise<ModelConfig> {
    const { ref, serving } = await this.coldStarts.known(model, version);
    return formatConfig(ref, serving);
  }

  private async describe(model: string, version?: string): Promise<ModelMetadata> {
    const { ref, serving } = await this.coldStarts.known(model, version);
    return formatMetadata(ref, this.catalogue.versions(model), serving);
  }

  private answerReady(reply: FastifyReply, model: string, version?: string): object {
    const readiness = this.catalogue.readiness(model, version);
    if (!readiness.ready) void reply.status(503);
    return { name: model, ...readiness };
  }
}
