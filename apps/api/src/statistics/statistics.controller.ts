import { Controller, Get, Param } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Cluster } from '@sluice/cluster';
import { SluiceError, type ModelRef } from '@sluice/contracts';
import { ApiErrors } from '../docs/api-errors.js';
import { modelStatisticsSchema } from '../docs/schemas.js';
import { OpenTo } from '../door/access.js';
import { formatMetadata } from '../inference/protocol/model-metadata.js';
import { ModelCatalogue } from '../models/model-catalogue.js';
import { formatStatistics } from './format-statistics.js';

const MODEL = { name: 'model', example: 'digits' };
const VERSION = { name: 'version', example: '1' };
const ANSWER = { status: 200, description: 'About a second old', schema: modelStatisticsSchema };
/** A model may have the name of the route of all statistics. */
const NAMESAKE = 'stats';

/** The statistics extension: what was done for each model version since the cluster began to count. */
@ApiTags('statistics')
@Controller('v2/models')
export class StatisticsController {
  constructor(
    private readonly cluster: Cluster,
    private readonly catalogue: ModelCatalogue,
  ) {}

  @Get('stats')
  @OpenTo('infer')
  @ApiOperation({ summary: 'Statistics of every version that has been served' })
  @ApiResponse(ANSWER)
  async all(): Promise<object> {
    // Who asks for the metadata of a model that is called `stats` comes here too, and finds both.
    return { ...this.metadataOfNamesake(), ...(await this.read(this.catalogue.served())) };
  }

  @Get(':model/stats')
  @OpenTo('infer')
  @ApiParam(MODEL)
  @ApiOperation({ summary: 'Statistics of all versions of a model' })
  @ApiResponse(ANSWER)
  @ApiErrors({ 404: 'No such model' })
  ofModel(@Param('model') model: string): Promise<object> {
    return this.read(this.catalogue.versions(model).map((version) => ({ model, version })));
  }

  @Get(':model/versions/:version/stats')
  @OpenTo('infer')
  @ApiParam(MODEL)
  @ApiParam(VERSION)
  @ApiOperation({ summary: 'Statistics of a version' })
  @ApiResponse(ANSWER)
  @ApiErrors({ 404: 'No such model or version' })
  async ofVersion(@Param('model') model: string, @Param('version') version: string): Promise<object> {
    // Throws for one that is not there.
    this.catalogue.readiness(model, version);
    return this.read([{ model, version }]);
  }

  private async read(refs: readonly ModelRef[]): Promise<object> {
    return { model_stats: (await this.cluster.statistics(refs)).map(formatStatistics) };
  }

  private metadataOfNamesake(): object {
    try {
      const { ref, serving } = this.catalogue.resolve(NAMESAKE);
      return formatMetadata(ref, this.catalogue.versions(NAMESAKE), serving);
    } catch (error) {
      if (error instanceof SluiceError) return {};
      throw error;
    }
  }
}
