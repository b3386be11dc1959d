import { Module } from '@nestjs/common';
import { ColdStarts } from '../placement/cold-starts.js';
import { CanaryChoice } from '../routing/canary-choice.js';
import { DesiredVersions } from '../routing/desired-versions.js';
import { ModelCatalogue } from './model-catalogue.js';
import { ModelsController } from './models.controller.js';
import { UploadsService } from './uploads/uploads.service.js';
import { VersionNumbers } from './uploads/version-numbers.js';
import { StoreCollector } from './versions/store-collector.js';
import { VersionsController } from './versions/versions.controller.js';
import { VersionsService } from './versions/versions.service.js';

@Module({
  controllers: [ModelsController, VersionsController],
  providers: [
    DesiredVersions,
    ModelCatalogue,
    CanaryChoice,
    ColdStarts,
    VersionNumbers,
    UploadsService,
    VersionsService,
    StoreCollector,
  ],
  exports: [DesiredVersions, ModelCatalogue, CanaryChoice, ColdStarts],
})
export class ModelsModule {}
