import { Controller, Delete, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOperation, ApiParam, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ApiConfig } from '@sluice/config';
import { SluiceError } from '@sluice/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiErrors } from '../../docs/api-errors.js';
import { modelDetailsSchema, modelsSchema, pushedVersionSchema, uploadSchema } from '../../docs/model-schemas.js';
import { OpenTo } from '../../door/access.js';
import { callerOf } from '../../door/caller.js';
import { bodyOf, isFormData, StreamsBody } from '../../http/streamed-body.js';
import { formParts } from '../uploads/form-parts.js';
import { rawPart } from '../uploads/raw-part.js';
import { UploadFields } from '../uploads/upload-fields.js';
import { UploadsService } from '../uploads/uploads.service.js';
import { formatPushed, type ModelView, type PushedView } from './format-model.js';
import { VersionsService, type ModelDetails } from './versions.service.js';

const MODEL = { name: 'model', example: 'digits' };

/** Versions of models: pushed, listed, removed. Which of them serves is the matter of rollouts. */
@ApiTags('versions')
@Controller('models')
export class VersionsController {
  constructor(
    private readonly config: ApiConfig,
    private readonly uploads: UploadsService,
    private readonly versions: VersionsService,
  ) {}

  @Get()
  @OpenTo('infer')
  @ApiOperation({ summary: 'Every model, its versions, and which of them is live' })
  @ApiResponse({ status: 200, description: 'By name', schema: modelsSchema })
  async list(): Promise<{ models: ModelView[] }> {
    return { models: await this.versions.list() };
  }

  @Get(':model')
  @OpenTo('infer')
  @ApiParam(MODEL)
  @ApiOperation({ summary: 'A model: its versions with their files, and its history' })
  @ApiResponse({ status: 200, description: 'The latest change first', schema: modelDetailsSchema })
  @ApiErrors({ 404: 'No such model', 503: 'Redis is not available' })
  read(@Param('model') model: string): Promise<ModelDetails> {
    return this.versions.read(model);
  }

  @Post(':model/versions')
  @StreamsBody()
  @HttpCode(201)
  @ApiParam(MODEL)
  @ApiOperation({
    summary: 'Push a version',
    description:
      'As a form, a part for each file, which is named as the file is within the version: ' +
      '`curl -F model.onnx=@best.onnx -F weights.bin=@weights.bin -F config=@config.json …/models/digits/versions`. ' +
      'Or a model without further files as the body: `curl --data-binary @best.onnx …`; what the form says in fields is ' +
      'then in the query. Nothing is served until the version is rolled out.',
  })
  @ApiConsumes('multipart/form-data', 'application/octet-stream')
  @ApiBody({ schema: uploadSchema })
  @ApiQuery({ name: 'version', required: false, description: 'As the field of the form', example: '2' })
  @ApiQuery({ name: 'origin', required: false, description: 'As the field of the form', example: 'run 1234' })
  @ApiResponse({ status: 201, description: 'It is in the store', schema: pushedVersionSchema })
  @ApiResponse({ status: 200, description: 'It was there already, as it is', schema: pushedVersionSchema })
  @ApiErrors({
    400: 'What is wrong: a name, a path, a field, a digest, or what the form lacks',
    408: 'Nothing came for SLUICE_RECEIVE_TIMEOUT_MS',
    409: 'The version has other content',
    413: 'More than SLUICE_MAX_MODEL_BYTES',
    415: 'The body is compressed',
    503: 'The disk of the store is full',
  })
  async push(
    @Param('model') model: string,
    @Query() query: Record<string, unknown>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PushedView> {
    const { headers } = request;
    if ((headers['content-encoding'] ?? 'identity') !== 'identity')
      throw new SluiceError(
        'unsupported_media_type',
        'content-encoding: expected identity, files are stored as they come',
      );
    const body = bodyOf(request, reply, this.config.door.receiveTimeoutMs);
    try {
      const fields = UploadFields.fromQuery(query);
      const parts = isFormData(request) ? formParts(body, headers['content-type'] ?? '') : rawPart(body);
      const { manifest, isKnown } = await this.uploads.push(model, parts, fields, callerOf(request));
      if (isKnown) void reply.status(200);
      return formatPushed(manifest);
    } finally {
      body.destroy();
    }
  }

  @Delete(':model/versions/:version')
  @HttpCode(204)
  @ApiParam(MODEL)
  @ApiParam({ name: 'version', example: '1' })
  @ApiOperation({ summary: 'Remove a version that was pushed; its number stays taken' })
  @ApiResponse({ status: 204, description: 'Removed' })
  @ApiErrors({
    404: 'No such version in the store',
    409: 'It is in service, or a rollout needs it',
    503: 'Redis is not available',
  })
  async remove(
    @Param('model') model: string,
    @Param('version') version: string,
    @Req() request: FastifyRequest,
  ): Promise<void> {
    await this.versions.remove({ model, version }, callerOf(request));
  }
}
