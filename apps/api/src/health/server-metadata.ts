/** `GET /v2`. Only extensions that are served in full are named. */
export const SERVER = {
  name: 'sluice',
  version: '0.1.0',
  extensions: [
    'model_repository',
    'schedule_policy',
    'model_configuration',
    'binary_tensor_data',
    'parameters',
    'statistics',
  ],
} as const;
