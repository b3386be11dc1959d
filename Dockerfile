# One image for every part of Sluice; the command chooses: `node dist/apps/<api|worker|balancer>/src/main.js`.
#
#   docker build -t sluice .                                            # for the CPU
#   docker build -t sluice-cuda --build-arg RUNTIME=cuda --build-arg ONNXRUNTIME_NODE_INSTALL=cuda12 .
#
# docs/docker.md says how large it is and what the GPU needs.

# Where it runs: `slim` or `cuda`, the stages below.
ARG RUNTIME=slim

FROM node:24-bookworm-slim AS slim
WORKDIR /app

# onnxruntime-node brings its own part of CUDA 12; CUDA's and cuDNN 9's libraries come from NVIDIA's image.
# Only built when RUNTIME names it.
FROM nvidia/cuda:12.8.1-cudnn-runtime-ubuntu22.04 AS cuda
COPY --from=slim /usr/local/bin/node /usr/local/bin/node
RUN useradd --uid 1000 --user-group --create-home node
WORKDIR /app

FROM slim AS build
COPY package.json package-lock.json .npmrc ./
RUN ONNXRUNTIME_NODE_INSTALL=skip npm ci
COPY . .
RUN npx nest build sluice

FROM slim AS modules
COPY package.json package-lock.json .npmrc ./
# `skip`, or `cuda12` to download some hundred megabytes for NVIDIA's GPUs (x86-64 only).
ARG ONNXRUNTIME_NODE_INSTALL=skip
RUN npm ci --omit=dev
# What nobody loads here: runtimes for other systems and processors, the Redis that `npm start` would compile, the compiler, types, maps.
RUN find node_modules/onnxruntime-node/bin/napi-v6 -mindepth 2 -maxdepth 2 ! -path "*/linux/$(node -p process.arch)" -exec rm -r {} + \
 && rm -r node_modules/redis-memory-server node_modules/typescript \
 && find node_modules -type f \( -name '*.ts' -o -name '*.mts' -o -name '*.cts' -o -name '*.map' \) -delete

FROM ${RUNTIME} AS sluice
# The memory of models that were unloaded goes back to the system, which glibc would keep by itself; onnxruntime reports
# nothing to its makers.
ENV NODE_ENV=production NODE_OPTIONS=--enable-source-maps MALLOC_TRIM_THRESHOLD_=131072 ORT_DISABLE_TELEMETRY=1
COPY --from=modules /app/node_modules node_modules
COPY --from=build /app/package.json package.json
COPY --from=build /app/dist/libs dist/libs
COPY --from=build /app/dist/apps dist/apps
COPY deploy/docker deploy/docker
# The files above belong to root: what runs cannot change them, but for this folder. A new volume that is mounted there
# takes its owner from it.
RUN mkdir /store && chown node:node /store
USER node
CMD ["node", "dist/apps/api/src/main.js"]
